// What it takes to make a container known by name, and to mount its files, must not depend on how many there are on the
// network: system calls are counted with few and with many, on a container that has a mount namespace of its own.
import {setTimeout as pause} from 'node:timers/promises';
import {expect, jest, test} from '@jest/globals';
import {creating, stopped} from '../fixtures/state.ts';
import {createHost, type Host} from '../host.ts';
import {network, networkFile} from './crowd.ts';
import {type Work, workOf} from './work.ts';

jest.setTimeout(180_000);

const hosts = `/run/cni-hook/names/${network}/hosts`;
const flags = ['--network', network];

test('ADD and DEL take as many system calls with 500 names on the network as with 10', async () => {
  const few = await measure(10);
  const many = await measure(500);
  for (const verb of ['add', 'del'] as const) {
    process.stdout.write(`names 10 -> 500, ${verb}: ${few[verb].calls} -> ${many[verb].calls} calls\n`);
    // Numbers in /proc have more or fewer digits.
    expect(Math.abs(many[verb].calls - few[verb].calls)).toBeLessThanOrEqual(2);
    expect(many[verb].filesOpened).toBe(few[verb].filesOpened);
  }
});

async function measure(others: number): Promise<{readonly add: Work; readonly del: Work}> {
  const host = await createHost();
  try {
    host.write('/etc/cni/net.d/50-mynet.conflist', networkFile(network, '172.19.0.0/16'));
    host.write('/mnt/bundle/config.json', {root: {path: '/mnt/root'}, hostname: 'shop'});
    for (const name of ['hosts', 'hostname', 'resolv.conf']) host.write(`/mnt/root/etc/${name}`, 'as found\n');
    await attach(host, 'standing');
    const line = (i: number) => `172.19.${i % 250}.${i % 199} other-${i} # other-${i}/${network}:eth0\n`;
    host.write(hosts, host.read(hosts) + Array.from({length: others}, (_, i) => line(i)).join(''));
    await attach(host, 'another');
    const pid = await startProcess(host);
    const state = {...creating('measured', pid), bundle: '/mnt/bundle'};
    const add = await workOf(host, 'createRuntime', state, flags);
    expect(await seenBy(host, pid)).toContain(`shop measured # measured/${network}:eth0`);
    await host.must('kill', ['-9', String(pid)]);
    await pause(100);
    const del = await workOf(host, 'poststop', stopped('measured'));
    expect(host.read(hosts)).not.toContain('measured');
    expect(host.read(hosts)).toContain(`other-${others - 1}`);
    return {add, del};
  } finally {
    await host.close();
  }
}

async function attach(host: Host, id: string): Promise<void> {
  const state = {...creating(id, await startProcess(host)), bundle: '/mnt/bundle'};
  expect(await host.hook('createRuntime', state, flags)).toMatchObject({exitCode: 0, stderr: ''});
}

const seenBy = (host: Host, pid: number): Promise<string> =>
  host.must('nsenter', ['--mount', '--target', String(pid), 'cat', '/mnt/root/etc/hosts']);

let started = 0;

/** A process with namespaces of its own whose root is still to be entered, as a runtime has it when it calls the hook. */
async function startProcess(host: Host): Promise<number> {
  const file = `/mnt/pid-${started++}`;
  const script = `mount --bind /mnt/root /mnt/root; echo $$ >${file}.new; mv ${file}.new ${file}; exec sleep infinity`;
  void host.run('unshare', ['--mount', '--net', '--propagation', 'slave', 'sh', '-c', script]);
  while (!host.list('/mnt').includes(file.slice('/mnt/'.length))) await pause(10);
  return Number(host.read(file));
}
