// `del NETWORK TARGET`: takes a network away from a container, whether it runs or not, whoever gave it.
import {boolean} from '@oclif/core/flags';
import {type Deletion, delNetwork, planDeletion} from '../../runtime/libcni/network-del.ts';
import {reasonOf} from '../../spec/error.ts';
import {
  attachmentArgs,
  attachmentFlags,
  findAttachment,
  setTime,
  wishesOfFlags,
  wishFlags,
} from '../attachment-command.ts';
import {BaseCommand} from '../base.ts';

const force = boolean({
  summary: 'Where a plugin fails, forget what it may have left behind, and give the addresses back all the same.',
});

export default class Del extends BaseCommand {
  static override readonly description =
    'What podman or another libcni program attached is taken back by what its cache tells. What was never attached is no error.';

  static override readonly args = attachmentArgs;
  static override readonly flags = {...attachmentFlags, ...wishFlags, force};

  async run(): Promise<object> {
    const {args, flags} = await this.parse(Del);
    const settings = this.settingsFrom(flags);
    const wishes = wishesOfFlags(flags);
    setTime(flags);
    const deletion: Deletion = {...(await findAttachment(settings, args, flags)), wishes, force: flags.force};
    if (flags['dry-run']) {
      const commands = planDeletion(settings, deletion);
      this.print(commands);
      return commands;
    }
    const failures = delNetwork(settings, deletion).map(failure => reasonOf(failure));
    for (const failure of failures) this.note(failure);
    const {network, containerId, ifName} = deletion;
    return {network, containerId, ifName, outcome: 'detached', failures};
  }
}
