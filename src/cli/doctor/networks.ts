// The files of the conf dir and the plugins that they name. A file that is wrong takes nothing else down, so the mending
// command for what only a person can put right is the one that says where it is wrong.
import {accessSync, constants, existsSync, statSync} from 'node:fs';
import {quoted} from '../../kernel/shell.ts';
import {type Fault, fault, type Part} from '../../runtime/doctor/finding.ts';
import {loadAll} from '../../runtime/load.ts';
import type {Settings} from '../../runtime/settings.ts';
import {CniError} from '../../spec/error.ts';
import {Fields} from '../../spec/fields.ts';
import {type NetworkView, viewNetworks} from '../network-views.ts';

/** Where Debian's and Fedora's packages put plugins. */
const packaged = ['/usr/lib/cni', '/usr/libexec/cni'];

export const networks: Part = {
  area: 'networks',
  inOrder: 'every file of the conf dir is right, and the plugins that they name are there',
  examine: function* ({settings, ourCommand}) {
    const views = viewNetworks(settings);
    if (views.length === 0) {
      yield fault('warning', `there is no network in ${settings.confDir}: put a .conflist there, or run install.sh`);
    }
    for (const view of views) {
      for (const problem of view.problems) yield wrong(view, problem, settings, ourCommand);
      yield* exhausted(view, ourCommand);
    }
    yield* notExecutable(settings);
  },
};

function wrong(
  {file, name}: NetworkView,
  problem: string,
  settings: Settings,
  ourCommand: (words: string) => string,
): Fault {
  const what = problem.startsWith(file) ? problem : `${file}: ${problem}`;
  const [, type] = /^there is no plugin "([^"/]+)"/.exec(problem) ?? [];
  const source = packaged.map(directory => `${directory}/${type}`).find(path => type !== undefined && existsSync(path));
  const [directory] = settings.pluginDirs;
  if (source !== undefined && directory !== undefined) {
    return fault('error', what, `mkdir -p ${quoted(directory)}`, `ln -s ${source} ${quoted(`${directory}/${type}`)}`);
  }
  if (problem.endsWith('this file is never used')) return fault('warning', what, `rm ${quoted(file)}`);
  return fault('error', what, ourCommand(name === undefined ? 'validate' : `validate ${name}`));
}

function* exhausted({name, ranges}: NetworkView, ourCommand: (words: string) => string): Generator<Fault> {
  for (const {start, end, free} of ranges) {
    if (free > 0) continue;
    yield fault('error', `network "${name}" has no address left in ${start}-${end}`, ourCommand(`gc ${name}`));
  }
}

function* notExecutable({confDir, pluginDirs}: Settings): Generator<Fault> {
  const types = [...loadAll(confDir)].flatMap(({network}) =>
    network instanceof CniError
      ? []
      : network.plugins.flatMap(({type, json}) => [type, new Fields(json, '').child('ipam').string('type')]),
  );
  for (const type of new Set(types.filter(name => name !== ''))) {
    const file = pluginDirs.map(directory => `${directory}/${type}`).find(path => existsSync(path));
    if (file !== undefined && statSync(file).isFile() && !mayRun(file)) {
      yield fault('error', `the plugin ${file} is not executable`, `chmod 755 ${quoted(file)}`);
    }
  }
}

function mayRun(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
