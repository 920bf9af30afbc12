// Golden plans: a folder in cases/ holds a network, what the host is like if it is not bare, and the plan as text: what
// is done for the network and for the container, how both are taken back, and the result. To add a case, add a folder with
// its network.conflist and run `UPDATE_PLANS=1 npm test -- --selectProjects unit`; then read what it wrote.
import {existsSync, readdirSync, readFileSync, writeFileSync} from 'node:fs';
import {expect, test} from '@jest/globals';
import type {Facts, Link} from '../../src/kernel/facts.ts';
import {render} from '../../src/kernel/render.ts';
import {undoOf} from '../../src/kernel/undo.ts';
import {prepareChain} from '../../src/runtime/chain.ts';
import {reasonOf} from '../../src/spec/error.ts';
import type {JsonObject} from '../../src/spec/fields.ts';
import {parseNetworkList} from '../../src/spec/network.ts';
import {bareHost, cni0, portsOver, request} from '../plugins/situation.ts';

const cases = new URL('cases/', import.meta.url);
const dataDir = '/var/lib/cni/networks';

test.each(readdirSync(cases))('%s', name => {
  const folder = new URL(`${name}/`, cases);
  const plan = planAsText(readJson(new URL('network.conflist', folder)), readHost(new URL('host.json', folder)));
  const golden = new URL('plan.txt', folder);
  if (process.env.UPDATE_PLANS) writeFileSync(golden, plan);
  if (!existsSync(golden))
    throw new Error(`${golden.pathname} is missing: run with UPDATE_PLANS=1, and read what it wrote`);
  expect(plan).toBe(readFileSync(golden, 'utf8'));
});

function planAsText(conflist: JsonObject, facts: Facts): string {
  try {
    const {network} = parseNetworkList(conflist, 'network.conflist');
    const [segment] = prepareChain(network, request, dataDir).segments;
    if (segment?.kind !== 'own') return 'the first plugin is not ours\n';
    const {plan, result} = segment.plan(facts, segment.lease(portsOver()), undefined);
    return [
      ...section('once for the network', render(plan.shared, request.netns)),
      ...section('for the container', render(plan.own, request.netns)),
      ...section('to take the container back', render(undoOf(plan.own, facts), request.netns)),
      ...section('to take the network back', render(undoOf(plan.shared, facts), request.netns)),
      ...section('the result', JSON.stringify(result, null, 2).split('\n')),
    ].join('\n');
  } catch (error) {
    return `cannot: ${reasonOf(error)}\n`;
  }
}

const section = (title: string, lines: readonly string[]): readonly string[] => [`# ${title}`, ...lines, ''];

/** What host.json says, over a bare host; of a link only what is special. */
function readHost(path: URL): Facts {
  if (!existsSync(path)) return bareHost;
  const said = readJson(path) as Partial<Facts>;
  const links = Object.entries(said.host ?? {}) as readonly (readonly [string, Partial<Link>])[];
  return {
    ...bareHost,
    ...said,
    host: Object.fromEntries(links.map(([name, link]) => [name, {...cni0, ...link, name}])),
  };
}

const readJson = (path: URL): JsonObject => JSON.parse(readFileSync(path, 'utf8')) as JsonObject;
