// Our rules as nft scripts (nft(8)). One chain per network and not one rule per container: a commit waits for RCU, so a
// plain ADD or DEL must not need one. Debian 12's nft 1.0.6 has no `destroy`, hence add before delete.
import {parseCidr} from '../spec/address.ts';
import {masqueradeChain, nftTable} from './names.ts';
import type {SetMasquerade} from './op.ts';

/** The commands, one a line, that make the network's masquerade chain hold these subnets and nothing else. */
export function masqueradeScript({network, subnets}: SetMasquerade): readonly string[] {
  const table = `inet ${nftTable}`;
  const chain = `${table} ${masqueradeChain(network)}`;
  const declare = [`add table ${table}`, `add chain ${chain} { type nat hook postrouting priority srcnat; }`];
  const flush = `flush chain ${chain}`;
  if (subnets.length === 0) return [...declare, flush, `delete chain ${chain}`];
  return [...declare, flush, ...subnets.map(subnet => `add rule ${chain} ${masqueradeRule(subnet)}`)];
}

/** The comment is how observe.ts knows the rule's subnet again. */
function masqueradeRule(subnet: string): string {
  const [ip, multicast] = parseCidr(subnet).address.family === 4 ? ['ip', '224.0.0.0/4'] : ['ip6', 'ff00::/8'];
  return `${ip} saddr ${subnet} ${ip} daddr != ${subnet} ${ip} daddr != ${multicast} masquerade comment "${subnet}"`;
}
