// Ports that are published on conditions, as an nft script: what the maps can't express gets rules of its own. They are asked
// before the maps, so that a port may lead here on a condition and elsewhere without.
import type {Family} from '../../spec/address.ts';
import {nftTable} from '../names.ts';
import type {PublishedPort, SetPortRules} from './port.ts';

/** Puts the attachment's chains up with these rules and no other, or takes them away. */
export function portRulesScript({chains, present, ports, conditions}: SetPortRules): readonly string[] {
  const table = `inet ${nftTable}`;
  const [rules, incoming, outgoing] = chains;
  const declare = [
    `add table ${table}`,
    `add chain ${table} ${rules}`,
    `add chain ${table} ${incoming} { type nat hook prerouting priority -101; }`,
    `add chain ${table} ${outgoing} { type nat hook output priority -101; }`,
    ...[rules, incoming, outgoing].map(name => `flush chain ${table} ${name}`),
  ];
  if (!present) return [...declare, ...[outgoing, incoming, rules].map(name => `delete chain ${table} ${name}`)];
  const jumps = ([4, 6] as const).flatMap(family => {
    if (!ports.some(port => port.family === family)) return [];
    const condition = conditions[family];
    // As in the maps' rules: nothing comes back to ::1.
    const but = family === 6 ? ' ip6 daddr != ::1' : '';
    const rule = `meta nfproto ipv${family}${but}${condition ? ` ${condition}` : ''} fib daddr type local jump ${rules}`;
    return [incoming, outgoing].map(name => `add rule ${table} ${name} ${rule}`);
  });
  return [...declare, ...ports.map(port => `add rule ${table} ${rules} ${ruleOf(port)}`), ...jumps];
}

function ruleOf({family, protocol, hostIP, hostPort, address, containerPort}: PublishedPort): string {
  const word: Readonly<Record<Family, string>> = {4: 'ip', 6: 'ip6'};
  const host = hostIP === undefined ? '' : `${word[family]} daddr ${hostIP} `;
  const target = family === 6 ? `[${address}]` : address;
  return `${host}${protocol} dport ${hostPort} dnat ${word[family]} to ${target}:${containerPort}`;
}
