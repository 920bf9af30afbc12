// What of an attachment's published ports is missing, each with what puts it back.
import type {Facts} from '../../kernel/facts.ts';
import type {Op} from '../../kernel/op.ts';
import type {Result} from '../../spec/result.ts';
import {missing} from '../interface/fault.ts';
import type {AttachmentRequest, Fault} from '../plugin.ts';
import type {PortmapConfig} from './config.ts';
import {placeOf} from './place.ts';
import {isEmpty, openLoopback, portsFor, publish, reflect} from './publish.ts';

export function check(
  config: PortmapConfig,
  request: AttachmentRequest,
  facts: Facts,
  result: Result,
): readonly Fault[] {
  const place = placeOf(result, request.ifName, facts.way);
  const ports = portsFor(config, request, place);
  const again = publish(config, request, ports, place);
  const elements = again.filter(op => op.op === 'ports.add');
  const {stands = false, missing: lost, lostRules = false} = facts.ports ?? {};
  const rules: Op = {op: 'ports.set', present: true};
  const isLost = lost !== undefined && !isEmpty(lost);
  return [
    ...(stands ? [] : [missing(rules)]),
    ...(lostRules ? again.filter(op => op.op === 'ports.rules').map(op => missing(op)) : []),
    ...(isLost ? elements.map(op => missing({...op, ...lost})) : []),
    ...openLoopback(config, ports, place, facts).map(op => missing(op)),
    ...reflect(config, place, facts).map(op => ({...missing(op), what: `port "${place.port}" is not hairpin`})),
  ];
}
