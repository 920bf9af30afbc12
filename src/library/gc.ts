// The verb GC of each plugin of a list (SPEC.md section 2, "GC"), called as a plugin is: by environment and stdin.
import {access, constants} from 'node:fs/promises';
import {join} from 'node:path';
import {runsInside} from '../runtime/chain.ts';
import {requestConfig} from '../runtime/wishes/request-config.ts';
import {CniError, reasonOf} from '../spec/error.ts';
import {Fields} from '../spec/fields.ts';
import type {PluginConfig} from '../spec/network.ts';
import {type Environment, run} from './executable.ts';
import type {NetworkList} from './network-list.ts';

/** An attachment that is to stay. */
export interface ValidAttachment {
  readonly containerId: string;
  readonly ifName: string;
}

export interface Place {
  readonly executable: string;
  readonly pluginDirs: readonly string[];
  readonly environment: Environment;
}

/** Asks every plugin, whatever fails, and returns what failed. */
export async function collectPlugins(
  place: Place,
  list: NetworkList,
  valid: readonly ValidAttachment[],
): Promise<readonly string[]> {
  const attachments = valid.map(({containerId, ifName}) => ({containerID: containerId, ifname: ifName}));
  const failures: string[] = [];
  for (const plugin of list.plugins) {
    const conf = {
      ...requestConfig(list, plugin, {}),
      // Both spellings: the tag of the specification has one, its main text the other.
      'cni.dev/valid-attachments': attachments,
      'cni.dev/attachments': attachments,
    };
    const [file, ...args] = await commandOf(place, plugin);
    await run(file, args, JSON.stringify(conf), {...place.environment, CNI_COMMAND: 'GC'}).catch(error =>
      failures.push(`plugin "${plugin.type}": ${reasonOf(error)}`),
    );
  }
  return failures;
}

/** Our own plugin of that name, else the file in the plugin path: as it was for the ADD. */
async function commandOf({executable, pluginDirs}: Place, {type, json}: PluginConfig): Promise<[string, ...string[]]> {
  if (runsInside(type, new Fields(json, `plugin "${type}"`))) return [executable, 'plugin', type];
  for (const directory of pluginDirs) {
    const file = join(directory, type);
    const isThere = await access(file, constants.X_OK).then(
      () => true,
      () => false,
    );
    if (isThere) return [file];
  }
  throw new CniError('unknownPlugin', `there is no plugin "${type}" in ${pluginDirs.join(':')}`);
}
