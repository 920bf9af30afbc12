// A private host for the tests of chains: the reference's plugins in the plugin path, named network namespaces, and
// networks that are written as their plugins. What cni-hook answers is told as it came.
import {afterAll, afterEach, beforeAll} from '@jest/globals';
import {createHost, executable, type Host, type Netns, type Outcome} from '../host.ts';

/** Where Debian has the reference's plugins; tests put theirs into the other. */
export const referenceDir = '/usr/lib/cni';
export const scriptDir = '/opt/cni/bin';

export const network = 't';

export interface ChainHost {
  readonly host: () => Host;
  /** The network of that name becomes this chain. */
  readonly configure: (plugins: readonly object[], more?: object) => void;
  readonly cli: (args: readonly string[], env?: Readonly<Record<string, string>>) => Promise<Outcome>;
  /** The stdout; throws with what was said if it fails. */
  readonly must: (...args: readonly string[]) => Promise<string>;
  /** Links, addresses, routes, rules, files: all but the counters of rules that see every packet, and what the kernel gives a link of its own in its own time. */
  readonly snapshot: () => Promise<unknown>;
  /** A network namespace with a name; returns its path. */
  readonly addNetns: (name: string) => Promise<string>;
  readonly deleteNetns: (name: string) => Promise<void>;
  /** A process with a netns of its own. */
  readonly container: () => Promise<Netns>;
  /** Puts a shell script into the plugin path. */
  readonly script: (name: string, body: string, mode?: string) => Promise<void>;
}

/** To be called once, on top of a test file. */
export function useChainHost(): ChainHost {
  let current: Host | undefined;
  const host = () => {
    if (!current) throw new Error('there is a host while a test runs');
    return current;
  };
  const names = new Set<string>();
  const living = new Set<Netns>();
  const cli: ChainHost['cli'] = (args, env = {}) => host().run(executable, args, {env});
  const deleteNetns = async (name: string) => {
    names.delete(name);
    await host().must('ip', ['netns', 'delete', name]);
  };
  beforeAll(async () => {
    current = await createHost();
    current.write('/etc/cni-hook/config.json', {pluginDirs: [scriptDir, referenceDir]});
    await current.must('mkdir', ['-p', scriptDir]);
  });
  afterEach(async () => {
    for (const name of names) await deleteNetns(name);
    for (const one of living) await one.end();
    living.clear();
    await cli(['gc', '--networks']);
  });
  afterAll(() => current?.close());
  return {
    host,
    cli,
    deleteNetns,
    configure: (plugins, more = {}) =>
      host().write(`/etc/cni/net.d/10-${network}.conflist`, {cniVersion: '1.0.0', name: network, plugins, ...more}),
    must: (...args) => host().must(executable, args),
    snapshot: async () => {
      const text = JSON.stringify(await host().snapshot());
      return JSON.parse(text.replaceAll(/(\\"(?:packets|bytes)\\":)\d+/g, '$10'));
    },
    addNetns: async name => {
      await host().must('ip', ['netns', 'add', name]);
      names.add(name);
      return `/run/netns/${name}`;
    },
    container: async () => {
      const one = await host().netns();
      living.add(one);
      const end = async () => {
        living.delete(one);
        await one.end();
      };
      return {...one, end};
    },
    script: async (name, body, mode = '755') => {
      host().write(`${scriptDir}/${name}`, `#!/bin/sh\n${body}\n`);
      await host().must('chmod', [mode, `${scriptDir}/${name}`]);
    },
  };
}

/** A bridge of ours with addresses of both families. */
export const ourBridge = {
  type: 'bridge',
  bridge: 'cnibr7',
  isGateway: true,
  ipMasq: true,
  ipam: {
    type: 'host-local',
    ranges: [[{subnet: '10.7.0.0/24'}], [{subnet: 'fd00:7::/64'}]],
    routes: [{dst: '0.0.0.0/0'}],
  },
};
