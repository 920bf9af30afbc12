// What stands on this host, for people to look at: nothing here changes anything, nor waits for a lock.
// A hook may be writing while we read, and a file may be broken: what can't be read is shown as such, and hides nothing else.
import {readdirSync, readFileSync} from 'node:fs';
import type {Attachment} from '../kernel/names.ts';
import {render} from '../kernel/render.ts';
import {tryParseAddress} from '../spec/address.ts';
import {resultToJson} from '../spec/convert.ts';
import {CniError} from '../spec/error.ts';
import {newest} from '../spec/version.ts';
import {publishedBy} from './published.ts';
import {type AttachmentRecord, containerDir, containersDir, undoOfRecord} from './record.ts';
import {isAttachmentRecord} from './record-form.ts';
import {isRunning} from './signs.ts';

/** "planned" while an ADD is under way; "dead" when its process has ended, or was of another boot; "unreadable" if the record is broken. */
export type AttachmentState = 'alive' | 'planned' | 'dead' | 'unreadable';

export interface AttachmentView extends Attachment {
  readonly state: AttachmentState;
  /** CIDR form. */
  readonly addresses: readonly string[];
  readonly mac?: string | undefined;
  /** The host's end of the pair. */
  readonly hostInterface?: string | undefined;
  /** Ports of the host, as in "8080:80/tcp". */
  readonly published: readonly string[];
  /** ISO 8601, UTC. */
  readonly since?: string;
  readonly pid?: number;
  /** The record's file. */
  readonly file: string;
}

export interface AttachmentDetails extends AttachmentView {
  readonly netns?: string;
  readonly bundle?: string;
  /** CNI JSON of version 1.1.0; absent until it is known. */
  readonly result?: object | undefined;
  /** What takes it back, as the commands that a person would type. */
  readonly undo: readonly string[];
}

/** Every attachment of the host, by container. Throws `ioFailure` if we may not look. */
export function listAttachments(stateDir: string): readonly AttachmentView[] {
  return namesIn(containersDir(stateDir)).flatMap(id => {
    const views = readAll(stateDir, id).map(item => viewOf(item));
    const names = new Set(views.map(({network, ifName}) => `${network}:${ifName}`));
    return [...names].map(name => asOne(views.filter(({network, ifName}) => `${network}:${ifName}` === name)));
  });
}

/** Where a runtime calls the plugins of a chain one by one, each has a record of its own, and all are one attachment. */
function asOne(parts: readonly AttachmentView[]): AttachmentView {
  const [first, ...more] = parts;
  if (!first) throw new Error('there is no attachment without a record');
  if (more.length === 0) return first;
  const known = parts.find(({hostInterface}) => hostInterface !== undefined) ?? first;
  const state = gravest.find(grave => parts.some(part => part.state === grave)) ?? known.state;
  return {...known, state, published: [...new Set(parts.flatMap(({published}) => published))]};
}

const gravest: readonly AttachmentState[] = ['unreadable', 'dead', 'planned'];

/** The attachments of one container. Throws `ioFailure` if we may not look. */
export function describeAttachments(stateDir: string, containerId: string): readonly AttachmentDetails[] {
  return readAll(stateDir, containerId).map(item => detailsOf(item));
}

/** The addresses that are leased in that directory, whoever holds them. */
export const leasedIn = (directory: string): readonly string[] =>
  namesIn(directory).filter(name => tryParseAddress(name) !== undefined);

/** Throws `ioFailure` unless the state may be looked at; a host without any is fine. */
export const checkReadable = (stateDir: string): void => void namesIn(stateDir);

interface Item extends Attachment {
  readonly file: string;
  readonly record: AttachmentRecord | undefined;
}

/** A record's file is named NETWORK:IFNAME.json or NETWORK:IFNAME:PLUGIN.json, so that much is known of a broken one too. */
function readAll(stateDir: string, containerId: string): readonly Item[] {
  const directory = containerDir(stateDir, containerId);
  return namesIn(directory).flatMap(name => {
    const [, network, ifName] = /^([^:]+):([^:]+?)(?::[^:]+)?\.json$/.exec(name) ?? [];
    if (network === undefined || ifName === undefined) return [];
    const file = `${directory}/${name}`;
    return [{network, containerId, ifName, file, record: readRecord(file)}];
  });
}

function readRecord(file: string): AttachmentRecord | undefined {
  try {
    const json: unknown = JSON.parse(readFileSync(file, 'utf8'));
    return isAttachmentRecord(json) ? json : undefined;
  } catch {
    return undefined;
  }
}

function viewOf({record, ...attachment}: Item): AttachmentView {
  if (!record) return {...attachment, state: 'unreadable', addresses: [], published: []};
  const {result} = record;
  return {
    ...attachment,
    state: stateOf(record),
    addresses: result?.ips.map(ip => ip.address) ?? [],
    mac: result?.interfaces.find(({name, sandbox}) => name === attachment.ifName && sandbox !== undefined)?.mac,
    hostInterface: hostLinksOf(record)[0],
    published: publishedBy(record.config),
    since: record.created,
    ...(record.process && {pid: record.process.pid}),
  };
}

function detailsOf(item: Item): AttachmentDetails {
  const view = viewOf(item);
  if (!item.record) return {...view, undo: []};
  const {netns, bundle, result, leases} = item.record;
  const addresses = view.addresses.map(address => address.split('/')[0] ?? '');
  const given = leases.flatMap(directory =>
    addresses.filter(address => holds(directory, address, item)).map(address => `rm ${directory}/${address}`),
  );
  return {
    ...view,
    netns: netns.path,
    bundle,
    result: result && resultToJson(result, newest),
    undo: [...render(undoOfRecord(item.record), netns.path), ...given],
  };
}

/** A macvlan has none. */
const hostLinksOf = (record: AttachmentRecord): readonly string[] =>
  undoOfRecord(record).flatMap(op => (op.op === 'link.delete' && op.netns === 'host' ? [op.name] : []));

function stateOf(record: AttachmentRecord): AttachmentState {
  if (!isRunning(record)) return 'dead';
  return record.state === 'done' ? 'alive' : 'planned';
}

/** Whether the lease on that address is the attachment's own. */
function holds(directory: string, address: string, {containerId, ifName}: Attachment): boolean {
  try {
    return readFileSync(`${directory}/${address}`, 'utf8').trim() === `${containerId}\r\n${ifName}`;
  } catch {
    return false;
  }
}

/** None if the directory is not there, or is none. */
function namesIn(directory: string): readonly string[] {
  try {
    return readdirSync(directory).sort();
  } catch (error) {
    const {code} = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ENOTDIR') return [];
    const why = code === 'EACCES' ? 'permission denied: run this as root' : code;
    throw new CniError('ioFailure', `cannot look into "${directory}": ${why}`, {cause: error});
  }
}
