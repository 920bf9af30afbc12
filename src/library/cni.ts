// libcni's interface for a program: each call that changes something is one run of the executable, which records what it
// does as the hook does, so that nothing that a program adds leaks either. Reading is done here.
import {mkdtemp, rm, writeFile} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {allCached, type Cached, readCached} from '../runtime/libcni/result-cache.ts';
import {type CniArgs, formatCniArgs} from '../spec/cni-args.ts';
import {parseResult} from '../spec/convert.ts';
import {CniError, reasonOf} from '../spec/error.ts';
import {isObject, type Json} from '../spec/fields.ts';
import type {Result} from '../spec/result.ts';
import {checkVersion, compareVersions} from '../spec/version.ts';
import {run} from './executable.ts';
import {collectPlugins, type ValidAttachment} from './gc.ts';
import {type NetworkList, parseNetworkText} from './network-list.ts';

/** Where things are; what is left out is as for the command line. */
export interface CniOptions {
  /** The executable: "cni-hook", found in PATH, unless given. */
  readonly executable?: string;
  readonly pluginDirs?: readonly string[];
  readonly cacheDir?: string;
  readonly stateDir?: string;
}

/** What libcni calls RuntimeConf. */
export interface RuntimeConf {
  readonly containerId: string;
  /** Path of the container's network namespace. */
  readonly netns: string;
  readonly ifName: string;
  readonly args?: Readonly<Record<string, string>>;
  readonly capabilityArgs?: Readonly<Record<string, Json>>;
}

const defaultCacheDir = '/var/lib/cni';

/** Every method that calls plugins throws the CniError that the failing one answered with. */
export class Cni {
  readonly #executable: string;
  readonly #cacheDir: string;
  readonly #environment: NodeJS.ProcessEnv;
  readonly #pluginDirs: readonly string[];

