// The names that become file names, link names and comments in rules, checked before they become any of these.
// CNI SPEC.md, "Parameters" (container id, network name, ifname); Linux dev_valid_name for interfaces, and "%", which the kernel
// takes for the place of a number.
import {CniError} from './error.ts';

const nameForm = /^[a-zA-Z0-9][a-zA-Z0-9_.-]*$/;
const longestName = 200;

/** Throws `invalidConfig` unless it may name a network. */
export function checkNetworkName(name: string): string {
  if (name === '') throw new CniError('invalidConfig', 'the network has no "name"');
  if (!isName(name)) throw new CniError('invalidConfig', `network name "${name}" is not allowed: ${nameRule}`);
  return name;
}

/** True if it may be a container's id. */
export const isContainerId = (id: string): boolean => isName(id);

/** Throws `invalidEnvironment` unless it may be a container's id. */
export function checkContainerId(id: string): string {
  if (!isContainerId(id)) throw new CniError('invalidEnvironment', `container id "${id}" is not allowed: ${nameRule}`);
  return id;
}

/** Throws `invalidEnvironment` unless it may name an interface. */
export function checkIfName(name: string): string {
  const problem = ifNameProblem(name);
  if (problem) throw new CniError('invalidEnvironment', `interface name "${name}" is not allowed: ${problem}`);
  return name;
}

const nameRule = `letters, digits, "_", "." and "-", the first a letter or a digit, at most ${longestName}`;

function isName(name: string): boolean {
  return nameForm.test(name) && name.length <= longestName;
}

function ifNameProblem(name: string): string | undefined {
  if (name === '') return 'it is empty';
  if (new TextEncoder().encode(name).length > 15) return 'it is longer than 15 bytes';
  if (name === '.' || name === '..') return 'it is a directory';
  if (name === 'all' || name === 'default') return 'it means every interface';
  if (!nameForm.test(name) && /[/:%\s\p{Cc}\p{Cf}]/u.test(name))
    return '"/", ":", "%", white space and control characters may not be in it';
  return undefined;
}
