// `del NETWORK TARGET`: takes a network away from a container, whether it runs or not, whoever gave it.
import {type Deletion, delNetwork, planDeletion} from '../../runtime/network-del.ts';
import {
  attachmentArgs,
  attachmentFlags,
  findAttachment,
  setTime,
  wishesFrom,
  wishFlags,
} from '../attachment-command.ts';
import {BaseCommand} from '../base.ts';

export default class Del extends BaseCommand {
  static override readonly description =
    'What podman or another libcni program attached is taken back by what its cache tells. What was never attached is no error.';

  static override readonly args = attachmentArgs;
  static override readonly flags = {...attachmentFlags, ...wishFlags};

  async run(): Promise<object> {
    const {args, flags} = await this.parse(Del);
    const settings = this.settingsFrom(flags);
    const wishes = wishesFrom(flags);
    setTime(flags);
    const deletion: Deletion = {...(await findAttachment(settings, args, flags)), wishes};
    if (flags['dry-run']) {
      const commands = planDeletion(settings, deletion);
      this.print(commands);
      return commands;
    }
    delNetwork(settings, deletion);
    const {network, containerId, ifName} = deletion;
    return {network, containerId, ifName, outcome: 'detached'};
  }
}
