// Changes a bundle's config.json, one at a time; the answer of `wire` and `unwire`. The lock is for order alone, and where it can't
// be taken, as by a person who is not root, two that wire at once overwrite one another with the same.
import {accessSync, constants} from 'node:fs';
import {readConfig, writeConfig} from './bundle-file.ts';
import {withLock} from './lock.ts';
import {unifiedDiff} from './unified-diff.ts';

export interface Changed {
  readonly file: string;
  /** Whether there is anything to change; with a dry run it has not been. */
  readonly changed: boolean;
  readonly diff: readonly string[];
}

interface Options {
  readonly stateDir: string;
  readonly dryRun: boolean;
  /** Is told once if the lock takes long. */
  readonly say: (line: string) => void;
}

/** `change` makes the new text from the old, which is undefined if there is no file. */
export async function changeConfig(
  file: string,
  change: (before: string | undefined) => string,
  {stateDir, dryRun, say}: Options,
): Promise<Changed> {
  const work = () => {
    const before = readConfig(file);
    const after = change(before);
    const changed = after !== before;
    if (changed && !dryRun) writeConfig(file, after);
    return {file, changed, diff: unifiedDiff(before ?? '', after, file)};
  };
  return mayWrite(stateDir) ? withLock(stateDir, 'wire', work, say) : work();
}

function mayWrite(directory: string): boolean {
  try {
    accessSync(directory, constants.W_OK);
    return true;
  } catch {
    return false;
  }
}
