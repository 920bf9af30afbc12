// `inspect ID`: everything that is known of one container.
import {string} from '@oclif/core/args';
import {type AttachmentDetails, describeAttachments} from '../../runtime/inspect.ts';
import type {LogEntry} from '../../runtime/log.ts';
import {CniError} from '../../spec/error.ts';
import {checkContainerId} from '../../spec/names.ts';
import {age} from '../age.ts';
import {BaseCommand} from '../base.ts';
import {formatEntry} from '../log-lines.ts';
import {paint, printable} from '../terminal.ts';
import {stateColours} from './ls.ts';

interface Inspected {
  readonly containerId: string;
  readonly attachments: readonly AttachmentDetails[];
  readonly log: readonly LogEntry[];
}

export default class Inspect extends BaseCommand {
  static override readonly args = {id: string({description: 'The container.', required: true})};

  async run(): Promise<Inspected> {
    const {args, flags} = await this.parse(Inspect);
    const {stateDir} = this.settingsFrom(flags);
    const containerId = checkContainerId(args.id);
    const attachments = describeAttachments(stateDir, containerId);
    const log = this.logOrNothing(stateDir, containerId);
    if (attachments.length === 0 && log.length === 0) {
      throw new CniError(
        'unknownContainer',
        `nothing is known of container "${containerId}": "cni-hook ls" lists those that are attached`,
      );
    }
    if (attachments.length === 0) this.print([`container ${containerId} is attached to nothing`]);
    for (const attachment of attachments) this.print([...formatAttachment(attachment), '']);
    if (log.length > 0) this.print(['log:', ...log.flatMap(entry => formatEntry(entry)).map(line => `  ${line}`)]);
    return {containerId, attachments, log};
  }
}

function formatAttachment(attachment: AttachmentDetails): readonly string[] {
  const {containerId, network, ifName, state, since, result, undo} = attachment;
  const facts: readonly (readonly [string, string | number | undefined])[] = [
    ['addresses', attachment.addresses.join(' ')],
    ['mac', attachment.mac],
    ['host interface', attachment.hostInterface],
    ['published', attachment.published.join(', ')],
    ['pid', attachment.pid],
    ['netns', attachment.netns],
    ['bundle', attachment.bundle],
    ['since', since && `${since} (${age(since)})`],
    ['record', attachment.file],
  ];
  return [
    `container ${containerId}, network ${network}, interface ${ifName}: ${paint(stateColours[state], state)}`,
    ...facts.flatMap(([name, value]) => (value ? [`  ${`${name}:`.padEnd(16)}${printable(String(value))}`] : [])),
    ...(result ? ['  result:', ...indent(JSON.stringify(result, undefined, 2).split('\n'))] : []),
    ...(undo.length > 0 ? ['  to take it back:', ...indent(undo.map(line => printable(line)))] : []),
  ];
}

const indent = (lines: readonly string[]): readonly string[] => lines.map(line => `    ${line}`);
