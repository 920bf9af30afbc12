// The keys of firewall, parsed once. What becomes the name of a chain or a zone is checked here: it ends up in a script.
import {acceptChain} from '../../kernel/names.ts';
import {CniError} from '../../spec/error.ts';
import type {Fields} from '../../spec/fields.ts';

export type IngressPolicy = 'open' | 'same-bridge' | 'isolated';

export interface FirewallConfig {
  readonly backend: 'auto' | 'iptables' | 'firewalld';
  readonly adminChain: {readonly name: string; readonly make: boolean};
  readonly zone: string;
  readonly ingressPolicy: IngressPolicy;
}

/** Throws `invalidConfig`. */
export function parseFirewallConfig(conf: Fields): FirewallConfig {
  const admin = named(conf, 'iptablesAdminChainName', /^[A-Za-z0-9_.][A-Za-z0-9_.-]{0,27}$/);
  if (admin !== undefined && isTaken(admin)) {
    throw conf.wrong('iptablesAdminChainName', 'the name of a chain of your own', admin);
  }
  return {
    backend: oneOf(conf, 'backend', ['auto', 'iptables', 'firewalld']),
    adminChain: {name: admin ?? 'CNI-ADMIN', make: admin !== undefined},
    zone: named(conf, 'firewalldZone', /^[A-Za-z0-9_][A-Za-z0-9_-]{0,16}$/) ?? 'trusted',
    ingressPolicy: oneOf(conf, 'ingressPolicy', ['open', 'same-bridge', 'isolated']),
  };
}

/** iptables' own chains and targets, and chains of ours. */
const isTaken = (chain: string): boolean =>
  /^(INPUT|FORWARD|OUTPUT|ACCEPT|DROP|QUEUE|RETURN)$/.test(chain) || chain.startsWith(acceptChain(''));

/** One of these words, the first if it is not given. */
function oneOf<T extends string>(conf: Fields, key: string, words: readonly [T, ...T[]]): T {
  const text = conf.string(key);
  const found = text === '' ? words[0] : words.find(word => word === text);
  if (found !== undefined) return found;
  throw new CniError('invalidConfig', `${conf.where}: "${key}" must be ${words.join(', ')}, got "${text}"`);
}

function named(conf: Fields, key: string, form: RegExp): string | undefined {
  const text = conf.string(key);
  if (text === '') return undefined;
  if (form.test(text)) return text;
  throw new CniError('invalidConfig', `${conf.where}: "${key}": "${text}" can't be the name of one`);
}
