// ADD and DEL in a /16 of which 60 000 addresses are leased, against the same with none but the standing container's. The
// leases are files written by hand in the reference's format. Our index by owner is built by the first ADD, which is told apart.
import {mkdirSync, writeFileSync} from 'node:fs';
import {startContainer} from '../container.ts';
import {leaseDirectory, type Network, ourFullNetwork, ourNetwork, peerNetwork, writeNetwork} from '../networks.ts';
import {run} from '../process.ts';
import type {Row} from '../row.ts';
import {hookSide, referenceSide, type Side} from '../sides.ts';
import {addOnce} from './add.ts';
import {delWhenGone} from './del.ts';

const options = {ipMasq: false};

const sides = {
  full: 'our hook in a network with 60 000 leases (2000 with --quick)',
  empty: 'our hook in a network with none but that of the standing container',
  reference: 'the plugin "bridge" in a network with 60 000 leases of its own',
};

export const addAmongLeases = leasesRow('ADD with 60 000 leases in a /16', 'ADD', addOnce);
export const delAmongLeases = leasesRow('DEL, netns gone, with 60 000 leases in a /16', 'DEL', delWhenGone);

function leasesRow(title: string, verb: string, sample: (side: Side) => Promise<number>): Row {
  return {
    title,
    unit: 'ms',
    sides: Object.fromEntries(Object.entries(sides).map(([name, what]) => [name, `${verb}: ${what}`])),
    ratios: [
      {of: 'full', to: 'empty', bar: 1.3},
      {of: 'full', to: 'reference', bar: undefined},
    ],
    rounds: {full: 30, quick: 1},
    open: async quick => {
      const number = quick ? 2000 : 60_000;
      for (const network of [ourFullNetwork, peerNetwork]) writeLeases(network, number);
      for (const network of [ourNetwork, ourFullNetwork]) writeNetwork(network, options);
      const [full, empty] = [hookSide(ourFullNetwork), hookSide(ourNetwork)];
      const reference = referenceSide(peerNetwork, options);
      const first = run(full.add(await startContainer())).milliseconds;
      for (const side of [empty, reference]) run(side.add(await startContainer()));
      return {
        round: async () => ({
          full: await sample(full),
          empty: await sample(empty),
          reference: await sample(reference),
        }),
        remarks: () => [`our first ADD, which also made the bridge and the index: ${first.toFixed(0)} ms`],
      };
    },
  };
}

/** From the subnet's .0.2 on; the next address in line is the first free one. */
function writeLeases(network: Network, number: number): void {
  const directory = leaseDirectory(network);
  mkdirSync(directory, {recursive: true});
  const addresses = Array.from({length: number}, (_, i) => `${network.prefix}.${(i + 2) >> 8}.${(i + 2) & 255}`);
  for (const [i, address] of addresses.entries()) writeFileSync(`${directory}/${address}`, `by-hand-${i}\r\neth0`);
  writeFileSync(`${directory}/last_reserved_ip.0`, addresses.at(-1) ?? '');
}
