// What hangs on what: the host's links and addresses as the kernel has them, joined with the records of attachments.
// Neither side is believed alone: a link that no record knows, a record whose link is gone and a container that has ended
// are kept in the picture, each with a mark that says so.
import type {Link} from '../kernel/facts.ts';
import {Kernel} from '../kernel/kernel.ts';
import {identityOf, isOurs, parseVethAlias, vethAlias} from '../kernel/names.ts';
import {dumpRoutes, readRoute} from '../kernel/netlink/routes.ts';
import {dumpAddresses, readAddress} from '../kernel/netlink/rtnetlink.ts';
import {allHostLinks} from '../kernel/observe.ts';
import {type AttachmentView, listAttachments} from './inspect.ts';
import {type AttachmentRecord, allRecords} from './record.ts';

/** The host's side, read once. */
export interface HostLinks {
  /** With their addresses, those for the link alone left out. */
  readonly links: readonly Link[];
  readonly defaultRoutes: readonly {readonly link: number; readonly gw: string | undefined}[];
}

export type Mark = 'no record' | 'no interface' | 'not on its bridge' | 'down' | 'planned' | 'dead' | 'unreadable';

export interface Port {
  readonly container: string | undefined;
  readonly network: string | undefined;
  /** The interface in the container. */
  readonly ifName: string | undefined;
  /** The host's end; undefined where none is known. */
  readonly hostInterface: string | undefined;
  /** Of a macvlan the interface of the host that it is made of, where its network names one. */
  readonly parent?: string | undefined;
  /** CIDR form. */
  readonly addresses: readonly string[];
  /** Ports of the host, as in "8080:80/tcp". */
  readonly published: readonly string[];
  /** What does not fit; empty where all is well. */
  readonly marks: readonly Mark[];
}

export interface Bridge {
  readonly name: string;
  readonly addresses: readonly string[];
  /** The networks whose containers are its ports. */
  readonly networks: readonly string[];
  readonly up: boolean;
  readonly ports: readonly Port[];
}

export interface Uplink {
  readonly name: string;
  readonly addresses: readonly string[];
  /** The routers that the default routes go by. */
  readonly gateways: readonly string[];
}

export interface Topology {
  readonly host: string;
  readonly uplinks: readonly Uplink[];
  readonly bridges: readonly Bridge[];
  /** Attachments that no bridge carries. */
  readonly elsewhere: readonly Port[];
}

/** An attachment with what it was made on: a bridge, or of a macvlan its parent. */
export interface Placeable extends AttachmentView {
  readonly bridge?: string | undefined;
  readonly parent?: string | undefined;
}

const mainTable = 254;
const isLinkLocal = (address: string): boolean => /^fe[89ab]/.test(address);

/** The host as it stands. Throws `ioFailure` if the records may not be looked at. */
export function readTopology(stateDir: string, host: string): Topology {
  const kernel = new Kernel();
  try {
    const attachments = listAttachments(stateDir);
    const places = new Map(allRecords(stateDir).map(record => [identityOf(record), placeOf(record)]));
    const placeable = attachments.map(item => ({...item, ...places.get(identityOf(item))}));
    return joinTopology(host, readHostLinks(kernel), placeable);
  } finally {
    kernel.close();
  }
}

/** Of what a chain made on the host, the bridge comes first, and the end of the pair behind it. */
function placeOf({result, config}: AttachmentRecord): Pick<Placeable, 'bridge' | 'parent'> {
  const onHost = result?.interfaces.filter(({sandbox}) => !sandbox) ?? [];
  const master = config.plugins.find(({type}) => type === 'macvlan')?.json.master;
  return {
    bridge: onHost.length > 1 ? onHost[0]?.name : undefined,
    parent: typeof master === 'string' ? master : undefined,
  };
}

export function readHostLinks(kernel: Kernel): HostLinks {
  const socket = kernel.socket('host');
  const [addresses] = socket.exchange([dumpAddresses(0)]);
  const found = (addresses?.replies ?? []).flatMap(reply => readAddress(reply) ?? []);
  const byLink = new Map<number, string[]>();
  for (const {index, address} of found.filter(({address: text}) => !isLinkLocal(text))) {
    byLink.set(index, [...(byLink.get(index) ?? []), address]);
  }
  const links = allHostLinks(kernel).map(link => ({...link, addresses: byLink.get(link.index) ?? []}));
  const [routes] = socket.exchange([dumpRoutes()]);
  const all = (routes?.replies ?? []).flatMap(reply => readRoute(reply) ?? []);
  const defaultRoutes = all.filter(
    ({dst, table, link}) => /^(0\.0\.0\.0|::)\/0$/.test(dst) && table === mainTable && link,
  );
  return {links, defaultRoutes};
}

