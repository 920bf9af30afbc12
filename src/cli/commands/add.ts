// `add NETWORK TARGET`: a network for a container that runs, or for a netns. Prints the result.

import {boolean} from '@oclif/core/flags';
import {addNetwork, planNetwork} from '../../runtime/libcni/network-add.ts';
import {loadWithText} from '../../runtime/load.ts';
import {dnsOff} from '../../runtime/wishes/wishes.ts';
import {checkNetworkName} from '../../spec/names.ts';
import {attachmentArgs, attachmentFlags, ifNameOf, setTime, wishesOfFlags, wishFlags} from '../attachment-command.ts';
import {BaseCommand} from '../base.ts';
import {withTarget} from '../target.ts';
import {addressFlags, nameFlags} from '../wish-flags.ts';

const noDns = boolean({summary: "Leave a container's resolv.conf, hosts and hostname as they are."});

export default class Add extends BaseCommand {
  static override readonly description =
    "The result is printed in the network's version. Asked again for what stands, it answers the same. What it adds to a container goes with the container: by its poststop, or by gc.";

  static override readonly args = attachmentArgs;
  static override readonly flags = {...attachmentFlags, ...addressFlags, ...nameFlags, ...wishFlags, 'no-dns': noDns};

  async run(): Promise<object> {
    const {args, flags} = await this.parse(Add);
    const settings = this.settingsFrom(flags);
    const ifName = ifNameOf(flags);
    const wished = wishesOfFlags(flags);
    const wishes = flags['no-dns'] ? {...wished, dns: dnsOff} : wished;
    const loaded = loadWithText(settings.confDir, checkNetworkName(args.network));
    setTime(flags);
    return withTarget(args.target, flags, container => {
      const addition = {loaded, container, ifName, wishes};
      if (flags['dry-run']) {
        const commands = planNetwork(settings, addition);
        this.print(commands);
        return commands;
      }
      const result = addNetwork(settings, addition);
      this.print([JSON.stringify(result, undefined, 4)]);
      return result;
    });
  }
}
