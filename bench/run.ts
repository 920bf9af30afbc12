// `npm run bench`: ours beside the reference, row by row, each in a private host of its own (test/private-host, so that there
// is one answer to what a private host is). Installs nothing. The table goes to stdout, all samples to bench/results/.
//   npm run bench -- [--quick] [--only NAME]…
import {existsSync, mkdirSync, writeFileSync} from 'node:fs';
import {dirname} from 'node:path';
import {describeMachine, missingPackages} from './machine.ts';
import {run} from './process.ts';
import type {Outcome, Row} from './row.ts';
import {rows} from './rows/index.ts';
import {executable} from './sides.ts';
import {judge, summarize} from './statistics.ts';
import {machineLines, rowLines} from './table.ts';

const project = dirname(import.meta.dir);
const neededByAll = ['containernetworking-plugins', 'iptables', 'nftables', 'iproute2'];

const {quick, names} = parseArguments(process.argv.slice(2));
const complaint = whyNot(names);
if (complaint) {
  console.error(`bench: ${complaint}`);
  process.exit(1);
}
const failed = bench(quick, names);
process.exit(failed ? 1 : 0);

function parseArguments(args: readonly string[]): {quick: boolean; names: readonly string[]} {
  const only = args.flatMap((arg, i) => (args[i - 1] === '--only' ? [arg] : []));
  const unknown = args.find((arg, i) => arg !== '--quick' && arg !== '--only' && args[i - 1] !== '--only');
  const wrong = only.find(name => !rows[name]);
  if (unknown !== undefined || wrong !== undefined || args.at(-1) === '--only') {
    console.error(`bench: [--quick] [--only NAME]…, NAME is one of ${Object.keys(rows).join(', ')}`);
    process.exit(2);
  }
  return {quick: args.includes('--quick'), names: only.length > 0 ? only : Object.keys(rows)};
}

function whyNot(chosen: readonly string[]): string | undefined {
  if (process.geteuid?.() !== 0) return 'this needs root: it makes network namespaces';
  if (!existsSync(executable)) return `"${executable}" is not there: npm run build`;
  const needed = new Set([...neededByAll, ...chosen.flatMap(name => rows[name]?.packages ?? [])]);
  const missing = missingPackages([...needed]);
  return missing.length > 0 ? `apt-get install ${missing.join(' ')}` : undefined;
}

/** True if a row could not be measured that should have been. A bar that is missed is no failure, it is a result. */
function bench(quick: boolean, chosen: readonly string[]): boolean {
  const machine = describeMachine(project);
  const floor = summarize(Array.from({length: 50}, () => run({command: ['/bin/true']}).milliseconds));
  console.log(machineLines(machine).join('\n'));
  console.log(`Medians, with quartiles. The same driver takes ${floor.median.toFixed(2)} ms for /bin/true.`);
  const outcomes: Outcome[] = [];
  for (const name of chosen) {
    const row = rows[name];
    if (!row) continue;
    const outcome = measureApart(name, row, quick);
    outcomes.push(outcome);
    console.log(`\n${rowLines(row, outcome).join('\n')}`);
  }
  const file = writeResults({machine, floor, quick, rows: outcomes.map(outcome => withVerdict(outcome))});
  console.log(`\nload at the end ${describeMachine(project).load.join(' ')}; all samples: ${file}`);
  return outcomes.some(outcome => outcome.samples.length === 0 && !rows[outcome.name]?.missing?.());
}

function measureApart(name: string, row: Row, quick: boolean): Outcome {
  const missing = row.missing?.();
  if (missing) return {name, samples: [], remarks: [], missing};
  const measure = [process.execPath, 'run', `${project}/bench/measure.ts`, name, ...(quick ? ['--quick'] : [])];
  const {exitCode, stdout, stderr} = Bun.spawnSync([`${project}/test/private-host`, ...measure]);
  if (exitCode === 0) return JSON.parse(stdout.toString()) as Outcome;
  return {
    name,
    samples: [],
    remarks: [],
    missing: `it failed: ${/^error: .*$/m.exec(stderr.toString())?.[0] ?? stderr.toString()}`,
  };
}

function withVerdict(outcome: Outcome): object {
  const row = rows[outcome.name];
  return {...outcome, title: row?.title, sides: row?.sides, ratios: row && judge(row, outcome)};
}

function writeResults(results: object): string {
  const directory = `${project}/bench/results`;
  mkdirSync(directory, {recursive: true});
  const file = `${directory}/${new Date().toISOString().replaceAll(':', '-').slice(0, 19)}.json`;
  writeFileSync(file, `${JSON.stringify(results, undefined, 1)}\n`);
  return file;
}
