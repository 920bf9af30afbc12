// Records of attachments that are of no use: broken, or begun by a hook that was killed while its container lives on.
import {quoted} from '../../kernel/shell.ts';
import {type AttachmentView, listAttachments} from '../inspect.ts';
import {type Fault, fault, type Part} from './finding.ts';

// Longer than any hook may last. Milliseconds.
const longEnough = 120_000;

export const recordFiles: Part = {
  area: 'records',
  inOrder: 'every record can be read, and is whole',
  examine: function* ({settings, ourCommand}) {
    for (const attachment of listAttachments(settings.stateDir)) {
      if (attachment.state === 'unreadable') yield unreadable(attachment, ourCommand('gc'));
      if (attachment.state === 'planned' && isOld(attachment)) yield unfinished(attachment, ourCommand);
    }
  },
};

const isOld = ({since}: AttachmentView): boolean => Date.now() - Date.parse(since ?? '') > longEnough;

const unreadable = ({file, containerId}: AttachmentView, gc: string): Fault =>
  fault('error', `the record of container "${containerId}" can't be read: ${file}`, `rm ${quoted(file)}`, gc);

function unfinished(
  {containerId, network, ifName, since}: AttachmentView,
  ourCommand: (words: string) => string,
): Fault {
  return fault(
    'error',
    `container "${containerId}" lives, and was never wholly attached to "${network}": the hook ended in between, ${since}`,
    ourCommand(`del ${network} ${containerId} --ifname ${ifName}`),
  );
}
