// The hosts files on disk, one for each network and one for each set of networks that some container is in: so a change costs
// as many writes as there are such sets, and not one for each container. They are edited in place, for they are mounted.
// STATE/names/NETWORK/hosts; that of a set is the same file in each of its networks' directories: STATE/names/NETWORK/sets/SET.
import {
  closeSync,
  existsSync,
  linkSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmdirSync,
  rmSync,
  statSync,
  writeSync,
} from 'node:fs';
import type {Attachment} from '../../kernel/names.ts';
import {digest} from '../../spec/digest.ts';
import {CniError, reasonOf} from '../../spec/error.ts';
import {whileLocked} from './hosts-lock.ts';
import {hostsPath, namesDir, networkDir, setsDir} from './hosts-places.ts';
import {
  type Edit,
  edited,
  entriesOf,
  entryLines,
  holdersOf,
  hostsHeader,
  isIdle,
  networksOfHeader,
  withLines,
  withoutOwner,
  withoutTorn,
} from './hosts-text.ts';
import {writeReadable} from './readable-file.ts';

/** A name that somebody else has already. */
export interface Taken {
  readonly name: string;
  readonly by: string;
}

/** Makes the names known on the network, and returns those that others had before. Asked again it changes nothing. */
export function register(
  stateDir: string,
  owner: Attachment,
  addresses: readonly string[],
  names: readonly string[],
): readonly Taken[] {
  const lines = entryLines(owner, addresses, names);
  return whileLocked(stateDir, [owner.network], () => {
    const path = hostsPath(stateDir, owner.network);
    if (!existsSync(path)) {
      create(path, hostsHeader([owner.network]) + lines);
      return [];
    }
    const taken = edit(path, text => add(text, owner, lines, names));
    for (const set of setsOf(stateDir, owner.network)) edit(set, text => add(text, owner, lines, names));
    return taken;
  });
}

/** Takes the owner's names away, and the network's files with the last of them. */
export function unregister(stateDir: string, owner: Attachment): void {
  whileLocked(stateDir, [owner.network], () => {
    const path = hostsPath(stateDir, owner.network);
    const isLast = !existsSync(path) || edit(path, text => remove(text, owner));
    if (isLast) {
      dropNetwork(stateDir, owner.network);
      return;
    }
    for (const set of setsOf(stateDir, owner.network)) {
      edit(set, text => remove(text, owner));
      if (!isMounted(textOf(set))) rmSync(set);
    }
  });
}

/** The hosts file for a container that is in all of these networks, and registered there. */
export function hostsFileOf(stateDir: string, networks: readonly string[]): string {
  const [first = '', ...others] = [...new Set(networks)].sort();
  if (others.length === 0) return hostsPath(stateDir, first);
  const all = [first, ...others];
  const joined = all.join(',');
  const key = joined.length > longestKey ? digest(joined) : joined;
  return whileLocked(stateDir, all, () => {
    const paths = all.map(network => `${setsDir(stateDir, network)}/${key}`);
    const inodes = new Set(paths.map(path => statSync(path, {throwIfNoEntry: false})?.ino));
    if (inodes.size > 1 || inodes.has(undefined)) makeSet(stateDir, all, paths);
    return `${setsDir(stateDir, first)}/${key}`;
  });
}

/** Every hosts file that a container in these networks may have mounted. */
export const hostsFilesOn = (stateDir: string, networks: readonly string[]): readonly string[] =>
  networks
    .flatMap(network => [hostsPath(stateDir, network), ...setsOf(stateDir, network)])
    .filter(path => existsSync(path));

/** Whose names are registered on the network. */
export function ownersOn(stateDir: string, network: string): readonly Attachment[] {
  const path = hostsPath(stateDir, network);
  return existsSync(path) ? entriesOf(textOf(path)).map(({owner}) => owner) : [];
}

/** True if a write was cut off. */
export function hasTorn(stateDir: string, network: string): boolean {
  const files = hostsFilesOn(stateDir, [network]);
  return files.some(path => withoutTorn(textOf(path)).length > 0);
}

