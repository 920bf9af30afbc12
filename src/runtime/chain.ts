// A network's chain of plugins for one attachment: everything parsed and checked before anything is touched.
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
import {CniError} from '../spec/error.ts';
import {Fields} from '../spec/fields.ts';
import type {Network} from '../spec/network.ts';
import type {IpamResult, Result} from '../spec/result.ts';
import {foreignIpam} from './foreign-ipam.ts';

export interface Chain {
  readonly question: Question;
  /** Those of its plugins that have an IPAM plugin, in order. */
  readonly ipam: readonly PreparedIpam[];
  /** Whether one of these is not ours. */
  readonly foreignIpam: boolean;
  /** The directories in which `lease` takes leases. */
  readonly leaseDirectories: readonly string[];
  /** Takes the addresses, one answer per plugin of the chain. */
  readonly lease: (ports: IpamPorts) => readonly (IpamResult | undefined)[];
  /** Pure, so it may be asked again with newer facts. */
  readonly plan: (facts: Facts, leased: readonly (IpamResult | undefined)[], previous: Result | undefined) => Planned;
  readonly checkQuestion: (result: Result) => Question;
  /** What is missing or changed of an attachment that had this result. */
  readonly check: (facts: Facts, result: Result) => readonly Fault[];
}

interface Link {
  readonly prepared: PreparedInterface;
  readonly ipam: PreparedIpam | undefined;
}

/** `dataDir` is where leases are kept unless the configuration says otherwise. Throws `invalidConfig`, `unknownPlugin`. */
export function prepareChain(network: Network, request: AttachmentRequest, dataDir: string): Chain {
  const links = network.plugins.map(({type, json}) => {
    const conf = new Fields({...json, name: network.name, cniVersion: network.cniVersion}, whereOf(network, type));
    return prepareLink(network, type, conf, request, dataDir);
  });
  const ipam = links.flatMap(link => link.ipam ?? []);
  return {
    question: mergeQuestions(links.map(({prepared}) => prepared.question)),
    ipam,
    foreignIpam: links.some(({prepared}) => prepared.ipam !== undefined && !findIpam(prepared.ipam)),
    leaseDirectories: ipam.flatMap(({directory}) => directory ?? []),
    lease: ports => links.map(link => link.ipam?.add(ports)),
    plan: (facts, leased, previous) => planChain(links, facts, leased, previous),
    checkQuestion: result => mergeQuestions(links.map(({prepared}) => prepared.checkQuestion(result))),
    check: (facts, result) => links.flatMap(({prepared}) => prepared.check(facts, result)),
  };
}

/** The IPAM plugin of that type: ours, or else a file in the plugin path. Throws `invalidConfig`. */
export function prepareIpam(type: string, conf: Fields, request: AttachmentRequest, dataDir: string): PreparedIpam {
  const plugin = findIpam(type);
  return plugin ? plugin.prepare(conf, request, dataDir) : foreignIpam(type, conf, request);
}

const findIpam = (type: string): IpamPlugin | undefined => ipamPlugins.find(plugin => plugin.type === type);

const whereOf = ({file, name}: Network, type: string): string => `${file}: network "${name}", plugin "${type}"`;

function prepareLink(network: Network, type: string, conf: Fields, request: AttachmentRequest, dataDir: string): Link {
  const prepared = findInterfacePlugin(type, network).prepare(conf, request);
  return {prepared, ipam: prepared.ipam === undefined ? undefined : prepareIpam(prepared.ipam, conf, request, dataDir)};
}

function planChain(
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

function findInterfacePlugin(type: string, network: Network): InterfacePlugin {
  const plugin = interfacePlugins.find(known => known.type === type);
  if (plugin) return plugin;
  const known = interfacePlugins.map(other => other.type).join(', ');
  throw new CniError(
    'unknownPlugin',
    `${network.file}: network "${network.name}": there is no plugin "${type}": use one of ${known}`,
  );
}
