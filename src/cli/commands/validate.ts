// `validate [NETWORK]`: what is wrong with the networks, by file, line and key.
import {readFileSync} from 'node:fs';
import {string} from '@oclif/core/args';
import {verbsOf} from '../../runtime/call/verbs-of.ts';
import {probeVersions} from '../../runtime/libcni/probe-version.ts';
import {loadAll} from '../../runtime/load.ts';
import type {Settings} from '../../runtime/settings.ts';
import {CniError, isKind, reasonOf} from '../../spec/error.ts';
import {Fields} from '../../spec/fields.ts';
import type {Network} from '../../spec/network.ts';
import {checkVersion, compareVersions} from '../../spec/version.ts';
import {BaseCommand} from '../base.ts';
import {lineOfComplaint} from '../key-line.ts';
import {type NetworkView, viewNetworks} from '../network-views.ts';
import {printable} from '../terminal.ts';

interface Problem {
  readonly file: string;
  /** Absent where no single line is to blame. */
  readonly line?: number;
  readonly network?: string;
  readonly problem: string;
}

export default class Validate extends BaseCommand {
  static override readonly description =
    'Every file of the conf dir, or one network: form, names, keys, ranges that overlap, plugins that are not there or do not speak the version. Exit code 1 if anything is wrong.';

  static override readonly args = {network: string({description: 'Only this network.'})};

  async run(): Promise<readonly Problem[]> {
    const {args, flags} = await this.parse(Validate);
    const settings = this.settingsFrom(flags);
    const views = viewNetworks(settings).filter(({name}) => args.network === undefined || name === args.network);
    if (views.length === 0) {
      const what = args.network === undefined ? 'no network' : `no network "${args.network}"`;
      throw new CniError('unknownNetwork', `there is ${what} in ${settings.confDir}`);
    }
    const problems = views.flatMap(view => problemsOf(view, settings));
    this.print(problems.map(({file, line, problem}) => printable(`${file}:${line ? `${line}:` : ''} ${problem}`)));
    if (problems.length > 0) process.exitCode = 1;
    else
      this.note(views.length === 1 ? 'nothing is wrong with it' : `nothing is wrong with the ${views.length} networks`);
    return problems;
  }
}

function problemsOf({file, name, problems}: NetworkView, settings: Settings): readonly Problem[] {
  const text = textOf(file);
  const loaded = [...loadAll(settings.confDir)].find(item => item.file === file);
  const network = loaded?.network;
  const unspoken = network && !(network instanceof CniError) ? unspokenIn(network, settings) : [];
  return [...problems, ...unspoken].map(whole => {
    // Where the form is wrong, the complaint begins with file, line and column.
    const rest = whole.startsWith(file) ? whole.slice(file.length).replace(/^[: ]+/, '') : whole;
    const [, line, column, what] = /^(\d+):(\d+): (.*)$/.exec(rest) ?? [];
    const problem = what === undefined ? rest : `${what}, at column ${column}`;
    const at = line === undefined ? lineOfComplaint(text, problem) : Number(line);
    return {file, ...(at !== undefined && {line: at}), ...(name !== undefined && {network: name}), problem};
  });
}

/** A version that we do not speak, or plugins that do not. One that is not there is a problem already. */
function unspokenIn({plugins, cniVersion}: Network, settings: Settings): readonly string[] {
  try {
    checkVersion(cniVersion);
  } catch (error) {
    return [reasonOf(error)];
  }
  const foreign = plugins.flatMap(({type, json}) => {
    const conf = new Fields(json, '');
    const ipam = conf.child('ipam').string('type');
    const isFile = verbsOf(type) === undefined || conf.child('cni-hook').boolean('external');
    return [...(isFile ? [type] : []), ...(ipam !== '' && verbsOf(ipam) === undefined ? [ipam] : [])];
  });
  return [...new Set(foreign)].flatMap(type => {
    try {
      const versions = probeVersions(settings, type, cniVersion);
      if (versions.some(version => compareVersions(version, cniVersion) === 0)) return [];
      const known = versions.join(', ');
      return [`plugin "${type}" does not speak "cniVersion" ${cniVersion} of the network: it speaks ${known}`];
    } catch (error) {
      return isKind(error, 'unknownPlugin') ? [] : [reasonOf(error)];
    }
  });
}

function textOf(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}
