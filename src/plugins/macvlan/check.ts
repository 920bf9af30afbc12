// What of a macvlan attachment is missing or changed, each with what mends it.
import type {Facts, Link} from '../../kernel/facts.ts';
import {reasonOf} from '../../spec/error.ts';
import type {Result} from '../../spec/result.ts';
import {checkContainerEnd, ipsOf} from '../interface/check-container-end.ts';
import type {AttachmentRequest, Fault} from '../plugin.ts';
import type {MacvlanConfig} from './config.ts';
import {masterOf, planOwn} from './own.ts';

export function check(
  config: MacvlanConfig,
  request: AttachmentRequest,
  facts: Facts,
  result: Result,
): readonly Fault[] {
  const {ifName: name} = request;
  const link = facts.container[name];
  const told = result.interfaces.find(item => item.name === name && item.sandbox !== undefined)?.mac ?? '';
  if (!link) return [again(config, request, facts, result, told)];
  return [
    ...checkKind(config, request, link, facts),
    ...checkContainerEnd({name, mac: told, up: true, afterwards: () => [], ownRoutes: []}, link, facts, result),
  ];
}

/** It is made again with the MAC that the result tells. */
function again(config: MacvlanConfig, request: AttachmentRequest, facts: Facts, result: Result, mac: string): Fault {
  const what = `the macvlan "${request.ifName}" is not there`;
  try {
    const master = masterOf(config, request, facts);
    const same = mac === '' ? config : {...config, mac};
    return {what, mend: planOwn(same, request, master, ipsOf(result, request.ifName), result.routes, facts)};
  } catch (error) {
    return {what: `${what}; ${reasonOf(error)}`, mend: []};
  }
}

/** The default route may go by another interface today than at the ADD: only a master that was named is looked at. */
function checkKind(
  {master, masterInside, mode}: MacvlanConfig,
  {ifName}: AttachmentRequest,
  link: Link,
  facts: Facts,
): readonly Fault[] {
  if (link.kind !== 'macvlan') return [{what: `"${ifName}" is no macvlan`, mend: []}];
  const wrongMode = link.macvlanMode !== mode;
  const parent = master === undefined ? undefined : (masterInside ? facts.container : facts.host)[master];
  const wrongMaster = master !== undefined && link.peer !== parent?.index;
  return [
    ...(wrongMode ? [{what: `macvlan "${ifName}" has mode ${link.macvlanMode}, not ${mode}`, mend: []}] : []),
    ...(wrongMaster ? [{what: `macvlan "${ifName}" is not one of "${master}"`, mend: []}] : []),
  ];
}
