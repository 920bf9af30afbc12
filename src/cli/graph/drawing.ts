// The picture as boxes and lines between them, in columns from left to right: what Mermaid, DOT and SVG draw alike.
// The ids are numbers, because a name may hold what a language of pictures takes for its own.
import type {Port, Topology} from '../../runtime/topology.ts';
import {bridgeWords, markWords, portWords, tellsNetwork, uplinkWords} from './label.ts';

export type BoxKind = 'uplink' | 'host' | 'bridge' | 'container' | 'stranger';

export interface Box {
  readonly id: string;
  readonly kind: BoxKind;
  readonly lines: readonly string[];
  readonly isMarked: boolean;
}

export interface Edge {
  readonly from: string;
  readonly to: string;
  /** The host's end of the pair. */
  readonly label: string;
  /** Nothing connects them any more. */
  readonly isBroken: boolean;
}

export interface Drawing {
  readonly boxes: readonly Box[];
  readonly edges: readonly Edge[];
}

const hostId = 'host';

export function draw(topology: Topology): Drawing {
  const boxes: Box[] = [];
  const edges: Edge[] = [];
  const put = (kind: BoxKind, lines: readonly string[], isMarked = false): string => {
    const id = kind === 'host' ? hostId : `n${boxes.length}`;
    boxes.push({id, kind, lines, isMarked});
    return id;
  };
  const link = (from: string, to: string, label = '', isBroken = false) => edges.push({from, to, label, isBroken});
  const putPort = (port: Port, from: string, withNetwork: boolean) => {
    const mark = markWords(port);
    const kind = port.container === undefined ? 'stranger' : 'container';
    const id = put(kind, [...portWords(port, withNetwork), ...(mark ? [mark] : [])], mark !== '');
    link(from, id, port.hostInterface, port.marks.includes('no interface') || port.marks.includes('not on its bridge'));
  };

  const uplinks = topology.uplinks.map(uplink => put('uplink', uplinkWords(uplink)));
  put('host', [topology.host]);
  for (const uplink of uplinks) link(uplink, hostId);
  for (const bridge of topology.bridges) {
    const id = put('bridge', bridgeWords(bridge), !bridge.up && bridge.ports.length > 0);
    link(hostId, id);
    for (const port of bridge.ports) putPort(port, id, tellsNetwork(bridge));
  }
  for (const port of topology.elsewhere) putPort(port, hostId, true);
  return {boxes, edges};
}
