// The config.json of a bundle, read and written as bytes: whole, in one step, with the owner and the rights that it had.
import {
  chmodSync,
  chownSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import {tmpdir} from 'node:os';
import {CniError, reasonOf} from '../spec/error.ts';

export const configOf = (bundle: string): string => `${bundle.replace(/\/+$/, '')}/config.json`;

/** Its text, undefined if there is none. Throws for bytes that are not UTF-8, which would not come back as they were. */
export function readConfig(file: string): string | undefined {
  let bytes: Buffer;
  try {
    bytes = readFileSync(file);
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw new CniError('ioFailure', `cannot read "${file}": ${reasonOf(cause)}`, {cause});
  }
  const text = bytes.toString('utf8');
  if (!Buffer.from(text, 'utf8').equals(bytes)) throw new CniError('decodingFailure', `${file}: it is not UTF-8`);
  return text;
}

/** Puts the text in place of what is there; behind a link, in place of what it leads to. */
export function writeConfig(file: string, text: string): void {
  let beside: string | undefined;
  try {
    const old = statSync(file, {throwIfNoEntry: false});
    const target = old ? realpathSync(file) : file;
    beside = `${target}.new.${process.pid}`;
    writeFileSync(beside, text, {flag: 'wx'});
    if (old) {
      chownSync(beside, old.uid, old.gid);
      chmodSync(beside, old.mode);
    }
    renameSync(beside, target);
  } catch (cause) {
    if (beside !== undefined) rmSync(beside, {force: true});
    throw new CniError('ioFailure', `cannot write "${file}": ${reasonOf(cause)}`, {cause});
  }
}

/** What a runtime gives as a start: `RUNTIME spec`, as runc and crun have it. */
export async function askForSpec(runtime: string): Promise<string> {
  const {execa} = await import('execa');
  const directory = mkdtempSync(`${tmpdir()}/cni-hook-spec-`);
  try {
    await execa(runtime, ['spec'], {cwd: directory, stdin: 'ignore'});
    return readFileSync(configOf(directory), 'utf8');
  } catch (cause) {
    const reason = (cause as {readonly shortMessage?: string}).shortMessage ?? reasonOf(cause);
    throw new CniError('toolFailed', `cannot get a config.json from "${runtime} spec": ${reason}`, {cause});
  } finally {
    rmSync(directory, {recursive: true, force: true});
  }
}
