// Programs of the host, run as the house does (src/kernel/tool.ts): how they end, what they are given, and what not.
import {closeSync, fstatSync, openSync, readFileSync, readSync, writeFileSync} from 'node:fs';
import {memoryFile} from '../../../src/kernel/libc.ts';
import {runProgram} from '../../../src/kernel/tool.ts';
import {own, show} from '../case.ts';

const environment = {PATH: '/usr/sbin:/usr/bin:/sbin:/bin', LC_ALL: 'C'};
const run = (path: string, args: readonly string[] = [], options = {}) =>
  runProgram(path, args, {input: '', environment, milliseconds: 20_000, ...options});
const shell = (script: string, options = {}) => run('/bin/sh', ['-c', script], options);

for (const status of [0, 1, 2, 126, 127, 128, 255, 256, 300]) {
  show(`exit status ${status}`, () => shell(`exit ${status}`));
}
// All but those that stop or are ignored.
const signals = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 24, 25, 26, 27, 29, 30, 31];
for (const signal of signals) show(`killed by ${signal}`, () => shell(`ulimit -c 0; kill -${signal} $$; exit 5`));
show('stopped, and then too late', () => shell('kill -STOP $$', {milliseconds: 100}));
show('too late', () => run('/bin/sleep', ['10'], {milliseconds: 100}));
show('too late, and deaf', () => shell('trap "" TERM INT HUP; while :; do sleep 0.02; done', {milliseconds: 100}));
show('too late, having said something', () => shell('echo first; sleep 10', {milliseconds: 200}));
show('in time', () => shell('sleep 0.1; echo done', {milliseconds: 5000}));

show('what it says', () => shell('echo out; echo err >&2; printf "\\303\\251\\377\\000end"'));
show('what it is told', () => run('/bin/cat', [], {input: 'line\nünï \ud83d\ude00\n'}));
show('what it is told and does not read', () => run('/bin/true', [], {input: 'x'.repeat(3_000_000)}));
show('much of it', () => {
  const input = 'abcdefg\n'.repeat(600_000);
  const {status, stdout} = run('/bin/cat', [], {input});
  return [status, stdout === input];
});
show('more than counts', () => {
  const {status, stdout, stderr} = shell('head -c 17000000 /dev/zero; echo end >&2');
  return [status, stdout.length, stderr];
});
show('streams that it closes', () => shell('exec <&- >&- 2>&-; exit 3'));
show('streams that its own child keeps', () => {
  const before = performance.now();
  const {status, stdout} = shell('sleep 3 & echo $!');
  return [status, /^\d+\n$/.test(stdout), performance.now() - before < 2000];
});
show('who writes to nobody', () => shell('yes | head -n 1; echo done'));
show('what it finds ignored and blocked', () => shell('grep -E "^Sig(Ign|Blk|Cgt)|^ShdPnd" /proc/self/status'));

const arguments_ = ['', ' ', 'ü', 'a\nb', '"', "'", '\\', '$HOME', '*', '-n', 'x'.repeat(100_000)];
show('arguments', () => run('/bin/sh', ['-c', 'printf "<%s>" "$@"', ...arguments_]));
show('the name that it is called by', () => run('/bin/sh', ['-c', 'tr "\\0" "|" </proc/$$/cmdline | head -c 12']));
show('an argument with a zero byte', () => run('/bin/echo', ['a\0b']).stdout);
show('a path with a zero byte', () => run('/bin/echo\0', ['a']).stdout);
show('killed by a signal without a name', () => shell('kill -40 $$').status);
show('a variable with a zero byte', () => run('/usr/bin/env', [], {environment: {A: 'b\0c'}}).stdout);

