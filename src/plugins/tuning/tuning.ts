// tuning: changes sysctls and settings of the interface that an earlier plugin of the chain has made. What they were before
// is in the undo of the plan, so that DEL puts it back; on an interface that the same plan makes nothing was before.
// Pure: from configuration and facts to a plan.
import {type Facts, type Link, noQuestion, type Question} from '../../kernel/facts.ts';
import type {SetLink, SetSysctl} from '../../kernel/op.ts';
import {CniError} from '../../spec/error.ts';
import type {Result} from '../../spec/result.ts';
import {sysctl} from '../interface/sysctl.ts';
import type {AttachmentRequest, Fault, InterfacePlugin, Planned} from '../plugin.ts';
import {allowlistFile, checkAllowed} from './allowlist.ts';
import {type LinkSettings, parseTuningConfig, type TuningConfig} from './config.ts';

export const tuning: InterfacePlugin = {
  type: 'tuning',
  // What it has changed goes with the interface.
  stray: () => [],
  prepare: (conf, request) => {
    const config = parseTuningConfig(conf, request);
    const question: Question = {
      ...noQuestion,
      containerLinks: [request.ifName],
      containerSysctls: config.sysctls.map(({key}) => key),
    };
    return {
      ipam: undefined,
      makes: undefined,
      tools: [],
      question: config.sysctls.length > 0 ? {...question, files: [allowlistFile]} : question,
      add: (facts, _ipam, previous) => planAdd(config, request, facts, previous),
      checkQuestion: () => question,
      check: facts => check(config, request, facts),
      obstacles: () => [],
    };
  },
};

function planAdd(
  config: TuningConfig,
  request: AttachmentRequest,
  facts: Facts,
  previous: Result | undefined,
): Planned {
  const {network, ifName} = request;
  if (!previous) {
    const reason = 'tuning needs "prevResult": a plugin that makes an interface must come before it';
    throw new CniError('invalidConfig', `network "${network}": ${reason}`);
  }
  checkAllowed(config.sysctls, facts.files?.[allowlistFile], network);
  const {mac, mtu} = config.link;
  const told = {...(mac !== undefined && {mac}), ...(mtu !== undefined && {mtu})};
  const interfaces = previous.interfaces.map(item =>
    item.name === ifName && item.sandbox !== undefined ? {...item, ...told} : item,
  );
  const own = [...setSysctls(config), ...setLink(ifName, config.link)];
  return {plan: {shared: [], own}, result: {...previous, interfaces}};
}

const setSysctls = ({sysctls}: TuningConfig): readonly SetSysctl[] =>
  sysctls.map(({key, value}) => sysctl('container', key, value));

const setLink = (link: string, settings: LinkSettings): readonly SetLink[] =>
  Object.keys(settings).length > 0 ? [{op: 'link.set', netns: 'container', link, ...settings}] : [];

function check(config: TuningConfig, {ifName}: AttachmentRequest, facts: Facts): readonly Fault[] {
  const link = facts.container[ifName];
  const wrong = setSysctls(config).filter(({key, value}) => !isSame(facts.containerSysctls?.[key], value));
  return [
    ...wrong.map(op => ({
      what: `"${op.key}" is ${shown(facts.containerSysctls?.[op.key])}, not "${op.value}"`,
      mend: [op],
    })),
    ...(link ? checkLink(config.link, link) : [{what: `there is no "${ifName}"`, mend: []}]),
  ];
}

const shown = (value: string | undefined): string => (value === undefined ? 'not there' : `"${value}"`);

/** Several numbers are kept apart by one blank or another. */
function isSame(found: string | undefined, wanted: string): boolean {
  const plain = (text: string) => text.trim().replaceAll(/\s+/g, ' ');
  return found !== undefined && plain(found) === plain(wanted);
}

/** Promiscuous mode that somebody else has turned on is no fault. */
function checkLink(settings: LinkSettings, link: Link): readonly Fault[] {
  const found = {...link, allmulti: link.allmulti ?? false};
  const keys = Object.keys(settings) as (keyof LinkSettings)[];
  return keys
    .filter(key => found[key] !== settings[key])
    .map(key => ({
      what: `${words[key]} of "${link.name}" is ${found[key]}, not ${settings[key]}`,
      mend: setLink(link.name, {[key]: settings[key]}),
    }));
}

const words: Readonly<Record<keyof LinkSettings, string>> = {
  mac: 'MAC',
  mtu: 'MTU',
  promisc: 'promiscuous mode',
  allmulti: 'receiving all multicast',
  queueLength: 'queue length',
};
