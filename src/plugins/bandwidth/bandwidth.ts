// bandwidth: limits what a container that an earlier plugin of the chain has given a pair may receive and send.
// The ifb is the one thing here that stays when the container's netns ends; that DEL takes it away needs only the record.
// Pure: from configuration, the result so far and facts to a plan.
import {type Facts, noQuestion, type Question} from '../../kernel/facts.ts';
import {type Attachment, identityOf, ifbName, madeMac, vethAlias} from '../../kernel/names.ts';
import type {Op} from '../../kernel/op.ts';
import {CniError} from '../../spec/error.ts';
import type {Result} from '../../spec/result.ts';
import type {End} from '../interface/pair.ts';
import type {AttachmentRequest, InterfacePlugin, Planned} from '../plugin.ts';
import {check} from './check.ts';
import {type BandwidthConfig, parseBandwidthConfig} from './config.ts';
import {hostEndOf, planOwn} from './own.ts';

export const bandwidth: InterfacePlugin = {
  type: 'bandwidth',
  stray: (_link, attachment, previous) => dropIfbs(attachment, previous),
  prepare: (conf, request) => {
    const config = parseBandwidthConfig(conf);
    const isIdle = !config.ingress && !config.egress;
    const ifb: End = {name: ifbName(request), mac: madeMac(`ifb ${identityOf(request)}`, request.salt)};
    const question: Question = isIdle
      ? noQuestion
      : {...noQuestion, hostLinks: config.egress ? [ifb.name] : [], peerOf: request.ifName};
    return {
      ipam: undefined,
      makes: undefined,
      tools: [],
      question,
      add: (facts, _ipam, previous) => planAdd(config, request, ifb, facts, previous),
      checkQuestion: ({interfaces}) => {
        if (isIdle) return noQuestion;
        const shaped = interfaces.flatMap(({name, sandbox}) => (sandbox ? [] : [name]));
        return {...question, shaped: [...new Set([...shaped, ...question.hostLinks])]};
      },
      check: (facts, result) => (isIdle ? [] : check(config, request, ifb, facts, result)),
      obstacles: () => [],
    };
  },
};

function planAdd(
  config: BandwidthConfig,
  request: AttachmentRequest,
  ifb: End,
  facts: Facts,
  previous: Result | undefined,
): Planned {
  if (!previous) {
    const reason = 'bandwidth needs "prevResult": a plugin that makes an interface must come before it';
    throw new CniError('invalidConfig', `network "${request.network}": ${reason}`);
  }
  if (!config.ingress && !config.egress) return {plan: {shared: [], own: []}, result: previous};
  const own = planOwn(config, request, hostEndOf(request, facts, previous), ifb, facts);
  const interfaces = config.egress ? [...previous.interfaces, ifb] : previous.interfaces;
  return {plan: {shared: [], own}, result: {...previous, interfaces}};
}

/** Ours, and those that the result tells of: the reference's bear no alias. */
function dropIfbs(attachment: Attachment, previous: Result | undefined): readonly Op[] {
  const told = (previous?.interfaces ?? []).filter(({name, sandbox}) => !sandbox && /^bwp[0-9a-f]{12}$/.test(name));
  return [
    {op: 'ifb.delete', name: ifbName(attachment), alias: vethAlias(attachment)},
    ...told.map(({name}) => ({op: 'ifb.delete', name, alias: undefined}) as const),
  ];
}
