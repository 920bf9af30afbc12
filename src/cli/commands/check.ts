// `check NETWORK TARGET`: is everything still there that the result told of?
import {checkNetwork} from '../../runtime/libcni/network-check.ts';
import {attachmentArgs, attachmentFlags, findAttachment, setTime} from '../attachment-command.ts';
import {BaseCommand} from '../base.ts';

export default class Check extends BaseCommand {
  static override readonly description =
    'Asks every plugin of the chain, and names all that is missing or changed. Nothing is mended: see repair.';

  static override readonly args = attachmentArgs;
  static override readonly flags = attachmentFlags;

  async run(): Promise<object> {
    const {args, flags} = await this.parse(Check);
    const settings = this.settingsFrom(flags);
    setTime(flags);
    const {netns, ...attachment} = await findAttachment(settings, args, flags);
    const isChecked = checkNetwork(settings, attachment, netns);
    if (!isChecked) this.note(`network "${attachment.network}" says "disableCheck": nothing was looked at`);
    return {...attachment, outcome: isChecked ? 'checked' : 'disabled'};
  }
}
