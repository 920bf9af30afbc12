// doctor, graph and metrics where there is nothing, where state is broken, for somebody who may not look, for whoever reads
// no further, in a narrow terminal, and on a host with five hundred attachments.
import {expect, test} from '@jest/globals';
import {stateDir, useCliHost} from '../e2e/cli-host.ts';
import {classic, isLease} from '../fixtures/networks.ts';
import {creating} from '../fixtures/state.ts';
import {executable} from '../host.ts';

const {host, cli, json, attach} = useCliHost();
const sh = (script: string) => host().must('sh', ['-ec', script]);

test('on an empty host each says so, and leaves nothing', async () => {
  await sh('rm -r /etc/cni/net.d');
  const {exitCode, stdout} = await cli('doctor');
  expect(exitCode).toBe(1);
  expect(stdout).toMatch(/^warning {2}networks {5}there is no network in \/etc\/cni\/net\.d: put a \.conflist there/m);
  expect(stdout.split('\n').filter(line => !line.startsWith('ok'))).toHaveLength(1);
  expect(await cli('graph')).toMatchObject({exitCode: 0, stderr: 'there is no bridge, and no container is attached'});
  const {stdout: numbers} = await cli('metrics');
  expect(numbers.split('\n').filter(line => !line.startsWith('#'))).toEqual([]);
  expect(host().list('/run')).not.toContain('cni-hook');
  await sh('mkdir -p /etc/cni/net.d');
});

