// static: the addresses that the configuration or the caller names, and no state: who asks twice gets the same, and that
// nobody else has them is the caller's business.
import {contains, formatAddress, formatCidr, parseAddress, parseCidr, tryParseAddress} from '../../spec/address.ts';
import {type CniArgs, checkKnown} from '../../spec/cni-args.ts';
import {CniError} from '../../spec/error.ts';
import type {Fields} from '../../spec/fields.ts';
import type {IpamResult, ResultIp} from '../../spec/result.ts';
import {checked, parseDns, parseRoutes} from '../../spec/route.ts';
import {checkOnePerFamily} from '../interface/addressing.ts';
import {parseWishes, valuesOf} from '../interface/wishes.ts';
import type {AttachmentRequest, IpamPlugin} from '../plugin.ts';

export const staticAddresses: IpamPlugin = {
  type: 'static',
  // Parsed when it is asked for: a DEL has nothing to give back, whatever the configuration says.
  prepare: (conf, request) => ({
    directory: undefined,
    add: () => parse(conf, request),
    del: () => undefined,
    check: (_ports, found) => checkThere(request, parse(conf, request).ips, found),
    gc: () => undefined,
    status: () => void parse(conf, request),
  }),
};

function parse(conf: Fields, {args}: AttachmentRequest): IpamResult {
  if (conf.raw('ipam') === undefined) throw new CniError('invalidConfig', `${conf.where}: there is no "ipam"`);
  const ipam = conf.child('ipam');
  const ips = parseAddresses(conf, ipam, args);
  checkOnePerFamily(
    conf,
    ips.map(({address}) => parseCidr(address).address.family),
  );
  return {ips, routes: parseRoutes(ipam), dns: parseDns(ipam.child('dns'))};
}

/** The capability wins over `args`, that over the configuration, to which CNI_ARGS add. */
function parseAddresses(conf: Fields, ipam: Fields, args: CniArgs): readonly ResultIp[] {
  checkKnown(args, ['IP', 'GATEWAY']);
  const wishes = parseWishes(conf, args, (text): ResultIp => ({address: formatCidr(parseCidr(text))}));
  if (wishes.capability.length > 0) return wishes.capability;
  if (wishes.args.length > 0) return wishes.args;
  const gateways = valuesOf(args, 'GATEWAY', parseAddress);
  const configured = ipam.children('addresses').map(item => parseItem(item));
  return [...configured, ...wishes.environment].map(ip => {
    const gateway = gateways.findLast(address => contains(parseCidr(ip.address), address));
    return gateway ? {...ip, gateway: formatAddress(gateway)} : ip;
  });
}

function parseItem(item: Fields): ResultIp {
  const address = formatCidr(checked(item, 'address', parseCidr));
  if (item.string('gateway') === '') return {address};
  return {address, gateway: formatAddress(checked(item, 'gateway', parseAddress))};
}

function canonical(text: string | undefined): string | undefined {
  const address = tryParseAddress(text ?? '');
  return address && formatAddress(address);
}

/** Throws `attachmentFaulty` if one of them is not among those of the result, with its gateway. */
function checkThere({containerId}: AttachmentRequest, ips: readonly ResultIp[], found: readonly ResultIp[]): void {
  const same = (a: ResultIp, b: ResultIp) =>
    formatCidr(parseCidr(a.address)) === b.address && (b.gateway === undefined || canonical(a.gateway) === b.gateway);
  const lost = ips.filter(ip => !found.some(other => same(other, ip)));
  if (lost.length === 0) return;
  const words = lost.map(({address, gateway}) => (gateway === undefined ? address : `${address} via ${gateway}`));
  throw new CniError(
    'attachmentFaulty',
    `container "${containerId}": the result does not hold ${words.join(', ')}, which the configuration asks for`,
  );
}
