// The names that we give to things in the kernel. Identity is (network, container id, ifname), all three, everywhere:
// two attachments of one container must never share a name. The alias of a link says in words whose it is, so that an
// orphan of ours is told from somebody else's link without a record.
import {digest} from '../spec/digest.ts';
import {localMac} from '../spec/mac.ts';

export interface Attachment {
  readonly network: string;
  readonly containerId: string;
  readonly ifName: string;
}

/** The table that all our rules are in. */
export const nftTable = 'cni-hook';

const aliasPrefix = 'cni-hook ';
// Bytes: IFALIASZ is 256, the closing NUL included.
const longestAlias = 255;

/** Name of the host's end of the pair. `salt` differs from start to start: the kernel may still be taking the old pair down. */
export function vethName(attachment: Attachment, salt: string): string {
  return `veth${salted(identityOf(attachment), salt).slice(0, 11)}`;
}

/** A made-up MAC for the thing of that name: the same for the same arguments. */
export const madeMac = (what: string, salt: string): string => localMac(salted(what, salt));

/** The alias of the host's end: none of the three parts can hold a "/". */
export function vethAlias(attachment: Attachment): string {
  const alias = aliasPrefix + identityOf(attachment);
  return byteLength(alias) <= longestAlias ? alias : `${aliasPrefix}#${digest(identityOf(attachment))}`;
}

/** The alias of a bridge that we made for a network. */
export const bridgeAlias = (network: string): string => aliasPrefix + network;

/** The attachment in an alias that vethAlias wrote; undefined for any other, and for one that had to be shortened. */
export function parseVethAlias(alias: string | undefined): Attachment | undefined {
  if (!alias?.startsWith(aliasPrefix)) return undefined;
  const [network, containerId, ifName, more] = alias.slice(aliasPrefix.length).split('/');
  return network && containerId && ifName && more === undefined ? {network, containerId, ifName} : undefined;
}

/** True for any alias that we write. */
export const isOurs = (alias: string | undefined): boolean => alias?.startsWith(aliasPrefix) ?? false;

/** The chain of a network's masquerade rules. */
export const masqueradeChain = (network: string): string => nftName('masquerade', network);

/** The chain of a network's guard against forged MACs, and its sets: the guarded links, and each with its own MAC. */
export const guardNames = (network: string) => ({
  chain: nftName('guard', network),
  guarded: nftName('guarded', network),
  allowed: nftName('allowed', network),
});

/** NFT_CHAIN_MAXNAMELEN is 128; a set's name may be longer. */
function nftName(kind: string, network: string): string {
  const name = `${kind}-${network}`;
  return name.length < 128 ? name : `${kind}-${digest(network)}`;
}

export const identityOf = ({network, containerId, ifName}: Attachment): string => `${network}/${containerId}/${ifName}`;

const salted = (what: string, salt: string): string => digest(`${what}\n${salt}`);

const byteLength = (text: string): number => new TextEncoder().encode(text).length;
