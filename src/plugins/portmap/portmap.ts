// portmap: ports of the host that lead to the container. The rules are the host's and of a constant number; what comes and
// goes with a container is elements of maps, in one transaction. Pure: a plan from configuration, facts and the result so far.
import {type Facts, noQuestion, type Question} from '../../kernel/facts.ts';
import type {HostPort} from '../../kernel/ports/port.ts';
import {CniError} from '../../spec/error.ts';
import type {Result} from '../../spec/result.ts';
import type {AttachmentRequest, InterfacePlugin, Planned} from '../plugin.ts';
import {check} from './check.ts';
import {type PortmapConfig, parsePortmapConfig} from './config.ts';
import {type Place, placeOf} from './place.ts';
import {bridgePasses, elementsOf, hostPortsOf, openLoopback, portsFor, publish, reflect} from './publish.ts';
import {refuseTaken} from './taken.ts';

export const portmap: InterfacePlugin = {
  type: 'portmap',
  stray: () => [],
  prepare: (conf, request) => {
    const config = parsePortmapConfig(conf);
    const {containerId} = request;
    const ports = {wanted: wantedBy(config), containerId};
    const question: Question = {...noQuestion, sysctls: Object.values(bridgePasses), ports};
    const isIdle = config.mappings.length === 0;
    return {
      ipam: undefined,
      makes: undefined,
      tools: ['nft'],
      question: isIdle ? noQuestion : question,
      questionAfter: previous => (isIdle ? noQuestion : {...question, ...linksOf(placeOf(previous, request.ifName))}),
      add: (facts, _ipam, previous) => planAdd(config, request, facts, previous),
      checkQuestion: result => (isIdle ? noQuestion : checkQuestion(config, request, result, question)),
      check: (facts, result) => (isIdle ? [] : check(config, request, facts, result)),
      obstacles: () => [],
    };
  },
};

function planAdd(
  config: PortmapConfig,
  request: AttachmentRequest,
  facts: Facts,
  previous: Result | undefined,
): Planned {
  if (!previous) {
    const what = 'there is no result of a plugin before it: list "portmap" after the one that makes the interface';
    throw new CniError('invalidConfig', `network "${request.network}", plugin "portmap": ${what}`);
  }
  if (config.mappings.length === 0) return {plan: {shared: [], own: []}, result: previous};
  const place = placeOf(previous, request.ifName, facts.way);
  const ports = portsFor(config, request, place);
  refuseTaken(request, facts.ports?.taken ?? [], ports);
  const open = openLoopback(config, ports, place, facts);
  // What a bridge shares is opened once for all; the end of a pair is this container's own.
  const {isShared} = place;
  return {
    plan: {
      shared: [...(facts.ports?.stands ? [] : [{op: 'ports.set', present: true} as const]), ...(isShared ? open : [])],
      own: [...(isShared ? [] : open), ...reflect(config, place, facts), ...publish(config, request, ports, place)],
    },
    result: previous,
  };
}

/** The ports that the maps must have free: those on conditions may lead to many. */
const wantedBy = ({mappings, conditions}: PortmapConfig): readonly HostPort[] =>
  mappings.flatMap(mapping => hostPortsOf(mapping).filter(({family}) => conditions[family] === undefined));

/** What to ask of the links that it is behind. */
const linksOf = ({link, port, wayTo}: Place): Pick<Question, 'hostLinks' | 'wayTo'> => ({
  hostLinks: [...new Set([link, port])].filter(name => name !== undefined),
  wayTo,
});

function checkQuestion(
  config: PortmapConfig,
  request: AttachmentRequest,
  result: Result,
  question: Question,
): Question {
  const {network, containerId, ifName} = request;
  const place = placeOf(result, ifName);
  const elements = elementsOf(config, portsFor(config, request, place), place);
  const onCondition = Object.values(config.conditions).some(condition => condition !== undefined);
  const held = {...elements, attachment: {network, containerId, ifName}, onCondition};
  return {...question, ...linksOf(place), ports: {wanted: [], containerId, held}};
}
