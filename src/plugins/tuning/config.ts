// The keys of tuning, parsed once. Of what is asked for more than once CNI_ARGS win over the plugin's own keys, the capability
// over these, and `args` over that: the reverse of what other plugins do with a MAC, as the reference has it.
import {checkKnown} from '../../spec/cni-args.ts';
import {CniError, reasonOf} from '../../spec/error.ts';
import type {Fields} from '../../spec/fields.ts';
import {macIn, macInArgs} from '../interface/mac.ts';
import type {AttachmentRequest} from '../plugin.ts';
import {sysctlKey} from './sysctl-key.ts';

export interface Sysctl {
  /** As the configuration names it: that is what an allowlist is held against. */
  readonly name: string;
  /** Below /proc/sys. */
  readonly key: string;
  readonly value: string;
}

/** What is not asked for is absent, and stays as it is. */
export interface LinkSettings {
  readonly mac?: string;
  readonly mtu?: number;
  readonly promisc?: true;
  readonly allmulti?: boolean;
  readonly queueLength?: number;
}

export interface TuningConfig {
  readonly sysctls: readonly Sysctl[];
  readonly link: LinkSettings;
}

const most = 2 ** 32 - 1;

/** Throws `invalidConfig`, `invalidEnvironment`. */
export function parseTuningConfig(conf: Fields, request: AttachmentRequest): TuningConfig {
  const args = conf.child('args').child('cni');
  const where = (key: string) => (args.raw(key) === undefined ? conf : args);
  const mac = parseLinkMac(conf, args, request);
  const mtu = where('mtu').integer('mtu', 0, 0, 65535);
  const queueLength = where('txQLen').integer('txQLen', -1, 0, most);
  return {
    sysctls: parseSysctls(conf, args, request),
    link: {
      ...(mac !== undefined && {mac}),
      ...(mtu !== 0 && {mtu}),
      ...(where('promisc').boolean('promisc') && {promisc: true}),
      ...(where('allmulti').raw('allmulti') !== undefined && {allmulti: where('allmulti').boolean('allmulti')}),
      ...(queueLength >= 0 && {queueLength}),
    },
  };
}

function parseLinkMac(conf: Fields, args: Fields, request: AttachmentRequest): string | undefined {
  checkKnown(request.args, ['MAC']);
  return macIn(args) ?? macIn(conf.child('runtimeConfig')) ?? macInArgs(request.args) ?? macIn(conf);
}

function parseSysctls(conf: Fields, args: Fields, {ifName}: AttachmentRequest): readonly Sysctl[] {
  const configured = sysctlsIn(conf, ifName);
  const asked = sysctlsIn(args, ifName);
  return [...configured.filter(({key}) => !asked.some(other => other.key === key)), ...asked];
}

function sysctlsIn(fields: Fields, ifName: string): readonly Sysctl[] {
  const settings = fields.child('sysctl');
  const sysctls = Object.keys(settings.object).map(name => ({
    name,
    key: keyIn(settings, name, ifName),
    value: valueIn(settings, name),
  }));
  const double = sysctls.find(({key}, i) => sysctls.findIndex(other => other.key === key) !== i);
  if (!double) return sysctls;
  throw new CniError('invalidConfig', `${settings.where}: "${double.name}" is there twice`);
}

function keyIn(settings: Fields, name: string, ifName: string): string {
  try {
    return sysctlKey(name, ifName);
  } catch (cause) {
    throw new CniError('invalidConfig', `${settings.where}: ${reasonOf(cause)}`, {cause});
  }
}

function valueIn(settings: Fields, name: string): string {
  const value = settings.string(name);
  if (/[^\P{Cc}\t]/u.test(value)) throw settings.wrong(name, 'one line', value);
  return value;
}
