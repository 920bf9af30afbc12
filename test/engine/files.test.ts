// `node:fs` as the small engine has it, by the same script on both engines: what is in files, what is in directories, what
// is known of them, and what is said when it fails.
import {mkdirSync, symlinkSync, truncateSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {expect, test} from '@jest/globals';
import {execa} from 'execa';
import {scratchDirectory} from '../scratch.ts';
import {enginesFor} from './engines.ts';

const directory = scratchDirectory();

test('what is in files', async () => {
  await (await enginesFor('file-content', directory)).compare();
});

test('what is in directories', async () => {
  const links = await plant('in-directories');
  const noise = `${directory}/noise`;
  await execa(
    'sh',
    ['-ec', `mkdir ${noise}; cd ${noise}; touch "$(printf 'a\\377b')" "$(printf '\\303')" text`],
    plainly,
  );
  const {compare} = await enginesFor('directories', directory);
  // Each removes the copy that it finds.
  const under = ['sh', '-ec', 'cp -r "$0" "$0.copy"; exec "$@"', noise];
  await compare(
    {under, args: [links, `${noise}.copy`]},
    {
      'a directory of the kernel': firstNamed,
      'removed with names that are no text': 'nobody makes such names where the house removes everything',
      ...ofRemoving(
        'below a file there is nothing to remove',
        'removed, a directory',
        'removed, a directory, whatever is there',
      ),
    },
  );
});

test('what is known of files', async () => {
  const links = await plant('known');
  await (await enginesFor('status', directory)).compare(
    {args: [links]},
    {
      'stat, and nothing there: file/x': 'Bun throws, Node and this do not: below a file there is nothing',
      'lstat, and nothing there: file/x': 'the same',
    },
  );
});

test('what is said when it fails', async () => {
  const links = await plant('failures');
  const readOnly = `${directory}/read-only`;
  mkdirSync(`${readOnly}/full/er`, {recursive: true});
  writeFileSync(`${readOnly}/file`, '');
  const script = `mount --bind ${readOnly} ${readOnly} && mount -o remount,bind,ro ${readOnly} && exec "$@"`;
  const {compare} = await enginesFor('failures', directory);
  const under = ['unshare', '--mount', '--propagation', 'private', 'sh', '-c', script, 'sh'];
  await compare(
    {under, args: [links, readOnly, tmpdir()]},
    {
      'realpathSync, nothing': 'nobody asks, and the kernel has no path that is empty',
      "mkdirSync recursive, a process that isn't": firstNamed,
      'mkdirSync recursive, of the kernel, several': firstNamed,
      ...ofRemoving('rmSync, below a file', 'rmSync force, below a file'),
      ...ofRemoving('rmSync, read-only and full', 'rmSync force, read-only and full'),
      ...ofRemoving('rmSync, a file of the kernel', 'rmSync force, a file of the kernel'),
      ...ofRemoving('rmSync, a directory that is not empty', 'rmSync force, a directory that is not empty'),
    },
  );
});

test('what is said to who may not', async () => {
  const {compare} = await enginesFor('denied', directory);
  // Root may everything, but for this.
  const under = ['setpriv', '--bounding-set', '-dac_override,-dac_read_search'];
  const lines = await compare({under}, {});
  expect(lines.filter(({error}) => error?.code === 'EACCES').length).toBeGreaterThan(200);
});

const firstNamed = 'the first that cannot be made is named, as with any other error';

/** For cases in which `rmSync` fails. */
const ofRemoving = (...cases: readonly string[]): Readonly<Record<string, string>> =>
  Object.fromEntries(cases.map(name => [name, 'Bun has words of its own, or says EFAULT, where this says why']));

/** A directory with one of each kind in it. */
async function plant(name: string): Promise<string> {
  const at = `${directory}/${name}`;
  mkdirSync(`${at}/directory`, {recursive: true});
  writeFileSync(`${at}/directory/inside`, '');
  writeFileSync(`${at}/file`, 'content');
  writeFileSync(`${at}/suid`, '', {mode: 0o755});
  writeFileSync(`${at}/sparse`, '');
  truncateSync(`${at}/sparse`, 5 * 2 ** 33 + 1);
  const targets = {
    'to-file': 'file',
    'to-directory': `${at}/directory`,
    'to-link': 'to-file',
    nowhere: 'none',
    round: 'round',
  };
  for (const [link, target] of Object.entries(targets)) symlinkSync(target, `${at}/${link}`);
  symlinkSync(`${'d/'.repeat(2000)}ü`, `${at}/to-afar`);
  await execa('sh', ['-ec', 'chmod u+s suid; mkfifo fifo; touch -d 1969-12-30T01:02:03.4567891 old'], {
    ...plainly,
    cwd: at,
  });
  return at;
}

/** Execa's own clean-up at exit is turned into a crash by Jest's clean-up of globals. */
const plainly = {cleanup: false} as const;
