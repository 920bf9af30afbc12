// Published ports: a start, an end and a new connection must not depend on how many there are. The work of the hook is counted.
// How long a connection takes can only be measured, with both numbers of ports in turn, and by the quick ones among many.
import {setTimeout as pause} from 'node:timers/promises';
import {expect, jest, test} from '@jest/globals';
import {hostAsSeen} from '../fixtures/outside.ts';
import {creating, stopped} from '../fixtures/state.ts';
import {serve} from '../fixtures/talk.ts';
import {createHost, type Host, type Netns} from '../host.ts';
import {type Work, workOf} from './work.ts';

jest.setTimeout(180_000);

const ipam = {type: 'host-local', subnet: '10.1.0.0/24', routes: [{dst: '0.0.0.0/0'}]};
const bridge = {type: 'bridge', bridge: 'cnibr1', isGateway: true, ipMasq: true, ipam};
const plugins = [bridge, {type: 'portmap', capabilities: {portMappings: true}}];
const network = {cniVersion: '1.0.0', name: 'mynet', plugins};

// Numbers in /proc have more or fewer digits; reading the answers of a netlink socket may take one call more or less.
const callsAllowed = 4;
const one = '10000:80';
const many = '10000-10999:80-1079';

test('with 1000 published ports ADD and DEL do what they do with one', async () => {
  const few = await measure(one);
  const full = await measure(many);
  for (const verb of ['add', 'del'] as const) {
    process.stdout.write(
      `${verb.toUpperCase()} with 1 and 1000 ports: ${few[verb].calls}, ${full[verb].calls} calls\n`,
    );
    expect(Math.abs(full[verb].calls - few[verb].calls)).toBeLessThanOrEqual(callsAllowed);
    expect(full[verb].filesOpened).toBe(few[verb].filesOpened);
  }
});

test('the flows to many UDP ports are looked for in one go', async () => {
  const host = await createHost();
  try {
    host.write('/etc/cni/net.d/10.conflist', network);
    const container = await host.netns();
    const under = ['strace', '-f', '-e', 'trace=sendto', '-o', '/mnt/calls'];
    const asking = state('c1', container, '5000-5007:5000-5007/udp');
    expect(await host.hook('createRuntime', asking, [], {under})).toMatchObject({exitCode: 0});
    expect(host.read('/mnt/calls').match(/CTNETLINK/g)).toHaveLength(1);
  } finally {
    await host.close();
  }
});

test('a connection to one of 1000 published ports, beside one to a single one', async () => {
  const host = await createHost();
  try {
    host.write('/etc/cni/net.d/10.conflist', network);
    const away = await host.addOutside();
    const took: {readonly [ports: string]: number[]} = {[one]: [], [many]: []};
    // In turn, so that whatever else the machine does falls on both.
    for (let round = 0; round < 5; round++) {
      for (const ports of [one, many]) {
        const web = await attach(host, 'web', ports);
        const server = await serve(host, 'web', 80, web.pid);
        const args = ['-e', connecting, hostAsSeen.v4, '10000'];
        took[ports]?.push(Number(await host.must(process.execPath, args, {netnsOf: away.pid})));
        await server.end();
        await web.end();
        expect(await host.hook('poststop', stopped('web'))).toMatchObject({exitCode: 0});
      }
    }
    const [single = 0, full = 0] = [took[one], took[many]].map(all => Math.min(...(all ?? [])));
    const words = `${single.toFixed(3)} ms and ${full.toFixed(3)} ms, ratio ${(full / single).toFixed(2)}`;
    process.stdout.write(`a new connection with 1 and 1000 published ports: ${words}\n`);
    expect(full / single).toBeLessThanOrEqual(1.3);
  } finally {
    await host.close();
  }
});

/** On a host of its own, where another container publishes these. */
async function measure(ports: string): Promise<{readonly add: Work; readonly del: Work}> {
  const host = await createHost();
  try {
    host.write('/etc/cni/net.d/10.conflist', network);
    await attach(host, 'web', ports);
    const container = await host.netns();
    const add = await workOf(host, 'createRuntime', state('measured', container, '8080:80'));
    const links = () => host.list('/sys/class/net').length;
    const before = links();
    await container.end();
    while (links() >= before) await pause(5);
    return {add, del: await workOf(host, 'poststop', stopped('measured'))};
  } finally {
    await host.close();
  }
}

const state = (id: string, {pid}: Netns, ports: string): object => creating(id, pid, {'io.cni-hook.ports': ports});

async function attach(host: Host, id: string, ports: string): Promise<Netns> {
  const container = await host.netns();
  const outcome = await host.hook('createRuntime', state(id, container, ports));
  expect(outcome).toEqual({exitCode: 0, stdout: '', stderr: ''});
  return container;
}

/** Prints the milliseconds that it takes to connect: of 1000 connections, one after the other, the 50th quickest, for the slow ones tell of who else is at work. */
const connecting = `
const [address, port] = process.argv.slice(1);
const connect = () => new Promise((resolve, reject) => {
  const start = performance.now();
  const socket = require('node:net').connect(Number(port), address, () => {
    const took = performance.now() - start;
    socket.resume().on('close', () => resolve(took));
  });
  socket.on('error', reject);
});
(async () => {
  const took = [];
  for (let i = 0; i < 1000; i++) took.push(await connect());
  console.log(took.sort((a, b) => a - b)[50]);
})();
`;
