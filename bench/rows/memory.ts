// The most memory that one process holds: the hook's, beside the reference's bridge, which waits for host-local and iptables.
import {startContainer} from '../container.ts';
import {ourNetwork, peerNetwork, writeNetwork} from '../networks.ts';
import {peakMemory, run} from '../process.ts';
import type {Row} from '../row.ts';
import {hookSide, referenceSide} from '../sides.ts';

const options = {ipMasq: true};

export const memory: Row = {
  title: 'peak memory of one ADD',
  unit: 'MB',
  sides: {
    ours: '"cni-hook createRuntime"',
    reference: 'the plugin "bridge" ADD: the largest of its processes',
  },
  ratios: [{of: 'ours', to: 'reference', bar: undefined}],
  rounds: {full: 10, quick: 1},
  packages: ['time'],
  open: async () => {
    writeNetwork(ourNetwork, options);
    const sides = {ours: hookSide(ourNetwork), reference: referenceSide(peerNetwork, options)};
    for (const side of Object.values(sides)) run(side.add(await startContainer()));
    const once = async (side: (typeof sides)['ours']): Promise<number> => {
      const container = await startContainer();
      const peak = peakMemory(side.add(container));
      await side.end(container);
      return peak;
    };
    return {round: async () => ({ours: await once(sides.ours), reference: await once(sides.reference)})};
  },
};
