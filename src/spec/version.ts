// CNI versions: up to three numbers, compared as numbers. An absent one means 0.1.0, "1" means 1.0.0.
import {CniError} from './error.ts';

export const versions = ['0.1.0', '0.2.0', '0.3.0', '0.3.1', '0.4.0', '1.0.0', '1.1.0'] as const;

/** A version that we speak. */
export type Version = (typeof versions)[number];

export const newest: Version = '1.1.0';

/** The three numbers of a version. Throws `decodingFailure` for what is none. */
export function parseVersion(text: string): readonly [number, number, number] {
  if (text === '') return [0, 1, 0];
  const parts = text.split('.');
  if (parts.length > 3 || parts.some(part => !/^\d{1,6}$/.test(part))) {
    throw new CniError('decodingFailure', `"cniVersion": "${text}" is not a version such as 1.0.0`);
  }
  const [major = 0, minor = 0, patch = 0] = parts.map(Number);
  return [major, minor, patch];
}

/** Below zero if `a` is older than `b`. Throws `decodingFailure`. */
export function compareVersions(a: string, b: string): number {
  const [x, y] = [parseVersion(a), parseVersion(b)];
  return x[0] - y[0] || x[1] - y[1] || x[2] - y[2];
}

/** The version if we speak exactly that one; undefined if not. Throws `decodingFailure`. */
export function findVersion(text: string): Version | undefined {
  return versions.find(version => version === text) ?? versions.find(version => compareVersions(version, text) === 0);
}

/** Throws `incompatibleVersion` unless we speak it, `decodingFailure` if it is none. */
export function checkVersion(text: string): Version {
  const version = findVersion(text);
  if (version) return version;
  const details = `config is "${text}", plugin supports ${JSON.stringify(versions)}`;
  throw new CniError('incompatibleVersion', `CNI version "${text}" is not one of ${versions.join(', ')}`, {details});
}
