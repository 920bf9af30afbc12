// Which versions a plugin that is not ours speaks (SPEC.md section 2, "VERSION").

import {noCniArgs} from '../../spec/cni-args.ts';
import {CniError, reasonOf} from '../../spec/error.ts';
import {Fields} from '../../spec/fields.ts';
import {parseJson} from '../../spec/json.ts';
import {callForeign} from '../foreign.ts';
import type {Settings} from '../settings.ts';

/** Throws if it does not say. One that knows no VERSION is of the time when there was but one. */
export function probeVersions({pluginDirs}: Settings, type: string, cniVersion: string): readonly string[] {
  const where = `plugin "${type}"`;
  // Ancient plugins look for these before they look at the command.
  const request = {network: 'dummy', containerId: 'dummy', ifName: 'dummy', netns: 'dummy', salt: '', args: noCniArgs};
  try {
    const stdout = callForeign(
      pluginDirs,
      {type, command: 'VERSION', conf: {cniVersion}, request, where},
      () => undefined,
    );
    const answer = new Fields(parseJson(stdout, `${where}, answer to VERSION`), where);
    const versions = answer.strings('supportedVersions');
    if (versions.length > 0) return versions;
    return answer.string('cniVersion') === '0.2.0' ? ['0.1.0', '0.2.0'] : ['0.1.0'];
  } catch (error) {
    if (error instanceof CniError && reasonOf(error).endsWith('unknown CNI_COMMAND: VERSION')) return ['0.1.0'];
    throw error;
  }
}
