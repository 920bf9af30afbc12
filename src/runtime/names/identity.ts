// Who a container is to others, and where its own files lie: from its wishes and its bundle's config.json. What has no mount
// namespace of its own shares the host's files, so nothing is put there; and nobody looks for it by name unless it says one.
import {existsSync, readFileSync} from 'node:fs';
import {posix} from 'node:path';
import {hasOwnMounts} from '../../kernel/mount-target.ts';
import {Fields, isObject, type JsonObject} from '../../spec/fields.ts';
import {isHostname, isReservedName} from '../../spec/hostname.ts';
import {parseJson} from '../../spec/json.ts';
import type {Container} from '../container.ts';
import {type ContainerNames, recordsOf} from '../record.ts';
import type {Wishes} from '../wishes/wishes.ts';
import {dnsOfCapability} from './resolvers.ts';

export interface Identity {
  /** Undefined if nobody calls it by a name. */
  readonly names: ContainerNames | undefined;
  /** Where its files are put; undefined if they are to stay as they are. */
  readonly root: ContainerRoot | undefined;
}

export interface ContainerRoot {
  readonly pid: number;
  /** Where its process sees the root: "" if that is the process's root already. */
  readonly path: string;
  /** Where it lies on the host; undefined if we don't know. */
  readonly hostPath: string | undefined;
  /** What its bundle mounts itself. */
  readonly mounted: readonly string[];
}

/**
 * Of a container that is to be attached, or is already: then what was wished before holds on. Throws nothing for a bundle that
 * can't be read: its runtime has read it.
 */
export function identify(
  stateDir: string,
  {id, process, bundle, stage}: Named,
  {hostname, aliases, dns, capabilityArgs, mayBeCalled}: Wishes,
): Identity {
  const hasOther = process !== undefined && hasOwnMounts(process.pid);
  const config = hasOther ? readConfig(stage === 'creating' ? bundleWithConfig(bundle) : bundle) : nothing;
  const hasMounts = hasOther && !config.joinsMounts;
  if (!hasMounts && hostname === undefined && aliases.length === 0) return {names: undefined, root: undefined};
  const before = stage === 'running' ? recordsOf(stateDir, id).find(({names}) => names)?.names : undefined;
  const own = hostname ?? before?.hostname ?? config.hostname;
  const isItsName = (name: string) =>
    name === hostname || (!before && !nobodys.includes(name) && isHostname(name) && mayBeCalled(name));
  const called = own !== undefined && isItsName(own) ? [own] : [];
  const names = {
    called: distinct([...called, ...aliases, ...(before?.called ?? []), nameOfId(id)]),
    hostname: own,
    dns: dns ?? dnsOfCapability(capabilityArgs) ?? before?.dns,
  };
  const path = stage === 'creating' ? config.rootPath : '';
  if (!hasMounts || names.dns?.off || path === undefined) return {names, root: undefined};
  return {names, root: {pid: process.pid, path, hostPath: config.rootPath, mounted: config.mounted}};
}

type Named = Pick<Container, 'id' | 'process' | 'bundle' | 'stage'>;

/** What `runc spec` and `crun spec` write: it is the name of nobody. */
const nobodys: readonly string[] = ['runc', 'crun'];

/** An id may be any word, also one that means the machine itself. */
const nameOfId = (id: string): string => (isReservedName(id) ? `id-${id}` : id);

/** Without regard to case, as names are looked up. */
function distinct(names: readonly string[]): readonly string[] {
  const keys = names.map(name => name.toLowerCase());
  return names.filter((name, i) => keys.indexOf(name.toLowerCase()) === i);
}

interface BundleConfig {
  readonly hostname: string | undefined;
  readonly rootPath: string | undefined;
  readonly mounted: readonly string[];
  /** Whether its mount namespace is somebody else's, in which what is mounted stays when it ends. */
  readonly joinsMounts: boolean;
}

/** Some versions of crun tell a starting container's hook another directory than the one that they run it in, which is right. */
function bundleWithConfig(bundle: string): string {
  return existsSync(`${bundle}/config.json`) ? bundle : process.cwd();
}

function readConfig(bundle: string): BundleConfig {
  try {
    const fields = new Fields(parseJson(readFileSync(`${bundle}/config.json`, 'utf8'), 'config.json'), 'config.json');
    const root = fields.child('root').string('path');
    return {
      hostname: fields.string('hostname') || undefined,
      rootPath: root === '' ? undefined : root.startsWith('/') ? root : `${bundle}/${root}`,
      mounted: objectsIn(fields.raw('mounts')).map(mount => destinationOf(mount)),
      joinsMounts: objectsIn(fields.child('linux').raw('namespaces')).some(({type, path}) => type === 'mount' && path),
    };
  } catch {
    return nothing;
  }
}

const nothing: BundleConfig = {hostname: undefined, rootPath: undefined, mounted: [], joinsMounts: false};

const objectsIn = (list: unknown): readonly JsonObject[] =>
  Array.isArray(list) ? list.filter(item => isObject(item)) : [];

/** Without the "/" at its beginning, which it may lack, and at its end; and without detours. */
const destinationOf = ({destination}: JsonObject): string =>
  typeof destination === 'string' ? posix.normalize(`/${destination}`).replaceAll(/^\/|\/$/g, '') : '';
