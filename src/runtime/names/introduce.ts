// What makes a container known to others, and others to it: its names on each of its networks, and its own resolv.conf, hosts
// and hostname. It comes last in an ADD, when the addresses are known; what it does, the records tell how to take back.
import {existsSync} from 'node:fs';
import {readOrNothing} from '../../kernel/netns.ts';
import {isAlive, type ProcessIdentity} from '../../kernel/process.ts';
import {mark} from '../../kernel/trace.ts';
import {CniError} from '../../spec/error.ts';
import type {Container} from '../container.ts';
import {log} from '../log.ts';
import {type AttachmentRecord, type ContainerNames, containerDir, recordsOf} from '../record.ts';
import type {Settings} from '../settings.ts';
import {noWishes} from '../wishes/wishes.ts';
import {type ContainerFile, containerPaths, identityOf, mountFiles, unmountFiles} from './container-files.ts';
import {hostsFileOf, hostsFilesOn, register, unregister} from './hosts-files.ts';
import {type Identity, identify} from './identity.ts';
import {writeReadable} from './readable-file.ts';
import {chooseResolvers} from './resolvers.ts';

/** Of the networks in `records`, which were given to the container just now. Its lock must be held. */
export function introduce(
  {stateDir}: Settings,
  container: Container,
  {names, root}: Identity,
  records: readonly AttachmentRecord[],
): void {
  if (!names) return;
  const {id} = container;
  for (const record of records) {
    for (const {name, by} of register(stateDir, record, addressesOf(record), names.called)) {
      warn(stateDir, id, `name "${name}" is that of container "${by}" on network "${record.network}" already`);
    }
  }
  if (root) {
    const all = container.stage === 'creating' ? records : named(recordsOf(stateDir, id));
    const files = [...writeFiles(stateDir, id, all, names), hostsFile(stateDir, all)];
    try {
      warnAll(stateDir, id, mountFiles(stateDir, id, root, files, oursOf(stateDir, id, all)));
    } catch (cause) {
      if (!container.process || isAlive(container.process)) throw cause;
      throw new CniError('unknownContainer', `container "${id}" ended while it was being attached`, {cause});
    }
  }
  mark('names');
}

/** Before a container that lives on leaves a network: its files no longer tell of it. Its lock must be held. */
export function takeLeave({stateDir}: Settings, record: AttachmentRecord): void {
  const {names, process} = record;
  if (!names || !process || !isAlive(process)) return;
  try {
    changeFiles(stateDir, record, process, names);
  } catch (error) {
    // Its files go with it.
    if (isAlive(process)) throw error;
  }
}

function changeFiles(
  stateDir: string,
  record: AttachmentRecord,
  process: ProcessIdentity,
  names: ContainerNames,
): void {
  const {containerId: id, bundle} = record;
  const {root} = identify(stateDir, {id, process, bundle, stage: 'running'}, noWishes);
  if (!root) return;
  const all = named(recordsOf(stateDir, id));
  const isOurs = oursOf(stateDir, id, all);
  const left = all.filter(({network, ifName}) => network !== record.network || ifName !== record.ifName);
  if (left.length === 0) {
    warnAll(stateDir, id, unmountFiles(root, containerPaths, isOurs));
    return;
  }
  writeFiles(stateDir, id, left, names);
  warnAll(stateDir, id, unmountFiles(root, ['etc/hosts'], isOurs));
  warnAll(stateDir, id, mountFiles(stateDir, id, root, [hostsFile(stateDir, left)], isOurs));
}

/** Makes the attachment's names unknown. */
export function forgetNames({stateDir}: Settings, record: AttachmentRecord): void {
  if (record.names) unregister(stateDir, record);
}

const named = (records: readonly AttachmentRecord[]): readonly AttachmentRecord[] =>
  records.filter(({names}) => names !== undefined);

/** Without prefix lengths, each once. */
const addressesOf = ({result}: AttachmentRecord): readonly string[] => [
  ...new Set((result?.ips ?? []).map(({address}) => address.split('/')[0] ?? '')),
];

/** What the container has for itself alone. */
function writeFiles(
  stateDir: string,
  id: string,
  records: readonly AttachmentRecord[],
  {hostname, dns}: ContainerNames,
): readonly ContainerFile[] {
  const results = records.flatMap(({result}) => (result ? [result.dns] : []));
  const {text, warning} = chooseResolvers(dns, results, readOrNothing);
  if (warning) warn(stateDir, id, warning);
  const write = (path: ContainerFile['path'], content: string): ContainerFile => ({
    path,
    source: writeReadable(ownPath(stateDir, id, path), content),
  });
  const own = write('etc/resolv.conf', text);
  return hostname === undefined ? [own] : [own, write('etc/hostname', `${hostname}\n`)];
}

const hostsFile = (stateDir: string, records: readonly AttachmentRecord[]): ContainerFile => ({
  path: 'etc/hosts',
  source: hostsFileOf(
    stateDir,
    records.map(({network}) => network),
  ),
});

const ownPath = (stateDir: string, id: string, path: string): string =>
  `${containerDir(stateDir, id)}/${path.replace('etc/', '')}`;

/** Looks only when asked: on the way of a container that starts nobody does. */
function oursOf(stateDir: string, id: string, records: readonly AttachmentRecord[]): (identity: string) => boolean {
  let known: readonly string[] | undefined;
  return identity => {
    const own = containerPaths.map(path => ownPath(stateDir, id, path)).filter(path => existsSync(path));
    const hosts = () =>
      hostsFilesOn(
        stateDir,
        records.map(({network}) => network),
      );
    known ??= [...own, ...hosts()].map(path => identityOf(path));
    return known.includes(identity);
  };
}

function warnAll(stateDir: string, id: string, reasons: readonly string[]): void {
  for (const reason of reasons) warn(stateDir, id, reason);
}

function warn(stateDir: string, id: string, msg: string): void {
  log(stateDir, {level: 'warning', event: 'names', id, msg});
}
