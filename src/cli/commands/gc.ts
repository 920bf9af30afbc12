// `gc`: takes back what nobody will come back for.
import {string} from '@oclif/core/args';
import {boolean} from '@oclif/core/flags';
import {type Collected, collect} from '../../runtime/garbage/collect.ts';
import {checkReadable} from '../../runtime/inspect.ts';
import {BaseCommand} from '../base.ts';
import {withLock} from '../lock.ts';
import {Progress} from '../progress.ts';

export default class Gc extends BaseCommand {
  static override readonly description =
    'A container that has ended without its poststop leaves an interface, addresses and a record behind. What is alive is never touched, and neither is anything that cni-hook did not make.';

  static override readonly args = {
    network: string({description: 'Only what belongs to this network.'}),
  };

  static override readonly flags = {
    'dry-run': boolean({summary: 'Say what would be taken back, and touch nothing.'}),
    networks: boolean({
      summary: 'Take down as well what networks had set up that nobody is attached to any more: bridges, rules.',
    }),
  };

  async run(): Promise<readonly Collected[]> {
    const {args, flags} = await this.parse(Gc);
    const settings = this.settingsFrom(flags);
    checkReadable(settings.stateDir);
    const options = {network: args.network, idleNetworks: flags.networks, dryRun: flags['dry-run']};
    const sweep = () => this.showAll(collect(settings, options));
    const found = flags['dry-run'] ? sweep() : await withLock(settings.stateDir, 'gc', sweep, line => this.note(line));
    if (found.length === 0) this.note('there is nothing to take back');
    if (found.some(({outcome}) => outcome === 'failed')) process.exitCode = 1;
    return found;
  }

  private showAll(garbage: Iterable<Collected>): readonly Collected[] {
    const progress = new Progress('taken back');
    const all: Collected[] = [];
    for (const piece of garbage) {
      all.push(piece);
      progress.step(all.length);
      this.print([`${piece.outcome}: ${piece.what}${piece.reason === undefined ? '' : `: ${piece.reason}`}`]);
    }
    return all;
  }
}
