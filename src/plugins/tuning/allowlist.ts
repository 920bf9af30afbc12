// Which sysctls the host lets networks change: a file with a regular expression a line, each found anywhere in the name as the
// configuration has it. Without the file all may be changed; with an empty one none.
import {CniError, reasonOf} from '../../spec/error.ts';
import type {Sysctl} from './config.ts';

/** The reference's, so that the host has one. */
export const allowlistFile = '/etc/cni/tuning/allowlist.conf';

/** `text` is the file's; undefined if there is none. Throws `invalidConfig` for the first sysctl that it does not name. */
export function checkAllowed(sysctls: readonly Sysctl[], text: string | undefined, network: string): void {
  if (text === undefined) return;
  const allowed = text
    .split('\n')
    .map(line => line.trim())
    .filter(line => line !== '')
    .map(line => patternOf(line));
  const refused = sysctls.find(({name}) => !allowed.some(pattern => pattern.test(name)));
  if (!refused) return;
  throw new CniError(
    'invalidConfig',
    `network "${network}": sysctl "${refused.name}" is not allowed by ${allowlistFile}`,
  );
}

function patternOf(line: string): RegExp {
  try {
    return new RegExp(line);
  } catch (cause) {
    throw new CniError('invalidConfig', `${allowlistFile}: "${line}": ${reasonOf(cause)}`, {cause});
  }
}
