// A network's place in the host's firewall as the commands that a person would type: iptables(8), firewall-cmd(1), nft(8).
// Docker's chain and the operator's are looked for by the commands themselves. Left out are an iptables of the other kind, if
// the host has both, and what the note tells of the count of references, by which an ADD knows that nothing was flushed.
import {acceptChain, ingress, nftTable} from '../names.ts';
import type {SetFirewall} from '../op.ts';
import {acceptRules, consultRules, firewallScript, ofFamily, withoutNoteScript} from './rules.ts';

export function renderFirewall(op: SetFirewall): readonly string[] {
  const families = ([4, 6] as const).map(family => ({
    command: `${family === 4 ? 'iptables' : 'ip6tables'} -w`,
    subnets: ofFamily(op.subnets, family),
  }));
  const used = families.filter(({subnets}) => subnets.length > 0);
  const isSet = op.op === 'firewall.set';
  const inTables = op.backend === 'firewalld' ? [] : used.flatMap(one => (isSet ? accept(op, one) : forget(op, one)));
  return [
    ...inTables,
    ...inZone(op, isSet),
    ...(isSet ? firewallScript(op, []) : without(op)).map(line => `nft '${line}'`),
  ];
}

interface Tables {
  readonly command: string;
  readonly subnets: readonly string[];
}

function accept(op: SetFirewall, {command, subnets}: Tables): readonly string[] {
  const chain = acceptChain(op.network);
  const {name, make} = op.adminChain;
  const consult = consultRules(op, subnets).map(rule => `${command} ${rule}`);
  const known = `${command} -S ${name} >/dev/null 2>&1`;
  return [
    `${command} -N ${chain} 2>/dev/null || ${command} -F ${chain}`,
    `${known} ${make ? `|| ${command} -N ${name}` : `&& { ${consult.join('; ')}; } || :`}`,
    ...acceptRules(op, subnets, make).map(rule => `${command} ${rule}`),
    `entry=$(${command} -C FORWARD -j DOCKER-USER 2>/dev/null && echo DOCKER-USER || echo FORWARD); ${command} -C $entry -j ${chain} 2>/dev/null || ${command} -I $entry -j ${chain}`,
  ];
}

function forget({network, adminChain}: SetFirewall, {command}: Tables): readonly string[] {
  const chain = acceptChain(network);
  return [
    `for entry in DOCKER-USER FORWARD; do ${command} -D $entry -j ${chain} 2>/dev/null || :; done`,
    `${command} -F ${chain}; ${command} -X ${chain}`,
    ...(adminChain.make ? [`${command} -X ${adminChain.name} 2>/dev/null || :`] : []),
  ];
}

function inZone({backend, zone, subnets}: SetFirewall, isSet: boolean): readonly string[] {
  if (backend === 'iptables') return [];
  const ifRunning = backend === 'auto' ? 'test ! -e /run/firewalld.pid || ' : '';
  return subnets.map(
    subnet => `${ifRunning}firewall-cmd --zone=${zone} --${isSet ? 'add' : 'remove'}-source=${subnet}`,
  );
}

function without(op: SetFirewall): readonly string[] {
  const elements = (op.ingress?.links ?? []).flatMap(link => {
    const pairs = op.ingress?.policy === 'isolated' ? ingress.closed : ingress.open;
    return [
      `delete element inet ${nftTable} ${ingress.links} { "${link}" }`,
      `delete element inet ${nftTable} ${pairs} { "${link}" . "${link}" }`,
    ];
  });
  return [...elements, ...withoutNoteScript(op)];
}
