// What a program finds about itself and its surroundings, and how it ends.
import {fstatSync, readFileSync, readlinkSync, writeSync} from 'node:fs';
import {show} from '../case.ts';

const [, , , how = '', ...words] = process.argv;

show('words', () => words);
if (how === 'name') show('the name that it was called by', () => [process.argv0, process.argv[1]]);
show('variables', () => Object.entries(process.env).sort());
show('a variable that is not there', () => [process.env.NONE, 'NONE' in process.env]);
show('a variable of an odd name', () => process.env['odd name=']);
show('variables that are set and taken away', () => {
  process.env.NEW = 'new';
  const set = process.env.NEW;
  delete process.env.NEW;
  return [set, process.env.NEW, Object.keys(process.env).includes('NEW')];
});
show('who it is', () => [process.geteuid?.(), readlinkSync('/proc/self') === String(process.pid)]);
show('where it is', () => process.cwd());
show('rights that it takes away', () => [process.umask(0o027), process.umask(0o022), process.umask(0o022)]);
show('what time it is', () => [
  performance.now() > 0,
  performance.now() < 5000,
  Math.abs(performance.timeOrigin - Date.now()) < 5000,
  // The clock of an owner index is compared with that of files: whole milliseconds would not do.
  Array.from({length: 20}, () => performance.timeOrigin + performance.now()).some(time => time % 1 !== 0),
]);
show('time goes on', () => {
  const before = performance.now();
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 120.5);
  const passed = performance.now() - before;
  return [passed >= 120, passed < 1000];
});
show('no wait', () => Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 0) !== 'ok');
show('its streams are there', () => [0, 1, 2].map(fd => typeof fstatSync(fd).mode));

const endings: Readonly<Record<string, () => unknown>> = {
  'by itself': () => undefined,
  'exit 0': () => process.exit(0),
  'exit 3': () => process.exit(3),
  'exit 255': () => process.exit(255),
  'exit 256': () => process.exit(256),
  'exit -1': () => process.exit(-1),
  'an error': () => {
    throw new Error('nobody catches this');
  },
  'a rejection': () => Promise.reject(new Error('nobody catches this')),
  reads: () =>
    show('what it is told', () => {
      const text = readFileSync(0, 'utf8');
      return [text.length, text.slice(0, 10), text.slice(-10)];
    }),
  said: () => {
    process.stdout.write('öut\n');
    process.stderr.write('ërr\n');
    writeSync(2, 'more\n');
    process.exit(4);
  },
  'said much': () => {
    process.stderr.write(`${'long line\n'.repeat(50_000)}`);
    process.exit(5);
  },
  'said to nobody': () => {
    // As a hook does: that it is not heard is no reason to end otherwise.
    process.stderr.write('nobody hears this\n');
    process.stderr.write('nor this\n');
    process.exit(6);
  },
  'written to nobody': () => {
    show('an error of the write', () => writeSync(2, 'nobody hears this\n'));
    process.exit(7);
  },
};
await endings[how]?.();