/** Takes away what is nobody's, and the network's files if nothing else was in them. */
export function clean(stateDir: string, network: string): void {
  whileLocked(stateDir, [network], () => {
    for (const path of hostsFilesOn(stateDir, [network])) edit(path, text => ({edits: withoutTorn(text), outcome: 0}));
    if (ownersOn(stateDir, network).length === 0) dropNetwork(stateDir, network);
  });
}

/** The networks that there are names of. */
export const networksWithNames = (stateDir: string): readonly string[] =>
  namesIn(namesDir(stateDir)).filter(name => !name.startsWith(':'));

const longestKey = 200;

/** The edits, with what comes out. */
interface Change<T> {
  readonly edits: readonly Edit[];
  readonly outcome: T;
}

function add(text: string, owner: Attachment, lines: string, names: readonly string[]): Change<readonly Taken[]> {
  if (text.includes(`\n${lines}`)) return {edits: [], outcome: []};
  const cleared = withoutOwner(text, owner);
  const free = edited(text, cleared);
  const {taken, end} = holdersOf(free, owner.containerId, names);
  return {edits: [...cleared, withLines(free, lines, end)], outcome: taken};
}

function remove(text: string, owner: Attachment): Change<boolean> {
  const edits = withoutOwner(text, owner);
  return {edits, outcome: isIdle(edited(text, edits))};
}

function edit<T>(path: string, change: (text: string) => Change<T>): T {
  const fd = openSync(path, 'r+');
  try {
    const {edits, outcome} = change(readFileSync(fd, 'utf8'));
    for (const {offset, text} of edits) writeSync(fd, text, offset);
    return outcome;
  } finally {
    closeSync(fd);
  }
}

function dropNetwork(stateDir: string, network: string): void {
  const [directory, sets] = [networkDir(stateDir, network), setsDir(stateDir, network)];
  for (const parent of [sets, directory].filter(path => existsSync(path))) {
    for (const name of readdirSync(parent)) rmSync(`${parent}/${name}`, {force: true});
    rmdirSync(parent);
  }
}

/** The files of the sets that the network is in. */
const setsOf = (stateDir: string, network: string): readonly string[] =>
  namesIn(setsDir(stateDir, network)).map(key => `${setsDir(stateDir, network)}/${key}`);

function makeSet(stateDir: string, networks: readonly string[], paths: readonly string[]): void {
  const lines = networks.flatMap(network => {
    const path = hostsPath(stateDir, network);
    // Somebody may have removed it. That keeps no container in a network.
    return existsSync(path) ? entriesOf(textOf(path)).map(({line}) => `${line}\n`) : [];
  });
  const [first = '', ...others] = paths;
  create(first, hostsHeader(networks) + lines.join(''));
  for (const path of others) {
    mkdirSync(path.slice(0, path.lastIndexOf('/')), {recursive: true, mode: 0o700});
    rmSync(path, {force: true});
    linkSync(first, path);
  }
}

/** True if there may be a container with a set's file: one that is in all of its networks. */
function isMounted(text: string): boolean {
  const all = networksOfHeader(text).length;
  const networks = new Map<string, Set<string>>();
  for (const {owner} of entriesOf(text)) {
    const known = networks.get(owner.containerId) ?? new Set();
    networks.set(owner.containerId, known.add(owner.network));
  }
  return [...networks.values()].some(({size}) => size === all);
}

/** Whole or not at all; readable by whoever a container's processes are. */
function create(path: string, text: string): void {
  mkdirSync(path.slice(0, path.lastIndexOf('/')), {recursive: true, mode: 0o700});
  const beside = `${path}.new`;
  writeReadable(beside, text);
  renameSync(beside, path);
}

function textOf(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (cause) {
    throw new CniError('ioFailure', `cannot read "${path}": ${reasonOf(cause)}`, {cause});
  }
}

const namesIn = (directory: string): readonly string[] => (existsSync(directory) ? readdirSync(directory) : []);
