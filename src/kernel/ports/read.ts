// What is the case with published ports: whether the rules stand, who has a port, what of an attachment's elements is there.
import type {Kernel} from '../kernel.ts';
import {nftTable, portRuleChains} from '../names.ts';
import {dumpRules, readRuleComment} from '../netlink/nfnetlink.ts';
import type {Answer} from '../netlink/socket.ts';
import {missingElements} from './change.ts';
import {takenByOurs} from './found.ts';
import {listenerOn} from './listening.ts';
import type {HostPort, PortFacts, PortsQuestion, TakenPort} from './port.ts';
import {lookupChain, portChains} from './tables.ts';

/** What is `known` of the rules is not read again. */
export function readPorts(
  kernel: Kernel,
  {wanted, containerId, held}: PortsQuestion,
  known?: Map<string, unknown>,
): PortFacts {
  const netfilter = kernel.netfilter();
  const hasRules = (chain: string): boolean => {
    const what = `rules in ${chain}`;
    const [rules] = known?.has(what) ? [] : netfilter.exchange([dumpRules(nftTable, chain)]);
    if (rules) known?.set(what, isRule(rules));
    return rules ? isRule(rules) : known?.get(what) === true;
  };
  return {
    stands: held ? portChains.every(hasRules) : hasRules(lookupChain),
    taken: [...takenByOurs(netfilter, wanted), ...takenByProcesses(wanted, containerId)],
    ...(held && {missing: missingElements(netfilter, held)}),
    ...(held?.onCondition && {lostRules: !portRuleChains(held.attachment).every(hasRules)}),
  };
}

const isRule = ({replies}: Answer): boolean => replies.some(reply => readRuleComment(reply) !== undefined);

function takenByProcesses(wanted: readonly HostPort[], containerId: string): readonly TakenPort[] {
  return wanted.flatMap(port => {
    const process = listenerOn(port, containerId);
    return process === undefined ? [] : [{port, process}];
  });
}
