// What a foreign plugin wrote on stdout, parsed or refused. Pure.
import {parseResult} from '../spec/convert.ts';
import {CniError} from '../spec/error.ts';
import {Fields, isObject} from '../spec/fields.ts';
import {parseJson} from '../spec/json.ts';
import type {Result} from '../spec/result.ts';
import {checkVersion} from '../spec/version.ts';

/** The result in an answer. One that names no version has that of the configuration; "null" is an empty one. */
export function readForeignResult(stdout: string, type: string, cniVersion: string): Result {
  const what = `the answer of plugin "${type}"`;
  return parseResult(parseJson(stdout, what) ?? {}, checkVersion(cniVersion), what);
}

/** The error in an answer, with the plugin's own code and the prefix that says whose it is; undefined if it is none. */
export function readForeignError(stdout: string, prefix: string): CniError | undefined {
  try {
    const json = parseJson(stdout, 'the answer');
    if (!isObject(json)) return undefined;
    const error = new Fields(json, 'the answer');
    const details = error.string('details');
    return new CniError(error.integer('code', 0, 0, 2 ** 31), `${prefix}: ${error.string('msg')}`, {details});
  } catch {
    return undefined;
  }
}
