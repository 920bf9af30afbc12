// Every version that both sides speak, and what they say of themselves.
import {callsOf, type Input} from '../input.ts';
import {answer, because, code, type Difference, ownMac} from '../reasons.ts';
import {bridge, hostLocal, leasing, v4, v6} from './configs.ts';

const versions = ['0.1.0', '0.2.0', '0.3.0', '0.3.1', '0.4.0', '1.0.0'] as const;

const dns = {nameservers: ['10.1.0.53'], domain: 'a.test', search: ['a.test'], options: ['ndots:2']};
const routes = [
  {dst: '10.9.0.0/16', gw: '10.1.0.9'},
  {dst: 'fd00:9::/32', gw: 'fd00:1::9'},
];
const everything = bridge({isGateway: true, isDefaultGateway: true, dns, ...hostLocal([v4, v6], {routes})});

type Version = (typeof versions)[number];

/** `differs` says what does so in that version. */
const inEvery = (
  what: string,
  type: string,
  conf: object,
  differs: (version: Version) => readonly Difference[] = () => [],
): readonly Input[] =>
  versions.map(cniVersion => {
    const {add, check, del} = callsOf(type, {...conf, cniVersion});
    return {
      what: `${what} in ${cniVersion}`,
      steps: [add(), check(1), del({previous: 1})],
      differs: differs(cniVersion),
    };
  });

const asked = (type: string, stdin: object | string): Input => ({
  what: `VERSION of ${type} asked with ${JSON.stringify(stdin)}`,
  steps: [
    callsOf(type, stdin).version({env: {CNI_CONTAINERID: undefined, CNI_NETNS: undefined, CNI_IFNAME: undefined}}),
  ],
  differs: [because('asked version', /VERSION (cniVersion|versions)$/)],
});

const saying: readonly Input[] = [
  asked('bridge', {cniVersion: '1.0.0'}),
  asked('bridge', {cniVersion: '0.2.0'}),
  asked('bridge', {}),
  asked('bridge', ''),
  asked('host-local', {cniVersion: '0.4.0'}),
  asked('loopback', {cniVersion: '1.0.0'}),
  asked('ptp', {cniVersion: '0.3.1'}),
  asked('static', {cniVersion: '0.1.0'}),
];

/** A result without an address can not be told in the oldest two, and only the newest two have CHECK. */
function layer2(version: Version): readonly Difference[] {
  if (version === '0.1.0' || version === '0.2.0') return [code(7, 'ADD'), ownMac];
  return version.startsWith('0.3') ? [ownMac] : [ownMac, answer('right after ADD', '2 CHECK')];
}

export const versionInputs: readonly Input[] = [
  ...inEvery('bridge, layer 2,', 'bridge', bridge({}), layer2),
  ...inEvery('bridge with everything', 'bridge', everything),
  ...inEvery('bridge with IPv6 alone', 'bridge', bridge({isGateway: true, ...hostLocal([v6])})),
  ...inEvery('host-local with everything', 'host-local', leasing({ranges: [[v4], [v6]], routes})),
  ...inEvery('ptp', 'ptp', {...leasing({ranges: [[v4], [v6]]}), type: 'ptp'}),
  ...inEvery('static', 'static', leasing({type: 'static', addresses: [{address: '10.1.0.5/24'}]})),
  ...inEvery('loopback', 'loopback', {name: 'lo', type: 'loopback'}, version =>
    version === '1.0.0' ? [] : [because('result of its version', /^1 ADD (interfaces|ips|ip4|ip6)$/)],
  ),
  ...saying,
];
