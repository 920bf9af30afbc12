// The kernel as both engines reach it: programs of the host, and the system calls that no runtime offers.
import {mkdirSync, symlinkSync, truncateSync, writeFileSync} from 'node:fs';
import {test} from '@jest/globals';
import {execa} from 'execa';
import {scratchDirectory} from '../scratch.ts';
import {enginesFor} from './engines.ts';

const directory = scratchDirectory();

test('programs', async () => {
  const {compare} = await enginesFor('programs', directory);
  const ownWords = 'Bun says that it does not know the error';
  await compare(
    {env: {FIRST: '1', EMPTY: '', 'WITH-SIGN': 'a=b', LINES: 'a\nb'}},
    {
      'no name': 'the house has a path for each program, and Bun words of its own',
      'by a name without a path': 'the house has a path for each program, and Bun looks for it',
      'a script: empty': ownWords,
      'a script: text': ownWords,
      'a script: noise': ownWords,
    },
  );
});

test('system calls', async () => {
  const links = await plant();
  const {compare} = await enginesFor('calls', directory);
  // 3 is a pipe that nobody reads, 4 one that somebody does, 5 a file.
  const script =
    'exec 5</dev/null; rm -f "$0/unread"; mkfifo "$0/unread"; exec 3<>"$0/unread" 4>"$0/unread" 3>&-; exec "$@"';
  const under = ['unshare', '--net', '--mount', '--propagation', 'private', 'sh', '-ec', script, directory];
  await compare({under, args: [links]});
});

async function plant(): Promise<string> {
  const at = `${directory}/planted`;
  mkdirSync(`${at}/directory`, {recursive: true});
  writeFileSync(`${at}/directory/inside`, '');
  writeFileSync(`${at}/file`, 'content');
  writeFileSync(`${at}/sparse`, '');
  truncateSync(`${at}/sparse`, 5 * 2 ** 33 + 1);
  const targets = {'to-file': 'file', 'to-directory': `${at}/directory`, nowhere: 'none', round: 'round'};
  for (const [link, target] of Object.entries(targets)) symlinkSync(target, `${at}/${link}`);
  await execa('mkfifo', ['fifo'], {cwd: at, cleanup: false});
  return at;
}
