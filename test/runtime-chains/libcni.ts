// What a libcni program does, written anew and apart from what is tested: it runs the reference's plugins one after the other
// and keeps the result where libcni keeps it.
import type {Host} from '../host.ts';
import {referenceDir} from './chain-host.ts';

export interface Attachment {
  readonly network: string;
  readonly containerId: string;
  readonly ifName: string;
  readonly netns: string;
}

interface List {
  readonly name: string;
  readonly cniVersion: string;
  readonly plugins: readonly {readonly type: string}[];
}

export const fileOf = ({network, containerId, ifName}: Attachment): string =>
  `/var/lib/cni/results/${network}-${containerId}-${ifName}`;

/** ADD of a whole list, with the cache written. */
export async function libcniAdd(host: Host, text: string, attachment: Attachment): Promise<object> {
  const list = JSON.parse(text) as List;
  let prevResult: object | undefined;
  for (const plugin of list.plugins) {
    prevResult = JSON.parse(await call(host, 'ADD', list, plugin, attachment, prevResult)) as object;
  }
  const {network, containerId, ifName, netns} = attachment;
  const config = Buffer.from(text).toString('base64');
  const cached = {kind: 'cniCacheV1', containerId, config, ifName, networkName: network, netns, result: prevResult};
  host.write(fileOf(attachment), JSON.stringify(cached));
  return prevResult ?? {};
}

/** DEL by what the cache holds, which goes with it. */
export async function libcniDel(host: Host, attachment: Attachment): Promise<void> {
  const cached = JSON.parse(host.read(fileOf(attachment))) as {
    readonly kind: string;
    readonly config: string;
    readonly netns: string;
    readonly result: object;
  };
  if (cached.kind !== 'cniCacheV1') throw new Error(`kind ${cached.kind}`);
  const list = JSON.parse(Buffer.from(cached.config, 'base64').toString()) as List;
  for (const plugin of [...list.plugins].reverse()) {
    await call(host, 'DEL', list, plugin, {...attachment, netns: cached.netns}, cached.result);
  }
  await host.must('rm', [fileOf(attachment)]);
}

async function call(
  host: Host,
  command: string,
  {name, cniVersion}: List,
  plugin: {readonly type: string},
  {containerId, ifName, netns}: Attachment,
  prevResult: object | undefined,
): Promise<string> {
  const env = {
    CNI_COMMAND: command,
    CNI_CONTAINERID: containerId,
    CNI_IFNAME: ifName,
    CNI_NETNS: netns,
    CNI_PATH: referenceDir,
  };
  const input = JSON.stringify({...plugin, name, cniVersion, ...(prevResult && {prevResult})});
  const {exitCode, stdout} = await host.run(`${referenceDir}/${plugin.type}`, [], {env, input});
  if (exitCode !== 0) throw new Error(`${plugin.type} ${command}: ${stdout}`);
  return stdout;
}
