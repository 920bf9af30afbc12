// `gc`: takes back what nobody will come back for.
import {boolean} from '@oclif/core/flags';
import {collect, findDead} from '../../runtime/gc.ts';
import {checkReadable, findIdleNetworks} from '../../runtime/inspect.ts';
import {log} from '../../runtime/log.ts';
import type {AttachmentRecord} from '../../runtime/record.ts';
import type {Settings} from '../../runtime/settings.ts';
import {reasonOf} from '../../spec/error.ts';
import {BaseCommand} from '../base.ts';
import {type Column, formatTable} from '../columns.ts';
import {withGcLock} from '../gc-lock.ts';

interface Row {
  readonly containerId: string;
  readonly network: string;
  readonly ifName: string;
  readonly addresses: readonly string[];
  readonly outcome: 'dead' | 'detached' | 'failed';
}

interface Swept {
  /** What was done, or with --dry-run what would be. */
  readonly attachments: readonly Row[];
  readonly networks: readonly string[];
  readonly failures: readonly string[];
}

const columns: readonly Column<Row>[] = [
  {title: 'CONTAINER', text: ({containerId}) => containerId},
  {title: 'NETWORK', text: ({network}) => network},
  {title: 'INTERFACE', text: ({ifName}) => ifName},
  {title: 'ADDRESSES', text: ({addresses}) => addresses.join(' ')},
  {title: 'OUTCOME', text: ({outcome}) => outcome, colour: ({outcome}) => (outcome === 'failed' ? 'red' : undefined)},
];

export default class Gc extends BaseCommand {
  static override readonly description =
    'A container that has ended without its poststop leaves an interface, addresses and a record behind. What is alive is never touched.';

  static override readonly flags = {
    'dry-run': boolean({summary: 'Say what would be taken back, and touch nothing.'}),
    networks: boolean({
      summary: 'Take down as well what networks had set up that nobody is attached to any more: bridges, rules.',
    }),
  };

  async run(): Promise<Swept> {
    const {flags} = await this.parse(Gc);
    const settings = this.settingsFrom(flags);
    checkReadable(settings.stateDir);
    const swept = flags['dry-run']
      ? look(settings, flags.networks)
      : await withGcLock(
          settings.stateDir,
          () => sweep(settings, flags.networks),
          () => this.note('waiting for another gc to end'),
        );
    this.show(swept, flags['dry-run']);
    return swept;
  }

  private show({attachments, networks, failures}: Swept, isDry: boolean): void {
    if (attachments.length > 0) this.print(formatTable(columns, attachments));
    this.print(networks.map(network => `network ${network}: ${isDry ? 'idle' : 'taken down'}`));
    if (attachments.length + networks.length + failures.length === 0) this.note('there is nothing to take back');
    for (const failure of failures) process.stderr.write(`cni-hook gc: ${failure}\n`);
    if (failures.length > 0) process.exitCode = 1;
  }
}

function look(settings: Settings, withNetworks: boolean): Swept {
  const attachments = findDead(settings).map(record => rowOf(record, 'dead'));
  return {attachments, networks: withNetworks ? findIdleNetworks(settings.stateDir) : [], failures: []};
}

function sweep(settings: Settings, withNetworks: boolean): Swept {
  const {attachments, networks, failures} = collect(settings, withNetworks);
  const rows = attachments.map(({record, outcome}) => rowOf(record, outcome === 'failed' ? 'failed' : 'detached'));
  for (const {containerId: id, network, outcome} of rows) {
    log(settings.stateDir, {level: outcome === 'failed' ? 'error' : 'info', event: 'gc', id, network, msg: outcome});
  }
  return {attachments: rows, networks, failures: failures.map(failure => reasonOf(failure))};
}

function rowOf({containerId, network, ifName, result}: AttachmentRecord, outcome: Row['outcome']): Row {
  return {containerId, network, ifName, addresses: result?.ips.map(ip => ip.address) ?? [], outcome};
}
