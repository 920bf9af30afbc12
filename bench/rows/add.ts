// ADD of one container to a network that another container of the same side is in all the while.
import {startContainer} from '../container.ts';
import {type NetworkOptions, ourNetwork, peerNetwork, writeNetwork} from '../networks.ts';
import {run} from '../process.ts';
import type {Row} from '../row.ts';
import {hookSide, ownPluginSide, referenceSide, type Side} from '../sides.ts';

const reference = 'the plugin "bridge" ADD, which runs the plugin "host-local"';

export const hookWithMasquerading = addRow('createRuntime, with ipMasq', hook(true), true, 0.5);
export const hookPlain = addRow('createRuntime, without ipMasq', hook(false), false, 1);
export const pluginWithMasquerading = addRow('plugin ADD, with ipMasq', plugin(true), true, 0.5);
export const pluginPlain = addRow('plugin ADD, without ipMasq', plugin(false), false, 1);

interface Ours {
  readonly what: string;
  readonly open: () => Side;
}

function hook(ipMasq: boolean): Ours {
  return {
    what: '"cni-hook createRuntime", bridge and host-local inside',
    open: () => {
      writeNetwork(ourNetwork, {ipMasq});
      return hookSide(ourNetwork);
    },
  };
}

function plugin(ipMasq: boolean): Ours {
  return {what: 'our executable as "bridge" ADD, host-local inside', open: () => ownPluginSide(ourNetwork, {ipMasq})};
}

function addRow(title: string, ours: Ours, ipMasq: boolean, bar: number): Row {
  const options: NetworkOptions = {ipMasq};
  return {
    title,
    unit: 'ms',
    sides: {ours: ours.what, reference},
    ratios: [{of: 'ours', to: 'reference', bar}],
    rounds: {full: 40, quick: 2},
    open: async () => {
      const sides = {ours: ours.open(), reference: referenceSide(peerNetwork, options)};
      for (const side of Object.values(sides)) run(side.add(await startContainer()));
      return {
        round: async () => ({ours: await addOnce(sides.ours), reference: await addOnce(sides.reference)}),
      };
    },
  };
}

/** Milliseconds of the ADD; the container is started before and taken back after. */
export async function addOnce(side: Side): Promise<number> {
  const container = await startContainer();
  const {milliseconds} = run(side.add(container));
  await side.end(container);
  return milliseconds;
}