  constructor({executable = 'cni-hook', pluginDirs, cacheDir, stateDir}: CniOptions = {}) {
    this.#executable = executable;
    this.#cacheDir = cacheDir ?? process.env.CNI_HOOK_CACHE_DIR ?? defaultCacheDir;
    this.#pluginDirs = pluginDirs ?? (process.env.CNI_PATH ?? '/opt/cni/bin').split(':');
    this.#environment = {
      ...process.env,
      CNI_PATH: this.#pluginDirs.join(':'),
      CNI_HOOK_CACHE_DIR: this.#cacheDir,
      ...(stateDir !== undefined && {CNI_HOOK_STATE_DIR: stateDir}),
    };
  }

  /** ADD for every plugin, in order. After a failure everything has been taken back. */
  async addNetworkList(list: NetworkList, conf: RuntimeConf): Promise<Result> {
    const json = await this.#call(list, ['add', list.name, conf.netns, ...attachmentFlags(conf), ...wishFlags(conf)]);
    return parseResult(json, checkVersion(list.cniVersion), 'the result');
  }

  /** CHECK for every plugin. Throws CniError 108 with all that is missing or changed. */
  async checkNetworkList(list: NetworkList, conf: RuntimeConf): Promise<void> {
    await this.#call(list, ['check', list.name, conf.netns, ...attachmentFlags(conf)]);
  }

  /** DEL for every plugin, in reverse; goes on past one that fails. */
  async delNetworkList(list: NetworkList, conf: RuntimeConf): Promise<void> {
    await this.#call(list, ['del', list.name, conf.netns, ...attachmentFlags(conf), ...wishFlags(conf)]);
  }

  /** STATUS for every plugin; nothing before version 1.1.0. */
  async getStatusNetworkList(list: NetworkList): Promise<void> {
    await this.#call(list, ['status', list.name]);
  }

  /**
   * DEL for every cached attachment of the network that is not valid, then GC for every plugin; nothing before version
   * 1.1.0 or with disableGC. Goes on past what fails and throws all of it as one.
   */
  async gcNetworkList(list: NetworkList, valid: readonly ValidAttachment[]): Promise<void> {
    if (list.disableGC || compareVersions(list.cniVersion, '1.1.0') < 0) return;
    const isValid = ({containerId, ifName}: Cached) =>
      valid.some(other => other.containerId === containerId && other.ifName === ifName);
    const stale = this.getCachedAttachments().filter(cached => cached.network === list.name && !isValid(cached));
    const failures: string[] = [];
    for (const {containerId, netns, ifName} of stale) {
      await this.delNetworkList(list, {containerId, netns, ifName}).catch(error => failures.push(reasonOf(error)));
    }
    const place = {executable: this.#executable, pluginDirs: this.#pluginDirs, environment: this.#environment};
    failures.push(...(await collectPlugins(place, list, valid)));
    if (failures.length > 0) throw new CniError('kernelRefused', failures.join('; '));
  }

  /** Throws CniError 7 with all that is wrong with the list; returns the capabilities that its plugins ask for. */
  async validateNetworkList(list: NetworkList): Promise<readonly string[]> {
    await this.#call(list, ['validate', list.name]);
    return [...new Set(list.plugins.flatMap(({json}) => enabled(json.capabilities)))];
  }

  /** The result that was cached by the ADD; undefined if there is none. */
  getNetworkListCachedResult(list: NetworkList, conf: RuntimeConf): Result | undefined {
    const cached = readCached(this.#cacheDir, {network: list.name, ...conf});
    return cached && parseResult(cached.result, checkVersion(list.cniVersion), 'the cached result');
  }

  /** The list's text as it was then, and what the runtime asked for; undefined if there is none. */
  getNetworkListCachedConfig(list: NetworkList, conf: RuntimeConf): Cached | undefined {
    return readCached(this.#cacheDir, {network: list.name, ...conf});
  }

  /** Every cached attachment, or those of one container. */
  getCachedAttachments(containerId?: string): readonly Cached[] {
    return allCached(this.#cacheDir).filter(cached => containerId === undefined || cached.containerId === containerId);
  }

  /** As addNetworkList, for the text of a single plugin's configuration; and so the others. */
  addNetwork = (text: string, conf: RuntimeConf): Promise<Result> => this.addNetworkList(parseNetworkText(text), conf);
  checkNetwork = (text: string, conf: RuntimeConf): Promise<void> =>
    this.checkNetworkList(parseNetworkText(text), conf);
  delNetwork = (text: string, conf: RuntimeConf): Promise<void> => this.delNetworkList(parseNetworkText(text), conf);
  validateNetwork = (text: string): Promise<readonly string[]> => this.validateNetworkList(parseNetworkText(text));
  getNetworkCachedResult = (text: string, conf: RuntimeConf): Result | undefined =>
    this.getNetworkListCachedResult(parseNetworkText(text), conf);
  getNetworkCachedConfig = (text: string, conf: RuntimeConf): Cached | undefined =>
    this.getNetworkListCachedConfig(parseNetworkText(text), conf);

  /** The executable reads lists from a directory, so this one gets a directory of its own for as long as the call takes. */
  async #call(list: NetworkList, args: readonly string[]): Promise<Json | undefined> {
    const confDir = await mkdtemp(join(tmpdir(), 'cni-hook-'));
    try {
      await writeFile(join(confDir, 'network.conflist'), wholeList(list), {mode: 0o600});
      return await run(this.#executable, [...args, '--json', '--conf-dir', confDir], '', this.#environment);
    } finally {
      await rm(confDir, {recursive: true, force: true});
    }
  }
}

/** The list with the plugins that lie beside its file, as nothing lies beside where it is read again. */
function wholeList({text, plugins}: NetworkList): string {
  const json: unknown = JSON.parse(text);
  const inText = isObject(json) && Array.isArray(json.plugins) ? json.plugins.length : 0;
  if (!isObject(json) || inText === plugins.length) return text;
  return JSON.stringify({...json, plugins: plugins.map(plugin => plugin.json)});
}

const attachmentFlags = ({containerId, ifName}: RuntimeConf): readonly string[] => [
  `--container-id=${containerId}`,
  `--ifname=${ifName}`,
];

function wishFlags({args = {}, capabilityArgs = {}}: RuntimeConf): readonly string[] {
  const cniArgs: CniArgs = {values: new Map(Object.entries(args)), ignoreUnknown: false};
  return [`--cni-args=${formatCniArgs(cniArgs)}`, `--cap-args=${JSON.stringify(capabilityArgs)}`];
}

const enabled = (capabilities: Json | undefined): readonly string[] =>
  isObject(capabilities) ? Object.keys(capabilities).filter(name => capabilities[name] === true) : [];
