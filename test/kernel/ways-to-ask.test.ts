// A fixed address and a fixed MAC, by the ways that CNI has for it (CONVENTIONS.md): CNI_ARGS, "args", a capability; and which of
// them wins where several are taken. The annotations of a container come by the last one.
import {afterEach, beforeEach, describe, expect, jest, test} from '@jest/globals';
import {createHost, executable, type Host, type Netns} from '../host.ts';

jest.setTimeout(60_000);

const local = {type: 'host-local', subnet: '10.1.0.0/24'};
const fixed = {type: 'static', addresses: [{address: '10.1.0.90/24'}]};

let host: Host;
let container: Netns;
beforeEach(async () => {
  host = await createHost();
  container = await host.netns();
  await host.must('sh', [
    '-ec',
    `mkdir -p /run/bin; for name in bridge ptp; do ln -s ${executable} /run/bin/$name; done`,
  ]);
});
afterEach(() => host.close());

interface Answer {
  readonly interfaces: readonly {readonly name: string; readonly mac: string; readonly sandbox?: string}[];
  readonly ips: readonly {readonly address: string}[];
}

async function add(
  type: string,
  settings: object,
  args: string,
): Promise<{mac: string | undefined; ips: readonly string[]}> {
  const env = {
    CNI_COMMAND: 'ADD',
    CNI_CONTAINERID: 'c1',
    CNI_NETNS: `/proc/${container.pid}/ns/net`,
    CNI_IFNAME: 'eth0',
    CNI_PATH: '/run/bin',
    CNI_ARGS: args,
  };
  const conf = {cniVersion: '1.0.0', name: 'mynet', type, ...settings};
  const {stdout} = await host.run(`/run/bin/${type}`, [], {env, input: JSON.stringify(conf)});
  const {interfaces, ips} = JSON.parse(stdout) as Answer;
  if (!interfaces) throw new Error(stdout);
  const {mac} = interfaces.find(({sandbox}) => sandbox) ?? {mac: undefined};
  const [link] = JSON.parse(await host.must('ip', ['-j', 'link', 'show', 'dev', 'eth0'], {netnsOf: container.pid}));
  expect(link).toMatchObject({address: mac});
  return {mac, ips: ips.map(({address}) => address)};
}

const mac = (digit: number) => `02:00:00:00:00:0${digit}`;

describe.each(['bridge', 'ptp'])('%s', type => {
  test.each<[what: string, settings: object, args: string, expected: {mac?: string; ips?: readonly string[]}]>([
    ['CNI_ARGS', {ipam: local}, `IgnoreUnknown=1;IP=10.1.0.11;MAC=${mac(1)}`, {mac: mac(1), ips: ['10.1.0.11/24']}],
    ['"args"', {ipam: local, args: {cni: {ips: ['10.1.0.12'], mac: mac(2)}}}, '', {mac: mac(2), ips: ['10.1.0.12/24']}],
    [
      'a capability',
      {ipam: local, runtimeConfig: {ips: ['10.1.0.13/24'], mac: mac(3)}},
      '',
      {mac: mac(3), ips: ['10.1.0.13/24']},
    ],
    [
      'the MAC: "args" wins over CNI_ARGS',
      {ipam: local, args: {cni: {mac: mac(2)}}},
      `MAC=${mac(1)};IgnoreUnknown=1`,
      {mac: mac(2)},
    ],
    [
      'the MAC: a capability wins over both',
      {ipam: local, runtimeConfig: {mac: mac(3)}, args: {cni: {mac: mac(2)}}},
      `MAC=${mac(1)};IgnoreUnknown=1`,
      {mac: mac(3)},
    ],
    [
      'static: a capability wins over "args", that over the configuration',
      {
        ipam: {...fixed, addresses: [{address: '10.1.0.90/24', gateway: '10.1.0.1'}]},
        runtimeConfig: {ips: ['10.1.0.13/24']},
        args: {cni: {ips: ['10.1.0.12/24']}},
      },
      '',
      type === 'ptp' ? {} : {ips: ['10.1.0.13/24']},
    ],
  ])('takes %s', async (_what, settings, args, expected) => {
    if (Object.keys(expected).length === 0) {
      // ptp needs a gateway, which such an address has none of.
      await expect(add(type, settings, args)).rejects.toThrow('has no \\"gateway\\"');
      return;
    }
    expect(await add(type, settings, args)).toMatchObject(expected);
  });

  test('host-local gives what is asked for in each way, an address of each range', async () => {
    const ranges = ['10.1.0.0/24', '10.2.0.0/24', 'fd00:1::/64'].map(subnet => [{subnet}]);
    const settings = {
      ipam: {type: 'host-local', ranges},
      args: {cni: {ips: ['10.2.0.12']}},
      runtimeConfig: {ips: ['fd00:1::13']},
    };
    expect(await add(type, settings, 'IP=10.1.0.11;IgnoreUnknown=1')).toMatchObject({
      ips: ['10.1.0.11/24', '10.2.0.12/24', 'fd00:1::13/64'],
    });
  });
});
