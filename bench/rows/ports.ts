// ADD with two published ports, on a network where another container has published two before. Ours runs inside the hook;
// the reference is two processes, which start more.
import {type Container, startContainer} from '../container.ts';
import {bridgeConfig, ourNetwork, peerNetwork, portmapConfig, writeNetwork} from '../networks.ts';
import {run} from '../process.ts';
import type {Row} from '../row.ts';
import {callPlugin, hookSide, referenceDir} from '../sides.ts';

const ipMasq = true;
const portsOfOurs = [18080, 18443];
const portsOfPeer = [28080, 28443];
const standing = [38080, 38443];

export const ports: Row = {
  title: 'createRuntime, two published ports',
  unit: 'ms',
  sides: {
    ours: '"cni-hook createRuntime" on a chain of bridge with ipMasq and portmap',
    reference: 'the plugins "bridge" ADD with ipMasq, then "portmap" ADD with its result',
  },
  ratios: [{of: 'ours', to: 'reference', bar: 0.5}],
  rounds: {full: 30, quick: 2},
  open: async () => {
    const ours = hookSide(ourNetwork);
    writeNetwork(ourNetwork, {ipMasq, ports: standing});
    run(ours.add(await startContainer()));
    writeNetwork(ourNetwork, {ipMasq, ports: portsOfOurs});
    addByReference(
      await startContainer(),
      standing.map(port => port + 1),
    );
    return {
      round: async () => {
        const first = await startContainer();
        const oursTook = run(ours.add(first)).milliseconds;
        await ours.end(first);
        const second = await startContainer();
        const referenceTook = addByReference(second, portsOfPeer);
        await delByReference(second);
        return {ours: oursTook, reference: referenceTook};
      },
    };
  },
};

function addByReference(container: Container, published: readonly number[]): number {
  const config = bridgeConfig(peerNetwork, {ipMasq});
  const bridge = run(callPlugin(referenceDir, 'bridge', 'ADD', container, config));
  const result = JSON.parse(bridge.stdout) as object;
  const portmap = run(
    callPlugin(referenceDir, 'portmap', 'ADD', container, portmapConfig(peerNetwork, published, result)),
  );
  return bridge.milliseconds + portmap.milliseconds;
}

async function delByReference(container: Container): Promise<void> {
  run(callPlugin(referenceDir, 'portmap', 'DEL', container, portmapConfig(peerNetwork, portsOfPeer, {})));
  run(callPlugin(referenceDir, 'bridge', 'DEL', container, bridgeConfig(peerNetwork, {ipMasq})));
  await container.kill();
}
