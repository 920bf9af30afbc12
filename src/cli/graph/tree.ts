// The picture as a tree for the terminal. A line that is too long loses its end, but never its mark: that is put in front.
import type {Port, Topology} from '../../runtime/topology.ts';
import {outputWidth, paint, printable} from '../terminal.ts';
import {bridgeWords, markWords, portWords, tellsNetwork, uplinkWords} from './label.ts';

interface Branch {
  readonly text: string;
  readonly mark?: string;
  readonly branches: readonly Branch[];
}

export function formatTree(topology: Topology, width = outputWidth()): readonly string[] {
  const branches: readonly Branch[] = [
    ...topology.uplinks.map(uplink => ({text: uplinkWords(uplink).join('  '), branches: []})),
    ...topology.bridges.map(bridge => ({
      text: bridgeWords(bridge).join('  '),
      branches: bridge.ports.map(port => branchOf(port, tellsNetwork(bridge))),
    })),
    ...topology.elsewhere.map(port => branchOf(port, true)),
  ];
  return [printable(topology.host), ...linesOf(branches, '', width)];
}

function branchOf(port: Port, withNetwork: boolean): Branch {
  const text = [...portWords(port, withNetwork), port.hostInterface ?? ''].filter(word => word !== '').join('  ');
  return {text, mark: markWords(port), branches: []};
}

function linesOf(branches: readonly Branch[], before: string, width: number): readonly string[] {
  return branches.flatMap(({text, mark, branches: below}, i) => {
    const isLast = i === branches.length - 1;
    const start = `${before}${isLast ? '└─ ' : '├─ '}`;
    const front = mark ? `${mark}: ` : '';
    const line = cut(printable(`${front}${text}`), width - start.length);
    const painted = mark ? paint('red', line) : line;
    return [`${start}${painted}`, ...linesOf(below, `${before}${isLast ? '   ' : '│  '}`, width)];
  });
}

function cut(text: string, width: number): string {
  const letters = Array.from(text);
  return letters.length <= width ? text : `${letters.slice(0, Math.max(0, width - 1)).join('')}…`;
}
