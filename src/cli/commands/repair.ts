// `repair`: puts back what somebody flushed or deleted under living containers.
import {string} from '@oclif/core/args';
import {boolean} from '@oclif/core/flags';
import {checkReadable} from '../../runtime/inspect.ts';
import {type Mended, repair} from '../../runtime/repair.ts';
import {BaseCommand} from '../base.ts';
import {withLock} from '../lock.ts';

export default class Repair extends BaseCommand {
  static override readonly description =
    "After a flushed ruleset, a deleted bridge or address, or a sysctl that was reset: the same addresses and MACs again, and nothing done to the containers' processes.";

  static override readonly args = {
    network: string({description: 'Only this network.'}),
  };

  static override readonly flags = {
    'dry-run': boolean({summary: 'Say what is not as it should be and what would mend it, and touch nothing.'}),
  };

  async run(): Promise<readonly Mended[]> {
    const {args, flags} = await this.parse(Repair);
    const settings = this.settingsFrom(flags);
    checkReadable(settings.stateDir);
    const mend = () => this.showAll(repair(settings, {network: args.network, dryRun: flags['dry-run']}));
    const found = flags['dry-run']
      ? mend()
      : await withLock(settings.stateDir, 'repair', mend, line => this.note(line));
    if (found.length === 0) this.note('everything is as it should be');
    if (found.some(({outcome}) => outcome !== 'mended')) process.exitCode = 1;
    return found;
  }

  private showAll(mended: Iterable<Mended>): readonly Mended[] {
    const all: Mended[] = [];
    for (const piece of mended) {
      all.push(piece);
      const reason = piece.reason === undefined ? '' : `: ${piece.reason}`;
      this.print([
        `${piece.outcome}: network "${piece.network}", container "${piece.containerId}": ${piece.fault}${reason}`,
        ...(piece.outcome === 'found' ? piece.commands.map(command => `  ${command}`) : []),
      ]);
    }
    return all;
  }
}
