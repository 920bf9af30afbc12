// `status NETWORK`: could a container be added now?
import {string} from '@oclif/core/args';
import {statusOfNetwork} from '../../runtime/libcni/network-check.ts';
import {checkNetworkName} from '../../spec/names.ts';
import {BaseCommand} from '../base.ts';

export default class Status extends BaseCommand {
  static override readonly description =
    'Asks every plugin of the network for its STATUS, which there is from version 1.1.0 on. Exit code 1 if one of them could not do an ADD, with its reason.';

  static override readonly args = {network: string({description: 'The network, by its name.', required: true})};

  async run(): Promise<object> {
    const {args, flags} = await this.parse(Status);
    const network = checkNetworkName(args.network);
    const isAsked = statusOfNetwork(this.settingsFrom(flags), network);
    if (!isAsked) this.note(`network "${network}" is of a version before 1.1.0, which has no STATUS`);
    return {network, outcome: isAsked ? 'available' : 'unknown'};
  }
}
