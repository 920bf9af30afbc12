// `graph`: what hangs on what, as a tree, or as a picture.
import {hostname} from 'node:os';
import {string} from '@oclif/core/flags';
import {readTopology, type Topology} from '../../runtime/topology.ts';
import {BaseCommand} from '../base.ts';
import {formatDot} from '../graph/dot.ts';
import {draw} from '../graph/drawing.ts';
import {isEmpty} from '../graph/label.ts';
import {formatMermaid} from '../graph/mermaid.ts';
import {formatSvg} from '../graph/svg.ts';
import {formatTree} from '../graph/tree.ts';

const formats: Readonly<Record<string, (topology: Topology) => readonly string[]>> = {
  tree: topology => formatTree(topology),
  mermaid: topology => formatMermaid(draw(topology)),
  dot: topology => formatDot(draw(topology)),
  svg: topology => formatSvg(draw(topology)),
};

export default class Graph extends BaseCommand {
  static override readonly description =
    'The interfaces of the host as the kernel has them, joined with the records. What does not fit bears a "!": a container that has ended ("dead"), one whose interface is gone ("no interface"), an interface of ours that nobody knows ("no record"). "cni-hook doctor" says what mends it.';

  static override readonly flags = {
    format: string({summary: 'The form of the picture.', options: Object.keys(formats), default: 'tree'}),
  };

  async run(): Promise<Topology> {
    const {flags} = await this.parse(Graph);
    const topology = readTopology(this.settingsFrom(flags).stateDir, hostname());
    this.print(formats[flags.format]?.(topology) ?? []);
    if (isEmpty(topology)) this.note('there is no bridge, and no container is attached');
    return topology;
  }
}
