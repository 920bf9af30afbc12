// The interfaces that macvlan networks are made of: without one no container starts, and by one that is down nothing arrives.
// What becomes of their packets behind it is not this host's to say: they pass neither its forwarding nor its firewall.
import {parseMacvlanConfig} from '../../plugins/macvlan/config.ts';
import {noCniArgs} from '../../spec/cni-args.ts';
import {Fields} from '../../spec/fields.ts';
import type {Network} from '../../spec/network.ts';
import type {HostLinks} from '../topology.ts';
import {type Fault, fault, type Part} from './finding.ts';

export const masters: Part = {
  area: 'macvlan',
  inOrder: 'the interfaces that macvlan networks are made of are there, and up',
  examine: function* ({host, networks}) {
    for (const network of networks) yield* faultsOf(network, host);
  },
};

function* faultsOf({name, plugins, file}: Network, {links, defaultRoutes}: HostLinks): Generator<Fault> {
  for (const {json} of plugins.filter(({type}) => type === 'macvlan')) {
    const config = parse(new Fields(json, name), name);
    if (!config || config.masterInside) continue;
    const {master} = config;
    const uplink = defaultRoutes[0]?.link;
    const link = links.find(other => (master === undefined ? other.index === uplink : other.name === master));
    if (!link) {
      const what = master === undefined ? 'of the default route, and there is none' : `"${master}", which is not there`;
      yield fault('error', `network "${name}" is made of the interface ${what}: give it another "master" in ${file}`);
    } else if (!link.up) {
      yield fault(
        'error',
        `"${link.name}", which network "${name}" is made of, is down`,
        `ip link set ${link.name} up`,
      );
    }
  }
}

/** What can't be parsed is another part's finding. */
function parse(conf: Fields, network: string): ReturnType<typeof parseMacvlanConfig> | undefined {
  try {
    return parseMacvlanConfig(conf, {network, containerId: '', ifName: '', netns: '', salt: '', args: noCniArgs});
  } catch {
    return undefined;
  }
}
