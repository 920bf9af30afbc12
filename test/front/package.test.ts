// The two packages, installed and removed: the Debian one into a directory of its own, with a dpkg database of its own; what
// `npm pack` takes along by npm, which needs no registry for it.

import {existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {fileURLToPath} from 'node:url';
import {afterAll, beforeAll, describe, expect, jest, test} from '@jest/globals';
import {execa} from 'execa';

jest.setTimeout(300_000);

const project = fileURLToPath(new URL('../..', import.meta.url));
// Not in memory: an executable of 110 MB comes to lie here several times.
const place = mkdtempSync(`${tmpdir()}/cni-hook-package-`);
afterAll(() => rmSync(place, {recursive: true}));
const {version} = JSON.parse(readFileSync(`${project}package.json`, 'utf8')) as {readonly version: string};

const run = async (command: string, ...args: readonly string[]): Promise<string> => {
  const {stdout} = await execa(command, args, {cwd: place, stdin: 'ignore'});
  return stdout;
};

describe('the Debian package', () => {
  const root = `${place}/root`;
  const conffile = `${root}/etc/cni/net.d/80-cni-hook.conflist`;
  const dpkg = (...args: readonly string[]) =>
    run('dpkg', `--root=${root}`, '--force-depends', '--force-not-root', ...args);
  let file: string;

  beforeAll(async () => {
    file = await run(`${project}packaging/build-deb.sh`, place);
    mkdirSync(`${root}/var/lib/dpkg/info`, {recursive: true});
    mkdirSync(`${root}/var/lib/dpkg/updates`);
    writeFileSync(`${root}/var/lib/dpkg/status`, '');
  });

  test('has this version, and depends on what the executable needs', async () => {
    expect(await run('dpkg-deb', '--field', file, 'Package', 'Version', 'Depends')).toBe(
      `Package: cni-hook\nVersion: ${version}\nDepends: libc6 (>= 2.17), nftables`,
    );
  });

  test('installs, works, goes, and leaves what its user has changed until it is purged', async () => {
    await dpkg('--install', file);
    expect(await run(`${root}/usr/bin/cni-hook`, '--version')).toBe(`cni-hook ${version}`);
    expect(await run(`${root}/usr/bin/cni-hook`, 'networks', '--conf-dir', `${root}/etc/cni/net.d`)).toContain(
      'cni-hook',
    );
    expect(await run('sh', '-c', `gunzip < ${root}/usr/share/man/man8/cni-hook.8.gz`)).toBe(
      readFileSync(`${project}docs/man/cni-hook.8`, 'utf8').trimEnd(),
    );
    await run('bash', '-n', `${root}/usr/share/bash-completion/completions/cni-hook`);
    expect(await run('sh', '-c', `gunzip < ${root}/usr/share/doc/cni-hook/changelog.gz`)).toMatch(
      new RegExp(
        `^cni-hook \\(${version.replaceAll('.', '\\.')}\\) unstable; urgency=medium\n\n  \\* .+\n\n -- .+ <.+>  \\w{3}, .+$`,
      ),
    );
    writeFileSync(conffile, `${readFileSync(conffile, 'utf8')}\n`);
    await dpkg('--remove', 'cni-hook');
    expect(filesOf(root)).toEqual(['etc/cni/net.d/80-cni-hook.conflist']);
    await dpkg('--purge', 'cni-hook');
    expect(filesOf(root)).toEqual([]);
  });
});

describe('what npm packs', () => {
  test('runs where it is installed, and holds what install.sh needs', async () => {
    // The project's own build makes the executable; here it is there.
    await execa('npm', ['pack', '--ignore-scripts', '--silent', '--pack-destination', place], {cwd: project});
    const directory = `${place}/npm`;
    mkdirSync(directory);
    const flags = ['--no-audit', '--no-fund', '--offline', '--silent', '--prefix', directory];
    await run('npm', 'install', ...flags, `${place}/cni-hook-${version}.tgz`);
    expect(await run(`${directory}/node_modules/.bin/cni-hook`, '--version')).toBe(`cni-hook ${version}`);
    expect(readdirSync(`${directory}/node_modules`).filter(name => !name.startsWith('.'))).toEqual(['cni-hook']);
    const content = `${directory}/node_modules/cni-hook`;
    writeFileSync(
      `${directory}/library.mjs`,
      "import {Cni} from 'cni-hook'; console.log(typeof new Cni().addNetwork);",
    );
    expect(await run('node', `${directory}/library.mjs`)).toBe('function');
    expect(await run(`${content}/install.sh`, '--help')).toContain('--cni-bin-dir');
    const inside = ['docs/man/cni-hook.8', 'config/80-cni-hook.conflist', 'packaging/placed-files.sh'];
    for (const path of [...inside, 'dist/completions/_cni-hook', 'dist/completions/cni-hook.fish']) {
      expect(existsSync(`${content}/${path}`)).toBe(true);
    }
    await run('bash', '-n', `${content}/dist/completions/cni-hook.bash`);
    expect(readdirSync(content)).not.toContain('src');
  });

  test('has types that stand by themselves', async () => {
    const program =
      "import {Cni, type CniOptions} from 'cni-hook'; export const cni = (given: CniOptions) => new Cni(given);";
    writeFileSync(`${place}/npm/typed.mts`, program);
    const flags = ['--noEmit', '--strict', '--module', 'nodenext', '--target', 'es2022', '--types', ''];
    await run(`${project}node_modules/.bin/tsc`, ...flags, `${place}/npm/typed.mts`);
  });
});

/** What is there beside dpkg's own. */
function filesOf(root: string): readonly string[] {
  return readdirSync(root, {recursive: true, withFileTypes: true})
    .filter(entry => !entry.isDirectory())
    .map(entry => `${entry.parentPath}/${entry.name}`.slice(root.length + 1))
    .filter(path => !path.startsWith('var/lib/dpkg/') && !path.startsWith('var/log/'));
}
