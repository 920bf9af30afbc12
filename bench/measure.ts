// Measures one row; runs inside a private host, which run.ts makes for each. The outcome goes to stdout as JSON.
//   bun run bench/measure.ts NAME [--quick]
import {mkdirSync, symlinkSync} from 'node:fs';
import type {Outcome, Samples} from './row.ts';
import {rows} from './rows/index.ts';
import {executable, ownPluginDir} from './sides.ts';

const warmUps = 3;

const [name = '', mode] = process.argv.slice(2);
process.stdout.write(JSON.stringify(await measure(name, mode === '--quick')));
// The containers that are still there end with the private host.
process.exit(0);

async function measure(name: string, quick: boolean): Promise<Outcome> {
  const row = rows[name];
  if (!row) throw new Error(`there is no row "${name}"`);
  mkdirSync(ownPluginDir, {recursive: true});
  symlinkSync(executable, `${ownPluginDir}/bridge`);
  const {round, remarks} = await row.open(quick);
  const before = quick ? 0 : Math.min(warmUps, Math.floor(row.rounds.full / 3));
  const samples: Samples[] = [];
  for (let i = 0; i < before + (quick ? row.rounds.quick : row.rounds.full); i++) {
    const sample = await round(i);
    if (i >= before) samples.push(sample);
  }
  return {name, samples, remarks: remarks?.() ?? []};
}
