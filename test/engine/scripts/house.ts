// What the house does with texts of others, and the names that it makes: a container that one engine attached must be found by
// the other, and what one refuses the other may not take.
import {readFileSync} from 'node:fs';
import * as names from '../../../src/kernel/names.ts';
import {quoted} from '../../../src/kernel/shell.ts';
import {entriesOf, networksOfHeader, withoutOwner} from '../../../src/runtime/names/hosts-text.ts';
import {wishesOf} from '../../../src/runtime/wishes/wishes.ts';
import * as address from '../../../src/spec/address.ts';
import {annotation} from '../../../src/spec/annotations.ts';
import {formatCniArgs, parseCniArgs} from '../../../src/spec/cni-args.ts';
import {digest} from '../../../src/spec/digest.ts';
import {checkHostname} from '../../../src/spec/hostname.ts';
import {formatMac, parseMac} from '../../../src/spec/mac.ts';
import {checkContainerId, checkIfName, checkNetworkName} from '../../../src/spec/names.ts';
import {parsePortMappings} from '../../../src/spec/port-mapping.ts';
import {
  formatResolvConf,
  isReachableElsewhere,
  isResolverOption,
  isSearchDomain,
  parseResolvConf,
} from '../../../src/spec/resolv-conf.ts';
import {parseState} from '../../../src/spec/state.ts';
import {checkVersion, compareVersions} from '../../../src/spec/version.ts';
import {show} from '../case.ts';

const [, , , values = ''] = process.argv;
const texts = JSON.parse(readFileSync(values, 'utf8')) as readonly string[];

const owner = {network: 'net', containerId: 'c1', ifName: 'eth0'};
const ofAddress = (text: string) => {
  const parsed = address.parseAddress(text);
  return [
    parsed,
    address.formatAddress(parsed),
    address.toBytes(parsed),
    address.formatAddress(address.fromBytes(address.toBytes(parsed))),
  ];
};
const ofCidr = (text: string) => {
  const cidr = address.parseCidr(text);
  return [cidr, address.formatCidr(address.subnetOf(cidr)), address.formatAddress(address.lastOf(cidr))];
};
const ofName = (text: string) => {
  const attachment = {network: text, containerId: `${text}-c`, ifName: 'eth0'};
  return [
    names.vethName(attachment, 'salt'),
    names.ifbName(attachment),
    names.madeMac(text, 'salt'),
    names.vethAlias(attachment),
    names.parseVethAlias(names.vethAlias(attachment)),
    names.ownerComment(attachment),
    names.portRuleChains(attachment),
    names.masqueradeChain(text),
    names.guardNames(text),
    names.acceptChain(text),
  ];
};

const functions: Readonly<Record<string, (text: string) => unknown>> = {
  address: ofAddress,
  prefix: ofCidr,
  digest,
  names: ofName,
  quoted,
  'address of the hardware': text => formatMac(parseMac(text)),
  hostname: checkHostname,
  network: checkNetworkName,
  container: checkContainerId,
  interface: checkIfName,
  arguments: text => [formatCniArgs(parseCniArgs(text)), [...parseCniArgs(text).values]],
  ports: text => parsePortMappings(text, 'it'),
  resolver: text => [parseResolvConf(text), formatResolvConf(parseResolvConf(text))],
  'resolver, words': text => [isResolverOption(text), isSearchDomain(text)],
  'resolver, reachable': isReachableElsewhere,
  state: parseState,
  version: text => [checkVersion(text), compareVersions(text, '0.4.0')],
  hosts: text => [entriesOf(text), networksOfHeader(text), withoutOwner(text, owner)],
  wishes: text =>
    Object.values(annotation).map(key => {
      try {
        return wishesOf({[key]: text});
      } catch (error) {
        return String(error);
      }
    }),
};

for (const text of texts) {
  for (const [name, work] of Object.entries(functions)) show(`${name} ${JSON.stringify(text)}`, () => work(text));
}
