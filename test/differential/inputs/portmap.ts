// portmap behind a bridge, as a runtime calls it: what it answers, and who reaches the container. The rules themselves are
// not the same and are not meant to be.
import {callsOf, type Input, type Step, sh} from '../input.ts';
import {answer, code, type Difference} from '../reasons.ts';
import {bridge, containerEnds, hostLocal, v4, v6} from './configs.ts';

const web = {hostPort: 8080, containerPort: 80, protocol: 'tcp'};
const portmap = (portMappings: readonly object[], more: object = {}): object => ({
  cniVersion: '1.0.0',
  name: 'net1',
  type: 'portmap',
  runtimeConfig: {portMappings},
  ...more,
});
const below = callsOf('bridge', bridge({isGateway: true, ...hostLocal([v4, v6])}));

/** Where a bridge passes packets to the rules, ours has the container's port reflect them, and the reference has not. */
const passNothing = 'sysctl -qw net.bridge.bridge-nf-call-iptables=0 net.bridge.bridge-nf-call-ip6tables=0 || :';

/** Behind the ADD of a bridge, whose answer is that of the first call, and before its DEL. */
const behindBridge = (what: string, steps: readonly Step[], ...differs: readonly Difference[]): Input => ({
  what: `portmap: ${what}`,
  steps: [sh(passNothing), below.add(), ...steps, below.del({previous: 1})],
  differs,
});

/** With addresses of both families the reference looks for the rules of one in the other. */
const ofBothFamilies = answer('right after ADD', '3 CHECK');

/** ADD, and then who gets an answer is written down where the next call looks; CHECK and DEL. */
function life(what: string, conf: object, ...differs: readonly Difference[]): Input {
  const {add, check, del} = callsOf('portmap', conf);
  const steps = [add({previous: 1}), sh(whoReaches), check(2), del({previous: 2})];
  return behindBridge(what, steps, ofBothFamilies, ...differs);
}

/** An address of the host, of its loopback and of the bridge, asked by the host and by a neighbour of the container. */
const whoReaches = `
while { ip -6 address show tentative; ip -n blue -6 address show tentative; } | grep -q inet6; do sleep 0.05; done
mkdir -p /run/www; echo hello >/run/www/index.html
ip netns exec blue busybox httpd -p 80 -h /run/www
ip netns add red
ip link add to-red type veth peer name eth0 netns red; ip link set to-red master br1; ip link set to-red up
ip -n red address add 10.1.0.9/24 dev eth0; ip -n red link set eth0 up
for place in 127.0.0.1 10.1.0.1 [fd00:1::1]; do
  for port in 8080 8081; do
    answer=$(busybox timeout 1 busybox wget -q -O - http://$place:$port/ 2>/dev/null || echo nothing)
    echo "$place:$port $answer" >>/var/lib/cni/reached
  done
done
answer=$(ip netns exec red busybox timeout 1 busybox wget -q -O - http://10.1.0.1:8080/ 2>/dev/null || echo nothing)
echo "neighbour $answer" >>/var/lib/cni/reached
ip link delete to-red; ip netns delete red`;

const {add, call, check, del} = callsOf('portmap', portmap([web]));
const first = {previous: 1};
const idle = callsOf('portmap', portmap([]));
const lifeWithout = [idle.add(first), idle.check(2), idle.del({previous: 2})];
const refused = (what: string, conf: object, ...differs: readonly Difference[]): Input =>
  behindBridge(what, [callsOf('portmap', conf).add({previous: 1})], ...differs);

export const portmapInputs: readonly Input[] = [
  life('a port', portmap([web])),
  life('two ports', portmap([web, {...web, hostPort: 8081}])),
  life('a protocol in capitals', portmap([{...web, protocol: 'TCP'}])),
  life('a port of one address', portmap([{...web, hostIP: '10.1.0.1'}])),
  life('a port of an IPv4 address in the form of IPv6', portmap([{...web, hostIP: '::ffff:10.1.0.1'}])),
  life('a port of the loopback', portmap([{...web, hostIP: '127.0.0.1'}])),
  life('a port of any IPv4 address', portmap([{...web, hostIP: '0.0.0.0'}])),
  life('a port of any IPv6 address', portmap([{...web, hostIP: '::'}])),
  life('a port of an IPv6 address', portmap([{...web, hostIP: 'fd00:1::1'}])),
  life('UDP', portmap([{...web, protocol: 'udp'}])),
  life('without snat', portmap([web], {snat: false})),
  life('everybody masqueraded', portmap([web], {masqAll: true})),
  life('a mark of its own', portmap([web], {markMasqBit: 7})),
  behindBridge('no ports', lifeWithout),
  behindBridge('ADD without a result before it', [add()], code(7, '2 ADD')),
  behindBridge('DEL twice', [add(first), del({previous: 2}), del({previous: 2})]),
  behindBridge('DEL without a prevResult', [add(first), del()]),
  behindBridge('DEL of what never was', [del(first)]),
  behindBridge('CHECK without a prevResult', [add(first), call('CHECK'), del({previous: 2})], code(7, 'CHECK')),
  behindBridge('DEL when the netns is gone', [add(first), sh(containerEnds), del({previous: 2})]),
  behindBridge(
    'CHECK when the rules are flushed',
    [add(first), sh('iptables -t nat -F; ip6tables -t nat -F; nft flush ruleset'), check(2), del({previous: 2})],
    code(108, 'CHECK'),
  ),
  refused('a host port of 0', portmap([{...web, hostPort: 0}]), code(7)),
  refused('a port of the container of 0', portmap([{...web, containerPort: 0}]), code(7)),
  refused('a port that is no number', portmap([{...web, hostPort: 'http'}]), code(7)),
  refused('a port too high', portmap([{...web, hostPort: 65536}]), code(7)),
  refused('a protocol that is none', portmap([{...web, protocol: 'icmp'}]), code(7)),
  refused('an address that is none', portmap([{...web, hostIP: 'here'}]), code(7)),
  refused('a bit that is none', portmap([web], {markMasqBit: 32}), code(7)),
  refused('the same port twice', portmap([web, web]), answer('strict value', '2 ADD')),
  refused('the loopback of IPv6', portmap([{...web, hostIP: '::1'}]), answer('strict value', '2 ADD')),
];
