// Many ADDs at the same time to one network: wall time from the first start to the last exit, and whether everybody got an
// address, and nobody another's.
import {type Container, startContainer} from '../container.ts';
import {ourNetwork, peerNetwork, writeNetwork} from '../networks.ts';
import {run, runAll} from '../process.ts';
import type {Row} from '../row.ts';
import {hookSide, referenceSide, type Side} from '../sides.ts';

const options = {ipMasq: true};

export const atOnce: Row = {
  title: '200 ADDs at the same time, with ipMasq',
  unit: 'ms',
  sides: {
    ours: '200 × "cni-hook createRuntime" started at once, 200 netns, one network (20 with --quick)',
    reference: '200 × the plugin "bridge" ADD likewise',
  },
  ratios: [{of: 'ours', to: 'reference', bar: 0.6}],
  rounds: {full: 5, quick: 1},
  open: async quick => {
    const number = quick ? 20 : 200;
    writeNetwork(ourNetwork, options);
    const sides = {ours: hookSide(ourNetwork), reference: referenceSide(peerNetwork, options)};
    for (const side of Object.values(sides)) run(side.add(await startContainer()));
    const tally = {ours: {failures: 0, duplicates: 0}, reference: {failures: 0, duplicates: 0}};
    return {
      round: async () => ({
        ours: await addAll(sides.ours, number, tally.ours),
        reference: await addAll(sides.reference, number, tally.reference),
      }),
      remarks: () =>
        Object.entries(tally).map(
          ([name, {failures, duplicates}]) => `${name}: ${failures} failures, ${duplicates} duplicate addresses`,
        ),
    };
  },
};

async function addAll(side: Side, number: number, tally: {failures: number; duplicates: number}): Promise<number> {
  const containers = await Promise.all(Array.from({length: number}, () => startContainer()));
  const {milliseconds, failures} = await runAll(containers.map(container => side.add(container)));
  const addresses = containers.flatMap(container => addressOf(container) ?? []);
  tally.failures += Math.max(failures, number - addresses.length);
  tally.duplicates += addresses.length - new Set(addresses).size;
  await Promise.all(containers.map(container => side.end(container)));
  return milliseconds;
}

/** As the kernel has it, in the container. */
function addressOf({netns}: Container): string | undefined {
  const show = 'ip -4 -o address show dev eth0 2>/dev/null || true';
  const {stdout} = run({command: ['nsenter', `--net=${netns}`, 'sh', '-c', show]});
  return /inet (\S+)\//.exec(stdout)?.[1];
}
