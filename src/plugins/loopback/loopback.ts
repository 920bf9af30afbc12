// loopback: brings "lo" up. Runtimes do so for a netns that they make; one made by hand has it down.
// It is always "lo", whatever interface the caller names. Its addresses come from the kernel when it is brought up.

import type {Facts} from '../../kernel/facts.ts';
import {type Link, noQuestion, type Question} from '../../kernel/facts.ts';
import type {Op} from '../../kernel/op.ts';
import {contains, type Family, parseCidr} from '../../spec/address.ts';
import {CniError} from '../../spec/error.ts';
import type {ResultIp} from '../../spec/result.ts';
import {forwarding, hasIpv6} from '../interface/host-end.ts';
import type {AttachmentRequest, InterfacePlugin, Planned} from '../plugin.ts';

const disableIpv6 = 'net/ipv6/conf/lo/disable_ipv6';

const question: Question = {
  ...noQuestion,
  containerLinks: ['lo'],
  sysctls: [forwarding[6]],
  containerSysctls: [disableIpv6],
};

export const loopback: InterfacePlugin = {
  type: 'loopback',
  stray: () => [{...bringUp, up: false}],
  prepare: (_conf, request) => ({
    ipam: undefined,
    makes: undefined,
    tools: [],
    question,
    checkQuestion: () => ({...noQuestion, containerLinks: ['lo']}),
    check: facts => (facts.container.lo?.up ? [] : [{what: '"lo" is down', mend: [bringUp]}]),
    add: (facts, _ipam, previous) => {
      refuseForeign(request, facts.container.lo);
      return {plan: {shared: [], own: [bringUp]}, result: previous ?? resultOf(request, facts)};
    },
    obstacles: () => [],
  }),
};

const bringUp = {op: 'link.set', netns: 'container', link: 'lo', up: true} as const satisfies Op;

function resultOf({netns}: AttachmentRequest, facts: Facts): Planned['result'] {
  return {
    interfaces: [{name: 'lo', mac: '00:00:00:00:00:00', sandbox: netns}],
    ips: addressesOf(facts).map((address): ResultIp => ({address, interface: 0})),
    routes: [],
    dns: {},
  };
}

/** The first of each family, as it stands or as the kernel will make it. */
function addressesOf(facts: Facts): readonly string[] {
  const {lo} = facts.container;
  const isDisabled = facts.containerSysctls?.[disableIpv6] === '1';
  const coming = lo?.up ? [] : ['127.0.0.1/8', ...(hasIpv6(facts) && !isDisabled ? ['::1/128'] : [])];
  const all = [...(lo?.addresses ?? []), ...coming];
  const first = (family: Family) => all.find(address => parseCidr(address).address.family === family);
  return [first(4), first(6)].filter(address => address !== undefined);
}

const loopbackSubnets = ['127.0.0.0/8', '::1/128'];

/** Throws `attachmentExists` if "lo" has an address that is none of a loopback: somebody uses it for something else. */
function refuseForeign({containerId}: AttachmentRequest, lo: Link | undefined): void {
  const isLoopback = (address: string) =>
    loopbackSubnets.some(subnet => contains(parseCidr(subnet), parseCidr(address).address));
  const foreign = lo?.addresses.find(address => !isLoopback(address));
  if (foreign === undefined) return;
  throw new CniError(
    'attachmentExists',
    `container "${containerId}": "lo" has the address ${foreign}, which is no loopback address`,
  );
}
