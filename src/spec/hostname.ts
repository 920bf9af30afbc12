// Names by which a container is found: hostnames as RFC 1123 (section 2.1) allows them. They become lines of a hosts file, so
// nothing else may pass.
import {CniError} from './error.ts';

const label = /^[a-zA-Z0-9]([a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?$/;
const longest = 253;

const reserved = ['localhost', 'localhost.localdomain', 'ip6-localhost', 'ip6-loopback', 'broadcasthost'];

/** The name itself. Throws `invalidConfig` unless it may name a host. */
export function checkHostname(name: string): string {
  const shown = JSON.stringify(name);
  if (name === '' || name.length > longest || !name.split('.').every(part => label.test(part))) {
    const rule = 'letters, digits and "-" in parts of at most 63, with "." between them';
    throw new CniError('invalidConfig', `hostname ${shown} is not allowed: ${rule}`);
  }
  if (reserved.includes(name.toLowerCase()))
    throw new CniError('invalidConfig', `hostname ${shown} is taken: it means the host itself`);
  return name;
}