/** Pure. `host` is the host's name. */
function joinTopology(host: string, {links, defaultRoutes}: HostLinks, attachments: readonly Placeable[]): Topology {
  const bridges = links.filter(({kind}) => kind === 'bridge');
  const named = attachments.map(attachment => withInterface(attachment, links));
  const known = new Set(named.flatMap(({hostInterface}) => hostInterface ?? []));
  const ports = [
    ...named.map(attachment => portOf(attachment, links, bridges)),
    ...links.filter(link => isStray(link, known, bridges)).map(link => strayPort(link, bridges)),
  ].sort((a, b) => byName(orderOf(a.port), orderOf(b.port)));
  const on = (bridge: string | undefined) => ports.filter(port => port.bridge === bridge).map(({port}) => port);
  return {
    host,
    uplinks: links.flatMap(link => uplinkOf(link, defaultRoutes)),
    bridges: bridges
      .map(({name, addresses, up}) => ({name, addresses, up, networks: networksOf(on(name)), ports: on(name)}))
      .sort((a, b) => byName(a.name, b.name)),
    elsewhere: on(undefined),
  };
}

/** A record that can't be read names no interface, but the interface names its attachment. */
function withInterface(attachment: Placeable, links: readonly Link[]): Placeable {
  if (attachment.state !== 'unreadable') return attachment;
  const own = vethAlias(attachment);
  return {...attachment, hostInterface: links.find(({kind, alias}) => kind === 'veth' && alias === own)?.name};
}

interface Placed {
  readonly port: Port;
  readonly bridge: string | undefined;
}

function portOf(attachment: Placeable, links: readonly Link[], bridges: readonly Link[]): Placed {
  const {
    containerId,
    network,
    ifName,
    hostInterface,
    addresses,
    published,
    state,
    parent,
    bridge: expected,
  } = attachment;
  const link = links.find(({name}) => name === hostInterface);
  const actual = bridges.find(({index}) => index === link?.master)?.name;
  const isThere = bridges.some(({name}) => name === expected);
  const marks: readonly (Mark | false)[] = [
    state !== 'alive' && state,
    hostInterface !== undefined && !link && 'no interface',
    link !== undefined && expected !== undefined && actual !== expected && 'not on its bridge',
    link !== undefined && !link.up && 'down',
  ];
  const port = {container: containerId, network, ifName, hostInterface, parent, addresses, published};
  const place = link ? actual : isThere ? expected : undefined;
  return {port: {...port, marks: marks.filter(mark => mark !== false)}, bridge: place};
}

/** A link that claims to be ours and that no record knows, or any other port of a bridge. */
function isStray(link: Link, known: ReadonlySet<string>, bridges: readonly Link[]): boolean {
  if (known.has(link.name) || link.kind === 'bridge') return false;
  return (link.kind === 'veth' && isOurs(link.alias)) || bridges.some(({index}) => index === link.master);
}

/** What is somebody else's port is no fault. The addresses of an end of ours are the host's, and not the container's. */
function strayPort(link: Link, bridges: readonly Link[]): Placed {
  const {network, containerId: container, ifName} = parseVethAlias(link.alias) ?? {};
  const marks: readonly (Mark | false)[] = [isOurs(link.alias) && 'no record', !link.up && 'down'];
  return {
    port: {
      container,
      network,
      ifName,
      hostInterface: link.name,
      addresses: isOurs(link.alias) ? [] : link.addresses,
      published: [],
      marks: marks.filter(mark => mark !== false),
    },
    bridge: bridges.find(({index}) => index === link.master)?.name,
  };
}

function uplinkOf({index, name, addresses}: Link, routes: HostLinks['defaultRoutes']): readonly Uplink[] {
  const own = routes.filter(({link}) => link === index);
  if (own.length === 0) return [];
  return [{name, addresses, gateways: [...new Set(own.flatMap(({gw}) => gw ?? []))]}];
}

const networksOf = (ports: readonly Port[]): readonly string[] =>
  [...new Set(ports.flatMap(({network}) => network ?? []))].sort();

/** Strangers come last. */
const orderOf = ({container, ifName, hostInterface}: Port): string =>
  container === undefined ? `\uffff${hostInterface}` : `${container} ${ifName}`;

const byName = (a: string, b: string): number => a.localeCompare(b, 'en', {numeric: true});
