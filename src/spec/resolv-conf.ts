// resolv.conf(5): what a CNI result can carry of it, read and written. What is written comes from configurations and may hold
// anything, so only what is an address, a domain or an option becomes a word in a line.
import {type Address, tryParseAddress} from './address.ts';
import type {Dns} from './result.ts';

/** Comments begin with "#" or ";"; search and options accumulate, as in the reference. */
export function parseResolvConf(text: string): Dns {
  const nameservers: string[] = [];
  const search: string[] = [];
  const options: string[] = [];
  let domain = '';
  for (const line of text.split('\n')) {
    const [keyword, ...values] = line.trim().split(/\s+/);
    if (keyword === 'nameserver' && values[0]) nameservers.push(values[0]);
    if (keyword === 'domain' && values[0]) domain = values[0];
    if (keyword === 'search') search.push(...values);
    if (keyword === 'options') options.push(...values);
  }
  return {
    ...(nameservers.length > 0 && {nameservers}),
    ...(domain !== '' && {domain}),
    ...(search.length > 0 && {search}),
    ...(options.length > 0 && {options}),
  };
}

/** The file's text. Both `domain` and `search` name a search list, and the last would win, so they become one. */
export function formatResolvConf({nameservers = [], domain, search = [], options = []}: Dns): string {
  const domains = [...new Set([...(domain ? [domain] : []), ...search])].filter(name => isSearchDomain(name));
  const words = [...new Set(options)].filter(option => isResolverOption(option));
  return [
    ...[...new Set(nameservers)].filter(server => isNameserver(server)).map(server => `nameserver ${server}\n`),
    ...(domains.length > 0 ? [`search ${domains.join(' ')}\n`] : []),
    ...(words.length > 0 ? [`options ${words.join(' ')}\n`] : []),
  ].join('');
}

/** True for an address, also for one of a link with the link's name behind "%". */
export const isNameserver = (text: string): boolean =>
  /^[^%]*(%[\w.-]+)?$/.test(text) && tryParseAddress(text.replace(/%.*$/, '')) !== undefined;

/** True for a domain, with or without a dot at its end; and for "." alone, which means no search. */
export const isSearchDomain = (text: string): boolean => /^(?!.{255})[\w-]+(\.[\w-]+)*\.?$|^\.$/.test(text);

/** `NAME` or `NAME:VALUE`. */
export const isResolverOption = (text: string): boolean => /^[\w-]{1,64}(:\d{1,9})?$/.test(text);

/**
 * True if a container can ask it where it is not the host: no loopback address, which in a container is the container, and
 * none that holds on a link of the host's alone.
 */
export function isReachableElsewhere(nameserver: string): boolean {
  const address = tryParseAddress(nameserver);
  return address !== undefined && !isLoopback(address) && !isLinkLocal(address);
}

/** 127.0.0.0/8, also as IPv6 (::ffff:0:0/96), and ::1. The unspecified address means the same to a resolver. */
function isLoopback({family, value}: Address): boolean {
  if (value === 0n || (family === 6 && value === 1n)) return true;
  return value >> 24n === (family === 4 ? 127n : 0xffff7fn);
}

/** fe80::/10. */
const isLinkLocal = ({family, value}: Address): boolean => family === 6 && value >> 118n === 0x3fan;
