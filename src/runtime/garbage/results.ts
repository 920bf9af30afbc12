// Results that libcni's cache holds of before this boot, whole or torn: no attachment survives a boot, whoever made it.
import {existsSync, readdirSync, rmSync, statSync} from 'node:fs';
import {bootTime} from '../../kernel/process.ts';
import {allCached, cachePath} from '../libcni/result-cache.ts';
import {concerns, type Garbage, type Search} from './garbage.ts';

export function* findOldResults(search: Search): Generator<Garbage> {
  const {cacheDir} = search.settings;
  const directory = `${cacheDir}/results`;
  const known = new Map(allCached(cacheDir).map(cached => [cachePath(cacheDir, cached), cached]));
  for (const name of existsSync(directory) ? readdirSync(directory) : []) {
    const path = `${directory}/${name}`;
    const cached = known.get(path);
    if (!isOld(path) || !concerns(search, cached?.network ?? '')) continue;
    yield {
      kind: 'file',
      what: `${path}, a result of before this boot`,
      network: cached?.network ?? '',
      ...(cached && {containerId: cached.containerId}),
      takeBack: () => {
        if (isOld(path)) rmSync(path, {force: true});
      },
    };
  }
}

function isOld(path: string): boolean {
  const found = statSync(path, {throwIfNoEntry: false});
  return found?.isFile() === true && found.mtimeMs < bootTime();
}
