// netavark, podman's own: it gets on stdin what podman gives it. podman leases the address itself, before, so netavark has
// less to do than a bridge ADD; reported only.
import {existsSync} from 'node:fs';
import {type Container, startContainer} from '../container.ts';
import {ourNetwork, writeNetwork} from '../networks.ts';
import {type Command, run} from '../process.ts';
import type {Row} from '../row.ts';
import {hookSide} from '../sides.ts';
import {addOnce} from './add.ts';

const program = process.env.NETAVARK ?? '/usr/lib/podman/netavark';

export const netavark: Row = {
  title: 'createRuntime, with ipMasq, beside netavark',
  unit: 'ms',
  sides: {
    ours: '"cni-hook createRuntime", bridge and host-local inside',
    netavark: '"netavark setup": bridge, masquerading, an address that podman has chosen before; no DNS',
  },
  ratios: [{of: 'ours', to: 'netavark', bar: undefined}],
  rounds: {full: 30, quick: 1},
  missing: () => (existsSync(program) ? undefined : 'netavark is not there: apt-get install netavark'),
  open: async () => {
    writeNetwork(ourNetwork, {ipMasq: true});
    const ours = hookSide(ourNetwork);
    run(ours.add(await startContainer()));
    run(call('setup', await startContainer(), 2));
    return {
      round: async number => {
        const took = await addOnce(ours);
        const container = await startContainer();
        const {milliseconds} = run(call('setup', container, number + 3));
        run(call('teardown', container, number + 3));
        await container.kill();
        return {ours: took, netavark: milliseconds};
      },
    };
  },
};

function call(verb: string, {id, netns}: Container, lastNumber: number): Command {
  const network = {
    name: 'podman',
    id: '0'.repeat(64),
    driver: 'bridge',
    network_interface: 'bench-netavark',
    subnets: [{subnet: '10.204.0.0/24', gateway: '10.204.0.1'}],
    ipv6_enabled: false,
    internal: false,
    dns_enabled: false,
    ipam_options: {driver: 'host-local'},
  };
  const stdin = {
    container_id: id,
    container_name: id,
    networks: {podman: {interface_name: 'eth0', static_ips: [`10.204.0.${lastNumber}`]}},
    network_info: {podman: network},
  };
  return {command: [program, '--config', '/run/netavark', verb, netns], stdin: JSON.stringify(stdin)};
}
