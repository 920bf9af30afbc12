// What a network adds to a whole `runc run` of a container that exits at once: with our two hooks, and with a shell hook of
// two lines that hands the state to the reference's bridge. From each round's samples that of the bare run is taken off.
import {chmodSync, copyFileSync, mkdirSync, readdirSync, rmdirSync, writeFileSync} from 'node:fs';
import {hookEntry} from '../../src/cli/hook-entry.ts';
import {startContainer} from '../container.ts';
import {bridgeConfig, ourNetwork, peerNetwork, writeNetwork} from '../networks.ts';
import {run} from '../process.ts';
import type {Row} from '../row.ts';
import {executable, hookSide, referenceDir, referenceSide} from '../sides.ts';

const options = {ipMasq: true};
const place = '/run/bench';
const cgroup = `cni-hook-bench-${process.pid}-${Date.now()}`;

export const wholeRun: Row = {
  title: 'what hooks add to "runc run" of /bin/true',
  unit: 'ms',
  sides: {
    bare: '"runc run" without hooks, the whole of it',
    ours: 'what our createRuntime and poststop add to it, names and DNS of the container included',
    shell:
      'what a shell hook adds that calls the plugin "bridge": ADD, and DEL with the netns gone, which leaks its rules',
  },
  ratios: [{of: 'ours', to: 'shell', bar: undefined}],
  rounds: {full: 30, quick: 1},
  packages: ['runc', 'busybox-static'],
  open: async () => {
    writeNetwork(ourNetwork, options);
    run(hookSide(ourNetwork).add(await startContainer()));
    run(referenceSide(peerNetwork, options).add(await startContainer()));
    mkdirSync(`${place}/root/proc`, {recursive: true});
    copyFileSync('/bin/busybox', `${place}/root/true`);
    writeShellHook();
    writeBundle('bare', {});
    writeBundle('ours', {
      createRuntime: [hookEntry('createRuntime', executable)],
      poststop: [hookEntry('poststop', executable)],
    });
    const shell = {path: `${place}/shell-hook`};
    writeBundle('shell', {
      createRuntime: [{...shell, args: ['hook', 'ADD']}],
      poststop: [{...shell, args: ['hook', 'DEL']}],
    });
    let count = 0;
    const once = (bundle: string): number =>
      run({command: ['runc', 'run', '--bundle', `${place}/${bundle}`, `bench-run-${count++}`]}).milliseconds;
    return {
      round: () => {
        const bare = once('bare');
        return {bare, ours: once('ours') - bare, shell: once('shell') - bare};
      },
      remarks: () => {
        removeCgroups();
        return [];
      },
    };
  },
};

/** Reads the state without starting anything: no shell hook could be cheaper. */
function writeShellHook(): void {
  writeFileSync(`${place}/peer.conf`, bridgeConfig(peerNetwork, options));
  const state = String.raw`read -r state; pid=\${state##*'"pid":'}; pid=\${pid%%,*}; id=\${state##*'"id":"'}; id=\${id%%'"'*}`;
  const call =
    'CNI_COMMAND=$1 CNI_CONTAINERID=$id CNI_NETNS=/proc/$pid/ns/net CNI_IFNAME=eth0 ' +
    `CNI_PATH=${referenceDir} PATH=/usr/sbin:/usr/bin exec ${referenceDir}/bridge <${place}/peer.conf`;
  const script = `#!/bin/sh\n${state.replaceAll('\\$', '$')}; [ "$1" = ADD ] || pid=0\n${call}\n`;
  writeFileSync(`${place}/shell-hook`, script);
  chmodSync(`${place}/shell-hook`, 0o755);
}

function writeBundle(name: string, hookLines: object): void {
  mkdirSync(`${place}/${name}`);
  const config = {
    ociVersion: '1.0.2',
    process: {user: {uid: 0, gid: 0}, args: ['/true'], env: ['PATH=/'], cwd: '/'},
    root: {path: `${place}/root`, readonly: true},
    mounts: [{destination: '/proc', type: 'proc', source: 'proc'}],
    linux: {
      cgroupsPath: `/${cgroup}/${name}`,
      namespaces: ['pid', 'ipc', 'uts', 'mount', 'network'].map(type => ({type})),
    },
    hooks: hookLines,
  };
  writeFileSync(`${place}/${name}/config.json`, JSON.stringify(config));
}

/** The machine's own: what runc leaves of them, in every hierarchy. */
function removeCgroups(): void {
  const top = '/sys/fs/cgroup';
  for (const parent of [top, ...readdirSync(top).map(name => `${top}/${name}`)]) {
    try {
      rmdirSync(`${parent}/${cgroup}`);
    } catch {
      // Not in this hierarchy.
    }
  }
}
