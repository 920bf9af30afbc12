// `ls`: who is attached to what.
import {type AttachmentState, type AttachmentView, listAttachments} from '../../runtime/inspect.ts';
import {age} from '../age.ts';
import {BaseCommand} from '../base.ts';
import {type Column, formatTable} from '../columns.ts';
import type {Colour} from '../terminal.ts';

export const stateColours: Readonly<Record<AttachmentState, Colour>> = {
  alive: 'green',
  planned: 'yellow',
  dead: 'red',
  unreadable: 'red',
};

const columns: readonly Column<AttachmentView>[] = [
  {title: 'CONTAINER', text: ({containerId}) => containerId, shortest: 12},
  {title: 'NETWORK', text: ({network}) => network, shortest: 10},
  {title: 'INTERFACE', text: ({ifName}) => ifName},
  {title: 'ADDRESSES', text: ({addresses}) => addresses.join(' ')},
  {title: 'MAC', text: ({mac}) => mac ?? '', leftOut: 3},
  {title: 'HOST INTERFACE', text: ({hostInterface}) => hostInterface ?? '', leftOut: 2},
  {title: 'PORTS', text: ({published}) => published.join(' '), shortest: 14, leftOut: 1},
  {title: 'STATE', text: ({state}) => state, colour: ({state}) => stateColours[state]},
  {title: 'SINCE', text: ({since}) => age(since), leftOut: 4},
];

export default class Ls extends BaseCommand {
  static override readonly description = [
    'A container is "alive" as long as its first process is, "planned" while it is being attached, and "dead" when it has',
    'ended and nobody has taken back what it had: "cni-hook gc" does. "unreadable" is a record that is broken.',
  ].join(' ');

  async run(): Promise<readonly AttachmentView[]> {
    const {flags} = await this.parse(Ls);
    const attachments = listAttachments(this.settingsFrom(flags).stateDir);
    if (attachments.length === 0) this.note('no container is attached');
    else this.print(formatTable(columnsFor(attachments), attachments));
    return attachments;
  }
}

/** Where nobody publishes a port there is no column for it. */
const columnsFor = (attachments: readonly AttachmentView[]): readonly Column<AttachmentView>[] =>
  columns.filter(({title}) => title !== 'PORTS' || attachments.some(({published}) => published.length > 0));
