// The completion of bash, asked as bash asks it; of the others that they name every command and flag that there is.
import {execFileSync} from 'node:child_process';
import {writeFileSync} from 'node:fs';
import {beforeAll, expect, jest, test} from '@jest/globals';
import {executable} from '../host.ts';
import {scratchDirectory} from '../scratch.ts';

jest.setTimeout(60_000);

const script = `${scratchDirectory()}/completion`;
const ask = (...args: readonly string[]) => execFileSync(executable, args, {encoding: 'utf8', stdio: 'pipe'});

beforeAll(() => writeFileSync(script, ask('completion', 'bash')));

/** What bash offers for the last word. */
function offered(...words: readonly string[]): readonly string[] {
  const asked = `source "$1"; shift; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _cni_hook; printf '%s\\n' "\${COMPREPLY[@]}"`;
  const stdout = execFileSync('bash', ['-c', asked, 'bash', script, 'cni-hook', ...words], {encoding: 'utf8'});
  return stdout.split('\n').filter(word => word !== '');
}

test.each<readonly [words: readonly string[], offers: readonly string[]]>([
  [['wi'], ['wire']],
  [['--v'], ['--version']],
  [['gc', '--d'], ['--dry-run']],
  [
    ['hooks', ''],
    ['install', 'remove', 'status'],
  ],
  [['hooks', 'st'], ['status']],
  [['completion', 'z'], ['zsh']],
  [['help', 'net'], ['networks']],
  [['wire', '--runt'], ['--runtime-path']],
  [['wire', '--hook', ''], []],
  [['wire', 'b', 'x'], []],
])('bash: %j', (words, offers) => {
  expect(offered(...words)).toEqual(offers);
});

test('bash offers every command', () => {
  expect(offered('')).toEqual(expect.arrayContaining([...commands()]));
});

test.each(['zsh', 'fish'])('%s knows every command, and its flags', shell => {
  const text = ask('completion', shell);
  for (const command of commands()) {
    expect(text).toMatch(new RegExp(`\\b${command}\\b`));
    for (const [, flag] of ask('help', command).matchAll(/^ +(?:-\w, )?--([a-z-]+)/gm)) {
      expect(text).toContain(shell === 'zsh' ? `'--${flag}[` : `from ${command}' -l ${flag} `);
    }
  }
});

function commands(): readonly string[] {
  const section = ask('--help').split('\nCOMMANDS\n')[1] ?? '';
  return [...section.matchAll(/^ {2}([a-z-]+) /gm)].map(([, name = '']) => name);
}
