// A network's chain of plugins for one attachment, cut into segments: runs of ours, and single plugins of others. All is
// parsed and checked before anything is touched.
import {type Facts, mergeQuestions, type Question} from '../kernel/facts.ts';
import type {AttachmentRequest, Fault, PreparedIpam} from '../plugins/plugin.ts';
import {Fields, type JsonObject} from '../spec/fields.ts';
import type {Network, PluginConfig} from '../spec/network.ts';
import type {Result} from '../spec/result.ts';
import {isOwnPlugin, type OwnPlugin, type OwnSegment, prepareOwn} from './own-segment.ts';
import {requestConfig} from './wishes/request-config.ts';

/** A plugin that is a file in the plugin path. */
export interface ForeignSegment {
  readonly kind: 'foreign';
  readonly type: string;
  /** Its stdin, but for `prevResult`. */
  readonly conf: JsonObject;
  /** Names the configuration in messages. */
  readonly where: string;
}

export interface Chain {
  readonly segments: readonly (OwnSegment | ForeignSegment)[];
  /** The IPAM plugins of our own plugins, in order. */
  readonly ipam: readonly PreparedIpam[];
  /** Whether one of these is not ours. */
  readonly foreignIpam: boolean;
  readonly checkQuestion: (result: Result) => Question;
  /** What is missing or changed of what our own plugins made. */
  readonly check: (facts: Facts, result: Result) => readonly Fault[];
}

/** True if a plugin of the chain, or of its IPAM plugins, is not ours: at the end it may want to look into the netns. */
export const hasForeign = ({segments, foreignIpam}: Chain): boolean =>
  foreignIpam || segments.some(({kind}) => kind === 'foreign');

/** `dataDir` is where leases are kept unless the configuration says otherwise. Throws `invalidConfig`. */
export function prepareChain(network: Network, request: AttachmentRequest, dataDir: string): Chain {
  const plugins = network.plugins.map(plugin => withConfig(network, plugin));
  const segments = cut(plugins).map(part => prepareSegment(part, request, dataDir));
  const own = segments.filter(segment => segment.kind === 'own');
  return {
    segments,
    ipam: own.flatMap(segment => segment.ipam),
    foreignIpam: own.some(segment => segment.foreignIpam),
    checkQuestion: result => mergeQuestions(own.map(segment => segment.checkQuestion(result))),
    check: (facts, result) => own.flatMap(segment => segment.check(facts, result)),
  };
}

/** True for a plugin of ours, unless `"cni-hook": {"external": true}` asks for the file. */
export const runsInside = (type: string, conf: Fields): boolean =>
  isOwnPlugin(type) && !conf.child('cni-hook').boolean('external');

interface Configured extends OwnPlugin {
  readonly isOwn: boolean;
}

function withConfig(network: Network, plugin: PluginConfig): Configured {
  const where = `${network.file}: network "${network.name}", plugin "${plugin.type}"`;
  const conf = new Fields(requestConfig(network, plugin, {}), where);
  const isOwn = runsInside(plugin.type, conf);
  return {type: plugin.type, conf, isOwn};
}

/** Neighbours of ours together, each other plugin alone. */
function cut(plugins: readonly Configured[]): readonly (readonly Configured[])[] {
  const parts: Configured[][] = [];
  for (const [i, plugin] of plugins.entries()) {
    const last = parts.at(-1);
    if (last && plugin.isOwn && plugins[i - 1]?.isOwn) last.push(plugin);
    else parts.push([plugin]);
  }
  return parts;
}

function prepareSegment(
  part: readonly Configured[],
  request: AttachmentRequest,
  dataDir: string,
): OwnSegment | ForeignSegment {
  const [first] = part;
  if (!first || first.isOwn) return prepareOwn(part, request, dataDir);
  return {kind: 'foreign', type: first.type, conf: first.conf.object, where: first.conf.where};
}
