// One side of the comparison: a private host with the plugins of one make, in which every input gets a network namespace
// and directories of its own. A whole input is one shell script that writes down what it sees; that is quick.
import {linkPlugins, pluginDir} from '../conformance/plugins.ts';
import {createHost, type Host} from '../host.ts';
import {type Call, type Input, isCall} from './input.ts';
import {changes, type Observation, readObservation} from './observation.ts';

export interface Side {
  readonly observe: (input: Input) => Promise<Observation>;
  readonly close: () => Promise<void>;
}

export const referenceDir = '/usr/lib/cni';
export const container = '/run/netns/blue';

/** The reference's plugins as Debian ships them. */
export const openReference = async (): Promise<Side> => sideOf(await createHost(), referenceDir);

/** Our executable under the names of these plugins. */
export async function openOurs(types: readonly string[]): Promise<Side> {
  const host = await createHost();
  await linkPlugins(host, types);
  return sideOf(host, pluginDir);
}

function sideOf(host: Host, plugins: string): Side {
  let count = 0;
  return {
    observe: async input => {
      const directory = `/mnt/observed/${count++}`;
      host.write(`${directory}/script`, scriptOf(input, plugins, directory, host));
      const {exitCode, stderr} = await host.run('unshare', ['--net', '--mount', 'sh', '-e', `${directory}/script`]);
      if (exitCode !== 0) throw new Error(`the script ended with ${exitCode}: ${stderr}`);
      return readObservation(input, host, directory);
    },
    close: () => host.close(),
  };
}

/** The calls are numbered from 1 on, and so are the files that they are written down in. */
function scriptOf(input: Input, plugins: string, directory: string, host: Host): string {
  let number = 0;
  const parts = input.steps.map(step => {
    if (!isCall(step)) return step.sh;
    const file = `${directory}/${++number}`;
    const text = typeof step.conf === 'string' ? step.conf : JSON.stringify(step.conf);
    // The answer of an earlier call goes in as text: in front of the brace that closes the object.
    host.write(`${file}.conf`, step.previous === undefined ? text : text.replace(/\}\s*$/, ''));
    return [callOf(step, plugins, directory, file), changes(step) ? look(file) : ''].join('\n');
  });
  return [prepare, ...parts].join('\n');
}

const prepare = `
mount -t tmpfs none /run
mkdir -p /run/netns /var/lib/cni
mount -t tmpfs none /var/lib/cni
ip link set lo up
ip netns add blue`;

function callOf({type, verb, env, previous}: Call, plugins: string, directory: string, file: string): string {
  const variables = {
    CNI_COMMAND: verb,
    CNI_CONTAINERID: 'c1',
    CNI_NETNS: container,
    CNI_IFNAME: 'eth0',
    CNI_PATH: plugins,
    ...env,
  };
  const given = Object.entries(variables).flatMap(([name, value]) =>
    value === undefined ? [] : [`${name}='${value.replaceAll('DIR', plugins)}'`],
  );
  const stdin =
    previous === undefined
      ? `cat ${file}.conf`
      : `cat ${file}.conf; printf ',"prevResult":'; cat ${directory}/${previous}.stdout; printf '}'`;
  return `
{ ${stdin}; } >${file}.stdin
code=0; ${given.join(' ')} ${plugins}/${type} <${file}.stdin >${file}.stdout 2>${file}.stderr || code=$?
echo $code >${file}.exit`;
}

/** What links, addresses, routes and leases there are. A netns that an input has deleted has none. */
const look = (file: string): string => `
ip -j -d address >${file}.host.address
ip -j route show table all >${file}.host.route
ip -j -6 route show table all >${file}.host.route6
{ tc qdisc show
for link in $(ip -o link | sed -n 's/^[0-9]*: \\(veth[^@:]*\\).*/\\1/p'); do tc filter show dev $link parent ffff:; done
} 2>/dev/null | sed -n 's/ refcnt [0-9]*//; s/index.*//; /tbf\\|ingress\\|mirred/p' >${file}.limits
ip -n blue -j -d address >${file}.container.address 2>/dev/null || :
ip -n blue -j route show table all >${file}.container.route 2>/dev/null || :
ip -n blue -j -6 route show table all >${file}.container.route6 2>/dev/null || :
cp -a /var/lib/cni ${file}.leases
find /var/lib/cni -type f -printf '%m %P\\n' >${file}.files`;
