// static: addresses that stand in the configuration, or come with the call.
import {callsOf, type Input} from '../input.ts';
import {code, type Difference} from '../reasons.ts';
import {lifeOf} from './configs.ts';

const leasing = (ipam: object, more: object = {}): object => ({
  cniVersion: '1.0.0',
  name: 'net1',
  type: 'bridge',
  ipam: {type: 'static', ...ipam},
  ...more,
});
const direct = (what: string, ipam: object, more: object = {}, ...differs: readonly Difference[]): Input =>
  lifeOf('static', what, leasing(ipam, more), ...differs);

const v4 = {address: '10.1.0.5/24', gateway: '10.1.0.1'};
const v6 = {address: 'fd00:1::5/64', gateway: 'fd00:1::1'};

const asked = (what: string, CNI_ARGS: string, ipam: object, ...differs: readonly Difference[]): Input => {
  const {add, check, del} = callsOf('static', leasing(ipam));
  return {what, steps: [add({env: {CNI_ARGS}}), check(1, {env: {CNI_ARGS}}), del({env: {CNI_ARGS}})], differs};
};

export const staticInputs: readonly Input[] = [
  direct('an address', {addresses: [v4]}),
  direct('both families', {addresses: [v4, v6]}),
  direct('no gateway', {addresses: [{address: '10.1.0.5/24'}]}),
  direct('routes', {addresses: [v4], routes: [{dst: '0.0.0.0/0'}, {dst: '10.9.0.0/16', gw: '10.1.0.9'}]}),
  direct('name servers', {addresses: [v4], dns: {nameservers: ['10.1.0.53'], domain: 'a.test'}}),
  direct('IPv6 written at length', {addresses: [{address: 'FD00:0001::0005/64'}]}),
  direct('an address by args', {}, {args: {cni: {ips: ['10.2.0.5/24']}}}),
  direct('an address by capability', {addresses: [v4]}, {runtimeConfig: {ips: ['10.2.0.5/24']}}),
  direct('no address', {}),
  direct('an address without a length', {addresses: [{address: '10.1.0.5'}]}, {}, code(7)),
  direct('an address that is none', {addresses: [{address: 'here'}]}, {}, code(7)),
  direct('a route that is none', {addresses: [v4], routes: [{dst: 'there'}]}, {}, code(7)),
  asked('an address by CNI_ARGS', 'IP=10.3.0.5/24;GATEWAY=10.3.0.1', {}),
  asked('two addresses by CNI_ARGS', 'IP=10.3.0.5/24,fd00:3::5/64;GATEWAY=10.3.0.1,fd00:3::1', {}),
  asked('an address by CNI_ARGS beside another', 'IP=10.3.0.5/24', {addresses: [v4]}),
  asked('an address without a length by CNI_ARGS', 'IP=10.3.0.5', {}, code(4)),
  asked('a gateway of another subnet', 'IP=10.3.0.5/24;GATEWAY=10.4.0.1', {}),
  asked('a key that nobody knows', 'COLOUR=blue', {addresses: [v4]}, code(4)),
].map(input => ({...input, what: `static: ${input.what}`}));
