// `plugins`: the names under which this executable is a CNI plugin. install.sh links them.
import {flannelType} from '../../plugins/flannel/flannel.ts';
import {interfacePlugins, ipamPlugins} from '../../plugins/index.ts';
import {BaseCommand} from '../base.ts';

interface Plugin {
  readonly type: string;
  readonly kind: 'interface' | 'ipam' | 'meta';
}

export default class Plugins extends BaseCommand {
  static override readonly description =
    'Called by one of these names, a link will do, the executable is that CNI plugin: "ln -s /usr/local/bin/cni-hook /opt/cni/bin/bridge".';

  async run(): Promise<readonly Plugin[]> {
    await this.parse(Plugins);
    const plugins: readonly Plugin[] = [
      ...interfacePlugins.map(({type}) => ({type, kind: 'interface' as const})),
      ...ipamPlugins.map(({type}) => ({type, kind: 'ipam' as const})),
      {type: flannelType, kind: 'meta'},
    ];
    this.print(plugins.map(({type}) => type));
    return plugins;
  }
}
