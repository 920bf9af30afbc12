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

/** Name of the ifb that holds back what the container sends. Taken away by name, so that no salt is in it. */
export const ifbName = (attachment: Attachment): string => `bwp${digest(identityOf(attachment)).slice(0, 12)}`;

/** A made-up MAC for the thing of that name: the same for the same arguments. */
export const madeMac = (what: string, salt: string): string => localMac(salted(what, salt));

/** The alias of the host's end: none of the three parts can hold a "/". */
export function vethAlias(attachment: Attachment): string {
  const alias = wholeAlias(attachment);
  return byteLength(alias) <= longestAlias ? alias : `${aliasPrefix}#${digest(identityOf(attachment))}`;
}

/** The alias however long it is: for people, not for the kernel. */
export const wholeAlias = (attachment: Attachment): string => aliasPrefix + identityOf(attachment);

// Bytes that nft(8) takes for a comment, NFTNL_UDATA_COMMENT_MAXLEN, the closing NUL left out.
const longestComment = 127;

/**
 * The comment of an element in a map or set: like an alias, and as well understood by parseVethAlias. nft(8) prints it in
 * quotes and knows no way to say one: with one inside, nobody could load again what it has listed.
 */
export function ownerComment(attachment: Attachment): string {
  const comment = wholeAlias(attachment);
  return byteLength(comment) <= longestComment && !comment.includes('"')
    ? comment
    : `${aliasPrefix}#${digest(identityOf(attachment))}`;
}

/** The chains of ports that are published on conditions: what they lead to, and the two by which packets come there. */
export const portRuleChains = (attachment: Attachment): PortRuleChains =>
  portRuleChainsOf(digest(identityOf(attachment)).slice(0, 20));

export type PortRuleChains = readonly [rules: string, incoming: string, outgoing: string];

export const portRuleChainsOf = (which: string): PortRuleChains => [
  `ports-of-${which}`,
  `ports-in-${which}`,
  `ports-out-${which}`,
];

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

/** The chain that notes what was done for a network in the host's firewall. */
export const firewallNote = (network: string): string => nftName('firewall', network);

// Bytes: XT_EXTENSION_MAXNAMELEN is 29, the closing NUL included.
const longestIptablesChain = 28;

/** The chain of a network in the tables of iptables. A digest instead of the name makes the same chain, as with nftName. */
export function acceptChain(network: string): string {
  const name = `CNI-HOOK-${network}`;
  const short = /^[0-9a-f]{32}$/.test(network) ? network : digest(network);
  return name.length <= longestIptablesChain ? name : `CNI-HOOK-${short}`.slice(0, longestIptablesChain);
}

/** What keeps the bridges of networks apart: the chain, all links that it is about, and the pairs that are let through, or not. */
export const ingress = {
  chain: 'ingress-policy',
  links: 'ingress-links',
  open: 'ingress-open',
  closed: 'ingress-closed',
} as const;

/** NFT_CHAIN_MAXNAMELEN is 128; a set's name may be longer. */
function nftName(kind: string, network: string): string {
  const name = `${kind}-${network}`;
  return name.length < 128 ? name : `${kind}-${digest(network)}`;
}

export const identityOf = ({network, containerId, ifName}: Attachment): string => `${network}/${containerId}/${ifName}`;

const salted = (what: string, salt: string): string => digest(`${what}\n${salt}`);

const byteLength = (text: string): number => new TextEncoder().encode(text).length;
