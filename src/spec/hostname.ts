// The names that a container is called by, checked before they become words in a hosts file: RFC 1123 (section 2.1), as
// hostname(7) tells it. What every program takes for the machine itself can't be one container's name for the others.
import {tryParseAddress} from './address.ts';
import {CniError} from './error.ts';

const longestName = 253;
const label = /^[a-zA-Z0-9]([a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?$/;

/** What hosts files call the machine itself, in lower case. */
const reserved = ['localhost', 'localhost.localdomain', 'ip6-localhost', 'ip6-loopback', 'broadcasthost'];

export const isReservedName = (name: string): boolean => reserved.includes(name.toLowerCase());

/** The name itself. Throws `invalidConfig` unless it may be a hostname or an alias. */
export function checkHostname(name: string): string {
  const problem = problemOf(name);
  if (problem) throw new CniError('invalidConfig', `hostname ${JSON.stringify(name)} is ${problem}`);
  return name;
}

/** True if it may be one. */
export const isHostname = (name: string): boolean => problemOf(name) === undefined;

function problemOf(name: string): string | undefined {
  if (name.length > longestName || !name.split('.').every(part => label.test(part))) {
    return 'not allowed: letters, digits and "-" in parts of at most 63, with "." between them';
  }
  if (isReservedName(name)) return 'taken: it means the host itself';
  if (tryParseAddress(name)) return 'not allowed: it is an address';
  return undefined;
}
