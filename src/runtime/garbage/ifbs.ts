// ifbs of ours that no record knows. One does not go with its container's netns; but as long as something is redirected to
// it the container may live, and would lose whatever it sends.
import {parseVethAlias} from '../../kernel/names.ts';
import {allHostLinks} from '../../kernel/observe.ts';
import {redirectOf} from '../../kernel/observe-shaping.ts';
import {recordsFor} from '../record.ts';
import {concerns, type Garbage, type Search} from './garbage.ts';

export function* findOrphanIfbs(search: Search): Generator<Garbage> {
  const {kernel, settings} = search;
  const links = allHostLinks(kernel);
  const orphans = links.flatMap(link => {
    const attachment = link.kind === 'ifb' ? parseVethAlias(link.alias) : undefined;
    if (!attachment || !concerns(search, attachment.network)) return [];
    return recordsFor(settings.stateDir, attachment).length > 0 ? [] : [{link, attachment}];
  });
  if (orphans.length === 0) return;
  const used = new Set(links.map(({index}) => redirectOf(kernel, index)));
  for (const {link, attachment} of orphans.filter(orphan => !used.has(orphan.link.index))) {
    yield {
      kind: 'interface',
      what: `interface "${link.name}" of container "${attachment.containerId}", which nobody knows any more`,
      network: attachment.network,
      containerId: attachment.containerId,
      takeBack: () => kernel.apply([{op: 'ifb.delete', name: link.name, alias: link.alias}]),
    };
  }
}
