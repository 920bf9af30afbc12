// Those who are compared: our hook, our executable as a plugin, and the reference's plugins. Each attaches a container and
// takes it back by the commands that its callers would run.
import {fileURLToPath} from 'node:url';
import {type HookStage, hookEntry} from '../src/cli/hook-entry.ts';
import type {Container} from './container.ts';
import {bridgeConfig, type Network, type NetworkOptions} from './networks.ts';
import {type Command, run} from './process.ts';

export const executable =
  process.env.CNI_HOOK_EXECUTABLE ?? fileURLToPath(new URL('../dist/cni-hook', import.meta.url));
export const referenceDir = '/usr/lib/cni';
/** Where our executable lies under the names of plugins. */
export const ownPluginDir = '/opt/cni/bin';

export interface Side {
  readonly add: (container: Container) => Command;
  /** For a container that still runs where it is a plugin, for one that has ended where it is the hook. */
  readonly del: (container: Container) => Command;
  /** Takes the container back and ends it. */
  readonly end: (container: Container) => Promise<void>;
}

/** The network is one that writeNetwork has written. */
export function hookSide(network: Network): Side {
  const call = (hook: HookStage, state: object, flags: readonly string[]): Command => ({
    command: [executable, hook, ...flags],
    env: {...environmentOf(hook), CNI_PATH: referenceDir},
    stdin: JSON.stringify({ociVersion: '1.0.2-dev', bundle: '/run/bundle', annotations: {}, ...state}),
  });
  const del: Side['del'] = ({id}) => call('poststop', {id, status: 'stopped'}, []);
  return {
    add: ({id, pid}) => call('createRuntime', {id, pid, status: 'creating'}, ['--network', network.name]),
    del,
    end: async container => {
      await container.kill();
      run(del(container));
    },
  };
}

/** As `wire` and `hooks install` write it into a hook's entry. */
const environmentOf = (hook: HookStage): Readonly<Record<string, string>> =>
  Object.fromEntries(hookEntry(hook, executable).env.map(pair => pair.split(/=(.*)/s, 2) as [string, string]));

export const ownPluginSide = (network: Network, options: NetworkOptions): Side =>
  pluginSide(ownPluginDir, bridgeConfig(network, options));

export const referenceSide = (network: Network, options: NetworkOptions): Side =>
  pluginSide(referenceDir, bridgeConfig(network, options));

/** A plugin called as a runtime calls it. */
export function callPlugin(
  directory: string,
  type: string,
  verb: string,
  {id, netns}: Container,
  stdin: string,
): Command {
  const env = {
    CNI_COMMAND: verb,
    CNI_CONTAINERID: id,
    CNI_NETNS: netns,
    CNI_IFNAME: 'eth0',
    CNI_PATH: directory,
  };
  return {command: [`${directory}/${type}`], env, stdin};
}

function pluginSide(directory: string, stdin: string): Side {
  const call = (verb: string) => (container: Container) => callPlugin(directory, 'bridge', verb, container, stdin);
  return {
    add: call('ADD'),
    del: call('DEL'),
    end: async container => {
      run(call('DEL')(container));
      await container.kill();
    },
  };
}
