// A run of our own plugins in a chain: prepared together, planned together, applied as one.
import {type Facts, mergeQuestions, type Question} from '../kernel/facts.ts';
import type {Plan} from '../kernel/op.ts';
import {interfacePlugins, ipamPlugins} from '../plugins/index.ts';
import type {
  AttachmentRequest,
  Fault,
  InterfacePlugin,
  IpamPlugin,
  IpamPorts,
  Planned,
  PreparedInterface,
  PreparedIpam,
} from '../plugins/plugin.ts';
import type {Fields} from '../spec/fields.ts';
import type {IpamResult, Result} from '../spec/result.ts';
import {foreignIpam} from './foreign-ipam.ts';

export interface OwnSegment {
  readonly kind: 'own';
  readonly question: Question;
  /** The same where the result of the plugins before it is known: of one that is not ours, or was called on its own. */
  readonly questionAfter: (previous: Result | undefined) => Question;
  /** The container's interfaces that it makes: there may be none of that name before. */
  readonly makes: readonly string[];
  /** The programs of the host that an ADD may run. */
  readonly tools: readonly string[];
  /** Those of its plugins that have an IPAM plugin, in order. */
  readonly ipam: readonly PreparedIpam[];
  /** Whether one of these is not ours. */
  readonly foreignIpam: boolean;
  /** The directories in which `lease` takes leases. */
  readonly leaseDirectories: readonly string[];
  /** Takes the addresses, one answer per plugin. */
  readonly lease: (ports: IpamPorts) => readonly (IpamResult | undefined)[];
  /** Pure, so it may be asked again with newer facts. */
  readonly plan: (facts: Facts, leased: readonly (IpamResult | undefined)[], previous: Result | undefined) => Planned;
  readonly checkQuestion: (result: Result) => Question;
  /** What is missing or changed of an attachment that had this result. */
  readonly check: (facts: Facts, result: Result) => readonly Fault[];
  /** Why no ADD could succeed on this host, as far as the host's links of `question` tell. */
  readonly obstacles: (facts: Facts) => readonly string[];
}

interface Link {
  readonly prepared: PreparedInterface;
  readonly ipam: PreparedIpam | undefined;
}

/** A plugin of ours with its configuration as it is called. */
export interface OwnPlugin {
  readonly type: string;
  readonly conf: Fields;
}

export const isOwnPlugin = (type: string): boolean => findInterfacePlugin(type) !== undefined;

export const findInterfacePlugin = (type: string): InterfacePlugin | undefined =>
  interfacePlugins.find(plugin => plugin.type === type);

/** Throws `invalidConfig`. */
export function prepareOwn(plugins: readonly OwnPlugin[], request: AttachmentRequest, dataDir: string): OwnSegment {
  const links = plugins.map(plugin => prepareLink(plugin, request, dataDir));
  const ipam = links.flatMap(link => link.ipam ?? []);
  return {
    kind: 'own',
    question: mergeQuestions(links.map(({prepared}) => prepared.question)),
    questionAfter: previous => mergeQuestions(links.map(({prepared}) => questionOf(prepared, previous))),
    makes: links.flatMap(({prepared}) => (prepared.makes ? [prepared.makes] : [])),
    tools: links.flatMap(({prepared}) => prepared.tools),
    ipam,
    foreignIpam: links.some(({prepared}) => prepared.ipam !== undefined && !findIpam(prepared.ipam)),
    leaseDirectories: ipam.flatMap(({directory}) => directory ?? []),
    lease: ports => links.map(link => link.ipam?.add(ports)),
    plan: (facts, leased, previous) => planAll(links, facts, leased, previous),
    checkQuestion: result => mergeQuestions(links.map(({prepared}) => prepared.checkQuestion(result))),
    check: (facts, result) => links.flatMap(({prepared}) => prepared.check(facts, result)),
    obstacles: facts => links.flatMap(({prepared}) => prepared.obstacles(facts)),
  };
}

/** The IPAM plugin of that type: ours, or else a file in the plugin path. Throws `invalidConfig`. */
export function prepareIpam(type: string, conf: Fields, request: AttachmentRequest, dataDir: string): PreparedIpam {
  const plugin = findIpam(type);
  return plugin ? plugin.prepare(conf, request, dataDir) : foreignIpam(type, conf, request);
}

const findIpam = (type: string): IpamPlugin | undefined => ipamPlugins.find(plugin => plugin.type === type);

function prepareLink({type, conf}: OwnPlugin, request: AttachmentRequest, dataDir: string): Link {
  const plugin = findInterfacePlugin(type);
  if (!plugin) throw new Error(`"${type}" is none of our plugins`);
  const prepared = plugin.prepare(conf, request);
  return {prepared, ipam: prepared.ipam === undefined ? undefined : prepareIpam(prepared.ipam, conf, request, dataDir)};
}

function questionOf({question, questionAfter}: PreparedInterface, previous: Result | undefined): Question {
  return previous && questionAfter ? mergeQuestions([question, questionAfter(previous)]) : question;
}

function planAll(
  links: readonly Link[],
  facts: Facts,
  leased: readonly (IpamResult | undefined)[],
  previous: Result | undefined,
): Planned {
  let result = previous;
  const plans: Plan[] = [];
  for (const [i, {prepared}] of links.entries()) {
    const planned = prepared.add(facts, leased[i], result);
    plans.push(planned.plan);
    result = planned.result;
  }
  return {
    plan: {shared: plans.flatMap(plan => plan.shared), own: plans.flatMap(plan => plan.own)},
    result: result ?? {interfaces: [], ips: [], routes: [], dns: {}},
  };
}
