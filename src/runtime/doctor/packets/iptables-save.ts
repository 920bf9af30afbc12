// What `iptables-legacy-save -t filter` says, as a ruleset: the old iptables has tables of its own, which nft does not show.
import {contains, parseCidr} from '../../../spec/address.ts';
import {
  type Answer,
  type Chain,
  eachWay,
  type ForwardChain,
  type Packet,
  type Rule,
  type Verdict,
  type Ways,
} from './ruleset.ts';

/** Of iptables, old or new. */
export const iptablesWays: Ways = {link: ['-i', '-o'], subnet: {4: ['-s', '-d'], 6: ['-s', '-d']}};

/** Its FORWARD chain. `command` is the iptables that manages it. */
export function forwardChainOf(text: string, command: 'iptables-legacy' | 'ip6tables-legacy'): ForwardChain {
  const lines = text.split('\n');
  const names = lines.flatMap(line => /^:(\S+)/.exec(line)?.[1] ?? []);
  const chains = names.map(name => ({name, rules: rulesOf(lines, name)}));
  const forward = chains.find(({name}) => name === 'FORWARD') ?? {name: 'FORWARD', rules: []};
  const entry = names.includes('DOCKER-USER') ? 'DOCKER-USER' : 'FORWARD';
  return {
    ...forward,
    title: `chain "FORWARD" of ${command}`,
    families: command === 'iptables-legacy' ? [4] : [6],
    policy: lines.some(line => line.startsWith(':FORWARD DROP')) ? 'drop' : 'accept',
    others: chains satisfies readonly Chain[],
    letThrough: network => eachWay(network, iptablesWays).map(way => `${command} -I ${entry} ${way} -j ACCEPT`),
  };
}

function rulesOf(lines: readonly string[], chain: string): readonly Rule[] {
  return lines.filter(line => line.startsWith(`-A ${chain} `)).map(line => ruleOf(line));
}

function ruleOf(line: string): Rule {
  const words = line.split(' ').slice(2);
  const conditions: ((packet: Packet) => Answer)[] = [];
  let verdict: Verdict | undefined;
  for (let i = 0; i < words.length; i++) {
    const isNot = words[i] === '!';
    if (isNot) i++;
    const [option = '', value = ''] = [words[i], words[i + 1]];
    if (option === '-j' || option === '-g') verdict = verdictOf(option, value);
    // Whatever stands behind the target belongs to it.
    if (option === '-j' || option === '-g') break;
    const condition = conditionOf(option, value);
    if (!condition) continue;
    conditions.push(packet => negate(condition(packet), isNot));
    i++;
  }
  return {text: line, conditions, verdict: () => verdict};
}

const negate = (answer: Answer, isNot: boolean): Answer => (answer === undefined || !isNot ? answer : !answer);

/** Undefined for what is no condition by itself: "-m" names a module, whose options follow and are not understood. */
function conditionOf(option: string, value: string): ((packet: Packet) => Answer) | undefined {
  if (option === '-i') return ({from}) => isInterface(from, value);
  if (option === '-o') return ({to}) => isInterface(to, value);
  if (option === '-s') return ({source}) => contains(parseCidr(value), source);
  if (option === '-d') return ({destination}) => contains(parseCidr(value), destination);
  if (option === '-p') return () => value === 'tcp' || value === 'all';
  if (option === '--ctstate' || option === '--state') {
    return ({state}) => value.split(',').includes(state.toUpperCase());
  }
  if (option === '-m') return () => (/^(comment|conntrack|state|tcp)$/.test(value) ? true : undefined);
  if (option === '--comment') return () => true;
  return option.startsWith('-') ? () => undefined : undefined;
}

const isInterface = (name: string, pattern: string): boolean =>
  pattern.endsWith('+') ? name.startsWith(pattern.slice(0, -1)) : name === pattern;

function verdictOf(option: string, target: string): Verdict | undefined {
  if (target === 'ACCEPT') return {kind: 'accept'};
  if (target === 'DROP' || target === 'REJECT') return {kind: 'drop'};
  if (target === 'RETURN') return {kind: 'return'};
  if (/^(LOG|NFLOG|MARK|CONNMARK|TCPMSS)$/.test(target)) return undefined;
  return {kind: option === '-g' ? 'goto' : 'jump', target};
}
