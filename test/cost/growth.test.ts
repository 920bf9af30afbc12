// What a start and an end cost must not depend on what else is on the host: the same is counted with little and with much of
// each, and compared. No time is measured.
import {setTimeout as pause} from 'node:timers/promises';
import {expect, jest, test} from '@jest/globals';
import {creating, stopped} from '../fixtures/state.ts';
import {createHost, type Host} from '../host.ts';
import {addAttachments, addConfFiles, addForeignRules, addLeases, network, networkFile} from './crowd.ts';
import {countWork, type Work, workOf} from './work.ts';

interface Dimension {
  readonly what: string;
  readonly few: number;
  readonly many: number;
  readonly fill: (host: Host, number: number) => Promise<void> | void;
}

jest.setTimeout(180_000);

interface Measured {
  readonly add: Work;
  readonly del: Work;
}

const dimensions: readonly Dimension[] = [
  {what: 'attachments', few: 10, many: 1000, fill: (host, number) => addAttachments(host, 'standing', number)},
  {what: 'leases', few: 10, many: 5000, fill: (host, number) => addLeases(host, someIds(number))},
  {
    what: 'networks behind ours in the conf dir',
    few: 2,
    many: 60,
    fill: (host, number) => addConfFiles(host, 90, number),
  },
  {what: "rules of others' in the ruleset", few: 10, many: 500, fill: addForeignRules},
];

// Numbers in /proc have more or fewer digits, and files that a container's id stands in are longer or shorter by it.
const callsAllowed = 2;
const bytesAllowed = 256;

test.each(dimensions)('ADD and DEL take the same with $many as with $few $what', async ({what, few, many, fill}) => {
  const little = await measure(host => fill(host, few));
  const much = await measure(host => fill(host, many));
  report(what, little, much);
  expectSame(little.add, much.add);
  expectSame(little.del, much.del);
});

// The first file that bears the name counts, and which that is can't be known without a look into those before it.
const callsForFile = 3;

test('a network asked for by name costs three system calls for every file before its own', async () => {
  const [few, many] = [2, 60];
  const little = await measure(host => addConfFiles(host, 10, few));
  const much = await measure(host => addConfFiles(host, 10, many));
  report('networks before ours in the conf dir', little, much);
  expect(much.add.calls - little.add.calls).toBeLessThanOrEqual((many - few) * callsForFile + callsAllowed);
  expectSame(little.del, much.del);
});

test('what is counted would show one more file that is read', () => {
  const line = 'openat(AT_FDCWD</>, "/etc/x", O_RDONLY|O_CLOEXEC) = 5</etc/x>\n';
  const missing = 'openat(AT_FDCWD</>, "/etc/y", O_RDONLY) = -1 ENOENT (No such file or directory)\n';
  const read = 'read(5</etc/x>, "a = b"..., 4096) = 700\nread(5</etc/x>, "", 4096) = 0\n';
  const own = 'openat(AT_FDCWD</>, "/proc/self/statm", O_RDONLY) = 6</proc/7/statm>\n';
  expect(countWork(line + missing + read + own)).toEqual({calls: 4, bytesRead: 700, filesOpened: 1});
});

const links = (host: Host): number => host.list('/sys/class/net').length;

/** On a host of its own, in a network that another container is in. */
async function measure(fill: (host: Host) => Promise<void> | void): Promise<Measured> {
  const host = await createHost();
  try {
    host.write('/etc/cni/net.d/50-mynet.conflist', networkFile(network, '172.19.0.0/16'));
    const flags = ['--network', network];
    const attach = async (id: string): Promise<void> => {
      const outcome = await host.hook('createRuntime', creating(id, (await host.netns()).pid), flags);
      expect(outcome).toEqual({exitCode: 0, stdout: '', stderr: ''});
    };
    await attach('standing');
    await fill(host);
    // The index of leases by owner is made anew when the directory was changed by somebody else.
    await attach('another');
    const container = await host.netns();
    const before = links(host);
    const add = await workOf(host, 'createRuntime', creating('measured', container.pid), flags);
    await container.end();
    while (links(host) > before) await pause(5);
    const del = await workOf(host, 'poststop', stopped('measured'));
    return {add, del};
  } finally {
    await host.close();
  }
}

function expectSame(little: Work, much: Work): void {
  expect(Math.abs(much.calls - little.calls)).toBeLessThanOrEqual(callsAllowed);
  expect(Math.abs(much.filesOpened - little.filesOpened)).toBeLessThanOrEqual(callsAllowed);
  expect(Math.abs(much.bytesRead - little.bytesRead)).toBeLessThanOrEqual(bytesAllowed);
}

function report(what: string, little: Measured, much: Measured): void {
  for (const verb of ['add', 'del'] as const)
    process.stdout.write(`${what}, ${verb.toUpperCase()}: ${show(little[verb])} -> ${show(much[verb])}\n`);
}

const show = ({calls, bytesRead, filesOpened}: Work): string =>
  `${calls} calls, ${filesOpened} files, ${bytesRead} bytes`;

const someIds = (number: number): readonly string[] => Array.from({length: number}, (_, i) => `by-hand-${i}`);
