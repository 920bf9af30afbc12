// DEL of one container from a network that another one stays in: with its netns gone, as at poststop, and with it alive.
import {startContainer} from '../container.ts';
import {ourNetwork, peerNetwork, writeNetwork} from '../networks.ts';
import {run} from '../process.ts';
import type {Row} from '../row.ts';
import {hookSide, ownPluginSide, referenceSide, type Side} from '../sides.ts';

const options = {ipMasq: true};

export const poststop: Row = {
  title: 'poststop, netns gone, with ipMasq',
  unit: 'ms',
  sides: {
    ours: '"cni-hook poststop"',
    leaking: 'the plugin "bridge" DEL with its netns gone: frees the address and leaves its rules behind',
    complete: 'the plugin "bridge" DEL with its netns alive: takes its rules back too',
  },
  ratios: [
    {of: 'ours', to: 'leaking', bar: 1.2},
    {of: 'ours', to: 'complete', bar: 0.15},
  ],
  rounds: {full: 40, quick: 2},
  open: async () => {
    writeNetwork(ourNetwork, options);
    const [ours, reference] = [hookSide(ourNetwork), referenceSide(peerNetwork, options)];
    for (const side of [ours, reference]) run(side.add(await startContainer()));
    return {
      round: async () => ({
        ours: await delWhenGone(ours),
        leaking: await delWhenGone(reference),
        complete: await delWhileAlive(reference),
      }),
    };
  },
};

export const delAlive: Row = {
  title: 'plugin DEL, netns alive, with ipMasq',
  unit: 'ms',
  sides: {ours: 'our executable as "bridge" DEL', reference: 'the plugin "bridge" DEL'},
  ratios: [{of: 'ours', to: 'reference', bar: 0.5}],
  rounds: {full: 40, quick: 2},
  open: async () => {
    const sides = {ours: ownPluginSide(ourNetwork, options), reference: referenceSide(peerNetwork, options)};
    for (const side of Object.values(sides)) run(side.add(await startContainer()));
    return {
      round: async () => ({ours: await delWhileAlive(sides.ours), reference: await delWhileAlive(sides.reference)}),
    };
  },
};

/** Milliseconds of the DEL. */
export async function delWhenGone(side: Side): Promise<number> {
  const container = await startContainer();
  run(side.add(container));
  await container.killAttached();
  return run(side.del(container)).milliseconds;
}

async function delWhileAlive(side: Side): Promise<number> {
  const container = await startContainer();
  run(side.add(container));
  const {milliseconds} = run(side.del(container));
  await container.kill();
  return milliseconds;
}