const variables = {
  PATH: '/bin',
  EMPTY: '',
  'with=sign': '=a=b=',
  LINES: 'a\nb',
  ü: '網',
  LONG: 'y'.repeat(50_000),
  _: 'x',
};
const sorted = (given: object) => run('/usr/bin/env', ['-0'], {environment: given}).stdout.split('\0').sort();
show('variables', () => sorted(variables));
show('no variables', () => sorted({}));
show('variables that are not set', () => sorted({A: '1', B: undefined, C: '3'}));
show('its own variables', () => sorted({...process.env, A: '1'}));
show('a variable that it has set itself', () => {
  process.env.SET_HERE = 'yes';
  const given = sorted({...process.env}).filter(line => line.startsWith('SET_HERE'));
  delete process.env.SET_HERE;
  return [given, sorted({...process.env}).filter(line => line.startsWith('SET_HERE'))];
});

show('files that it is not given', () => {
  const opened = [openSync(own, 'r'), openSync(`${own}/open`, 'a', 0o600), openSync('/proc/self/ns/net', 'r')];
  const memory = memoryFile('secret');
  const {stdout} = run('/bin/ls', ['-1', '/proc/self/fd']);
  for (const fd of [...opened, memory]) closeSync(fd);
  return stdout;
});
show('where it is', () => run('/bin/pwd').stdout === `${process.cwd()}\n`);
show('rights that it takes away', () => {
  const before = process.umask(0o137);
  const {stdout} = shell('umask');
  process.umask(before);
  return stdout;
});
show('whose child it is', () => {
  const [pid = '', group = '', session = ''] = shell('cut -d" " -f 4,5,6 /proc/$$/stat').stdout.trim().split(' ');
  const [, , , , myGroup, mySession] = readFileSync('/proc/self/stat', 'utf8').split(' ');
  return [Number(pid) === process.pid, group === myGroup, session === mySession];
});
show('nobody is left behind', () => {
  run('/bin/true');
  return readFileSync(`/proc/self/task/${process.pid}/children`, 'utf8');
});

show('not there', () => run(`${own}/none`));
show('no name', () => run(''));
show('by a name without a path', () => run('true').code);
show('a directory', () => run(own));
show('below a file', () => {
  writeFileSync(`${own}/file`, 'x');
  return run(`${own}/file/x`);
});
show('not to be executed', () => run(`${own}/file`));
show('too long a name', () => run(`${own}/${'n'.repeat(256)}`));
const scripts: Readonly<Record<string, string>> = {
  empty: '',
  text: 'echo ran',
  noise: '\u007fELF',
  'of no interpreter': '#!/none/such\n',
  'of a directory': `#!${own}\n`,
  'of a shell': '#!/bin/sh\necho ran "$0"\n',
};
for (const [what, text] of Object.entries(scripts)) {
  show(`a script: ${what}`, () => {
    writeFileSync(`${own}/${what}`, text, {mode: 0o755});
    return run(`${own}/${what}`);
  });
}
show('that somebody writes to', () => {
  writeFileSync(`${own}/busy`, scripts['of a shell'] ?? '', {mode: 0o755});
  const fd = openSync(`${own}/busy`, 'r+');
  const ended = run(`${own}/busy`);
  closeSync(fd);
  return [ended, run(`${own}/busy`)];
});
show(
  'more than fits',
  () =>
    run(
      '/bin/true',
      Array.from({length: 40}, () => 'z'.repeat(120_000)),
    ).code,
);
show('one argument more than fits', () => run('/bin/true', ['z'.repeat(140_000)]));

show('by hand', () => {
  const [input, output, errors] = ['in', 'out', 'err'].map(memoryFile) as [number, number, number];
  const {exitCode, signalCode, exitedDueToTimeout} = Bun.spawnSync(['/bin/sh', '-c', 'echo hello; kill -9 $$'], {
    stdin: input,
    stdout: output,
    stderr: errors,
    env: environment,
    timeout: 5000,
    killSignal: 'SIGKILL',
  });
  const bytes = new Uint8Array(fstatSync(output).size);
  readSync(output, bytes, 0, bytes.length, 0);
  for (const fd of [input, output, errors]) closeSync(fd);
  return [exitCode, signalCode, exitedDueToTimeout, bytes];
});
