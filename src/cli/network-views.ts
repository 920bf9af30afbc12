// The networks of the conf dir as `networks` shows them. What is wrong with one is said beside it and takes nothing else
// down: a plugin that we don't know still leaves a bridge and ranges to be shown.
import {existsSync} from 'node:fs';
import {parseBridgeConfig} from '../plugins/bridge/config.ts';
import {hostLocal} from '../plugins/host-local/host-local.ts';
import {holds, parseRangeSets, type Range} from '../plugins/host-local/ranges.ts';
import {ipamPlugins} from '../plugins/index.ts';
import type {AttachmentRequest} from '../plugins/plugin.ts';
import {prepareChain} from '../runtime/chain.ts';
import {leasedIn} from '../runtime/inspect.ts';
import {type Loaded, loadAll} from '../runtime/load.ts';
import type {Settings} from '../runtime/settings.ts';
import {contains, formatAddress, formatCidr, sameAddress, tryParseAddress} from '../spec/address.ts';
import {noCniArgs} from '../spec/cni-args.ts';
import {CniError, reasonOf} from '../spec/error.ts';
import {Fields} from '../spec/fields.ts';
import type {Network} from '../spec/network.ts';
import {overlap, type Span, sizeOf, spanOfRange, spanOfSubnet} from './subnet-size.ts';

export interface NetworkView {
  readonly file: string;
  /** Absent if the file can't be read. */
  readonly name?: string;
  /** What a container gets that asks for none. */
  readonly isDefault: boolean;
  /** The types of its plugins, in the order of the chain. */
  readonly plugins: readonly string[];
  readonly bridges: readonly string[];
  readonly ranges: readonly RangeView[];
  /** What is wrong, one sentence each. */
  readonly problems: readonly string[];
}

/** Numbers above 2^53 are rounded. */
export interface RangeView {
  readonly subnet: string;
  readonly start: string;
  readonly end: string;
  readonly gateway: string;
  /** How many addresses it can give out. */
  readonly size: number;
  readonly used: number;
  readonly free: number;
}

/** Every file of the conf dir, in the order in which a network is looked for. */
export function viewNetworks(settings: Settings): readonly NetworkView[] {
  const loaded = [...loadAll(settings.confDir)];
  const views = loaded.map(item => viewOf(item, settings));
  const first = views.find(({name}) => name !== undefined);
  // Each is held against all others, so what that takes is made once.
  const spread = views.map(view => ({...view, ranges: view.ranges.map(withSpans)}));
  return views.map((view, i) => ({
    ...view,
    isDefault: view === first,
    problems: [
      ...view.problems,
      ...shadowed(view, views.slice(0, i)),
      ...overlapping(
        {...view, ranges: spread[i]?.ranges ?? []},
        // Of two of one name the second is never used.
        spread.filter(({name}, j) => j !== i && name !== view.name),
      ),
    ],
  }));
}

type SpreadView = Omit<NetworkView, 'ranges'> & {readonly ranges: readonly Spread[]};

interface Spread extends RangeView {
  readonly ofSubnet: Span;
  readonly ofRange: Span;
}

const withSpans = (range: RangeView): Spread => ({
  ...range,
  ofSubnet: spanOfSubnet(range.subnet),
  ofRange: spanOfRange(range.start, range.end),
});

function viewOf({file, network}: Loaded, settings: Settings): NetworkView {
  const nothing = {file, isDefault: false, plugins: [], bridges: [], ranges: []};
  if (network instanceof CniError) return {...nothing, problems: [reasonOf(network)]};
  const problems = new Set<string>();
  const attempt = <T>(work: () => readonly T[]): readonly T[] => {
    try {
      return work();
    } catch (error) {
      problems.add(reasonOf(error));
      return [];
    }
  };
  const parts = network.plugins.map(({type, json}) => ({
    type,
    conf: new Fields(json, `${file}: network "${network.name}", plugin "${type}"`),
  }));
  const bridges = parts
    .filter(({type}) => type === 'bridge')
    .flatMap(({conf}) => attempt(() => [parseBridgeConfig(conf, noCniArgs).bridge]));
  const ranges = parts.flatMap(({conf}) => attempt(() => rangesOf(conf, network, settings)));
  const [chain] = attempt(() => [prepareChain(network, nobody(network), settings.dataDir)]);
  const types = [
    ...(chain?.segments ?? []).flatMap(segment => (segment.kind === 'foreign' ? [segment.type] : [])),
    ...parts.flatMap(({conf}) => attempt(() => [conf.child('ipam').string('type')])),
  ];
  for (const problem of types.flatMap(type => missing(type, settings))) problems.add(problem);
  return {
    ...nothing,
    name: network.name,
    plugins: parts.map(({type}) => type),
    bridges,
    ranges,
    problems: [...problems],
  };
}

/** A plugin that is not ours must be a file in the plugin path. */
function missing(type: string, {pluginDirs}: Settings): readonly string[] {
  const isOurs = type === '' || ipamPlugins.some(plugin => plugin.type === type);
  if (isOurs || pluginDirs.some(directory => existsSync(`${directory}/${type}`))) return [];
  return [`there is no plugin "${type}": it is none of ours, and not in ${pluginDirs.join(':')}`];
}

/** A network is checked as if somebody asked to be attached. */
const nobody = ({name}: Network): AttachmentRequest => ({
  network: name,
  containerId: 'nobody',
  ifName: 'eth0',
  netns: '',
  salt: '',
  args: noCniArgs,
});

function rangesOf(conf: Fields, network: Network, {dataDir}: Settings): readonly RangeView[] {
  const ipam = conf.child('ipam');
  if (ipam.string('type') !== hostLocal.type) return [];
  const {directory} = hostLocal.prepare(conf, nobody(network), dataDir);
  const leased = (directory === undefined ? [] : leasedIn(directory)).flatMap(name => tryParseAddress(name) ?? []);
  return parseRangeSets(ipam, conf.child('runtimeConfig'))
    .flat()
    .map(range => {
      const used = leased.filter(address => holds(range, address) && !sameAddress(address, range.gateway)).length;
      return rangeView(range, used);
    });
}

function rangeView(range: Range, used: number): RangeView {
  const [subnet, start, end, gateway] = [
    formatCidr(range.subnet),
    formatAddress(range.start),
    formatAddress(range.end),
    formatAddress(range.gateway),
  ];
  const givesGateway = contains(range.subnet, range.gateway) && holds(range, range.gateway);
  const size = sizeOf(spanOfRange(start, end)) - (givesGateway ? 1n : 0n);
  return {subnet, start, end, gateway, size: Number(size), used, free: Number(size - BigInt(used))};
}

function shadowed({name}: NetworkView, earlier: readonly NetworkView[]): readonly string[] {
  const other = earlier.find(view => name !== undefined && view.name === name);
  return other ? [`the name "${name}" is taken by ${other.file}: this file is never used`] : [];
}

/** Networks may share a subnet only on one bridge, and addresses never. */
function overlapping(view: SpreadView, others: readonly SpreadView[]): readonly string[] {
  return others.flatMap(other => {
    const onOneBridge = view.bridges.some(bridge => other.bridges.includes(bridge));
    const pairs = view.ranges.flatMap(mine => other.ranges.map(theirs => ({mine, theirs})));
    const clash = pairs.find(({mine, theirs}) =>
      onOneBridge ? overlap(mine.ofRange, theirs.ofRange) : overlap(mine.ofSubnet, theirs.ofSubnet),
    );
    return clash ? [`${clash.mine.subnet} overlaps with ${clash.theirs.subnet} of network "${other.name}"`] : [];
  });
}