test('state that is broken is shown, and hides nothing else', async () => {
  await attach('c1');
  const whole = JSON.parse(host().read(`${stateDir}/containers/c1/mynet:eth0.json`)) as object;
  host().write(`${stateDir}/containers/c2/mynet:eth0.json`, {...whole, containerId: 'c2', steps: [null]});
  host().write(`${stateDir}/containers/stray`, 'what is this');
  host().write(`${stateDir}/networks/other.json`, '');
  await sh(`echo '{"time": "20' >>${stateDir}/log.jsonl`);
  expect((await cli('doctor')).stdout).toMatch(/^error .*the record of container "c2" can't be read/m);
  expect((await cli('graph')).stdout).toMatch(/c1 eth0[\s\S]*! unreadable: c2 eth0/);
  expect((await cli('metrics')).stdout).toContain('cni_hook_attachments{network="mynet",state="unreadable"} 1');
});

test('what a container has that lives is no garbage, though its record can not be read', async () => {
  const container = await host().netns();
  const state = creating('c1', container.pid, {'io.cni-hook.ports': '8080:80', 'io.cni-hook.hostname': 'shop'});
  expect(await host().hook('createRuntime', state)).toMatchObject({exitCode: 0});
  await sh(`echo torn >${stateDir}/containers/c1/mynet:eth0.json`);
  for (const flags of [['--dry-run'], [], ['--networks']]) {
    expect(await cli('gc', ...flags)).toEqual({exitCode: 0, stdout: '', stderr: 'there is nothing to take back'});
  }
  expect(await host().must('nft', ['list', 'map', 'inet', 'cni-hook', 'ports-all4'])).toContain('8080');
  expect((await cli('graph')).stdout).toMatch(/└─ ! unreadable: c1 eth0 {2}veth[0-9a-f]{11}$/);
  await container.end();
  const {stdout} = await cli('gc');
  expect(stdout).toMatch(/^taken back: published ports of container "c1"/m);
  expect(await cli('gc', '--dry-run')).toMatchObject({stdout: ''});
});

test('a directory in the place of a file is named, and hides nothing else', async () => {
  await attach('c1', '--network', 'mynet');
  await attach('c2');
  await sh(`rm ${stateDir}/log.jsonl; mkdir ${stateDir}/log.jsonl`);
  const log = `cannot read the log "${stateDir}/log.jsonl": `;
  expect(await cli('logs')).toMatchObject({exitCode: 1, stderr: expect.stringContaining(`cni-hook logs: ${log}`)});
  const inspected = await cli('inspect', 'c1');
  expect(inspected).toMatchObject({exitCode: 0, stderr: expect.stringContaining(log)});
  expect(inspected.stdout).toMatch(/^container c1, network mynet, interface eth0: alive/);
  expect(await cli('metrics')).toMatchObject({
    exitCode: 0,
    stdout: expect.stringContaining('cni_hook_attachments{network="mynet",state="alive"} 2'),
  });

  await sh(`mkdir -p ${stateDir}/names/other/hosts ${stateDir}/containers/c3`);
  const {exitCode, stdout, stderr} = await cli('gc');
  expect({exitCode, stderr}).toEqual({exitCode: 1, stderr: ''});
  expect(stdout).toMatch(/^failed: a look for leftovers: cannot read "[^"]*\/names\/other\/hosts": /m);
  expect(stdout).toMatch(/^taken back: .*\/containers\/c3, in which there is no record$/m);
  expect((await cli('doctor')).stdout).toMatch(/^error {4}orphans {6}this could not be looked at: cannot read "/m);
});

test('without root each says in one line what it may not look at', async () => {
  await attach('c1');
  await sh(`touch /run/cni-hook-executable; mount --bind ${executable} /run/cni-hook-executable`);
  for (const command of ['doctor', 'graph', 'metrics']) {
    const nobody = ['--reuid=54321', '--regid=54321', '--clear-groups', '/run/cni-hook-executable', command];
    const {exitCode, stdout, stderr} = await host().run('setpriv', nobody);
    expect({exitCode, stdout}).toEqual({exitCode: 1, stdout: ''});
    expect(stderr).toMatch(new RegExp(`^cni-hook ${command}: [^\n]*run this as root$`));
  }
  await sh('umount /run/cni-hook-executable');
});

test('a reader that goes away ends each without a word', async () => {
  await attach('c1');
  for (const command of ['doctor', 'graph', 'graph --format svg', 'metrics']) {
    const script = `{ ${executable} ${command}; echo "exit $?" >&2; } | head -c 1 >/dev/null`;
    const {stderr} = await host().run('bash', ['-c', script]);
    expect(stderr).toMatch(/^exit [01]$/);
  }
});

test('in a terminal of 60 columns the tree is no wider, and keeps its marks', async () => {
  await attach('a-container-with-a-name-that-is-rather-long-for-a-terminal');
  await sh('for link in $(ls /sys/class/net | grep ^veth); do ip link set $link down; done');
  const {stdout} = await host().run('script', ['-qc', `stty cols 60; ${executable} graph`, '/dev/null'], {
    env: {TERM: 'xterm', NO_COLOR: '1'},
  });
  const lines = stdout.replaceAll('\r', '').split('\n');
  expect(lines.map(line => Array.from(line).length).filter(length => length > 60)).toEqual([]);
  expect(lines.at(-1)).toMatch(/^ {3}└─ ! down: a-container-.*…$/);
});

test('metrics are of the text format, with numbers that are right', async () => {
  await attach('c1');
  await attach('c2');
  const {stdout} = await cli('metrics');
  for (const line of stdout.split('\n')) {
    expect(line).toMatch(
      /^(# (HELP|TYPE) cni_hook_\w+ .+|cni_hook_\w+(\{\w+="[^"\n]*"(,\w+="[^"\n]*")*\})? -?[\d.e+-]+)$/,
    );
  }
  expect(stdout).toContain('cni_hook_addresses_used{network="mynet",range="172.19.1.1-172.19.1.254"} 2\n');
  expect(stdout).toContain('cni_hook_addresses_free{network="mynet",range="172.19.1.1-172.19.1.254"} 251\n');
  expect(stdout).toContain('cni_hook_attachments{network="mynet",state="alive"} 2\n');
  expect(stdout).toContain('cni_hook_log_operations{event="createRuntime"} 2\n');
  expect(stdout).toContain('cni_hook_log_failures{event="createRuntime"} 0\n');

  const metrics = (await json('metrics')) as {name: string; help: string; samples: {labels: object; value: number}[]}[];
  expect(metrics.map(({name}) => name)).toEqual(stdout.match(/(?<=^# TYPE )\w+/gm));
  for (const metric of metrics) {
    expect(Object.keys(metric)).toEqual(['name', 'help', 'samples']);
    for (const sample of metric.samples)
      expect(sample).toEqual({labels: expect.any(Object), value: expect.any(Number)});
  }
});

test('metrics in a file are there whole, and nothing beside them', async () => {
  await attach('c1');
  await sh('mkdir /run/textfiles');
  expect(await cli('metrics', '--output', '/run/textfiles/cni.prom')).toMatchObject({exitCode: 0, stdout: ''});
  expect(host().read('/run/textfiles/cni.prom')).toMatch(/^# HELP [\s\S]*\n$/);
  expect(host().list('/run/textfiles')).toEqual(['cni.prom']);
  expect(await cli('metrics', '-o', '/run/nowhere/cni.prom')).toMatchObject({
    exitCode: 1,
    stderr: expect.stringMatching(/^cni-hook metrics: cannot write "\/run\/nowhere\/cni\.prom": [^\n]*$/),
  });
});

test('five hundred attachments: each answers, and how long it takes is printed', async () => {
  const wide = JSON.parse(JSON.stringify(classic).replaceAll('172.19.1.0/24', '172.19.0.0/16')) as object;
  host().write('/etc/cni/net.d/10-mynet.conflist', wide);
  await attach('c0');
  const record = JSON.parse(host().read(`${stateDir}/containers/c0/mynet:eth0.json`)) as {
    leases: [string];
    result: {ips: [{address: string}]};
  };
  // The records of others like it, whose interfaces are gone and whose process lives.
  for (let i = 1; i < 500; i++) {
    const address = `172.19.${1 + (i >> 8)}.${i & 255}`;
    const result = {...record.result, ips: [{...record.result.ips[0], address: `${address}/16`}]};
    host().write(`${stateDir}/containers/c${i}/mynet:eth0.json`, {...record, containerId: `c${i}`, result});
    host().write(`${record.leases[0]}/${address}`, `c${i}\r\neth0`);
  }
  expect(host().list(record.leases[0]).filter(isLease)).toHaveLength(500);
  const times: string[] = [];
  for (const command of ['graph', 'graph --format svg', 'metrics', 'doctor']) {
    const start = performance.now();
    const {stdout, stderr} = await cli(...command.split(' '));
    times.push(`${command}: ${Math.round(performance.now() - start)} ms`);
    expect(stderr).toBe('');
    expect(stdout.length).toBeGreaterThan(500);
  }
  process.stdout.write(`500 attachments: ${times.join(', ')}\n`);
  expect((await cli('graph')).stdout.match(/c\d+ eth0/g)).toHaveLength(500);
  expect((await cli('metrics')).stdout).toContain('cni_hook_attachments{network="mynet",state="alive"} 500\n');
});
