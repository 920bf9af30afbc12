// A container runtime in forty lines: makes a network namespace, puts it into a network by the library, looks at what came
// of it, and takes it out again. As root: node examples/library.mjs
import {execFileSync} from 'node:child_process';
import {Cni, isKind, parseNetworkListText} from 'cni-hook';

const list = parseNetworkListText(
  JSON.stringify({
    cniVersion: '1.1.0',
    name: 'library',
    plugins: [
      {
        type: 'bridge',
        bridge: 'cni-library0',
        isDefaultGateway: true,
        ipMasq: true,
        ipam: {type: 'host-local', subnet: '10.119.184.0/24'},
      },
    ],
  }),
);
const cni = new Cni({executable: process.env.CNI_HOOK ?? 'cni-hook'});
const container = {containerId: 'example', netns: '/run/netns/example', ifName: 'eth0'};

await cni.validateNetworkList(list);
execFileSync('ip', ['netns', 'add', 'example']);
try {
  const result = await cni.addNetworkList(list, container);
  console.log('added  ', result.ips.map(({address}) => address).join(' '));
  await cni.checkNetworkList(list, container);
  console.log(
    'checked',
    cni
      .getNetworkListCachedResult(list, container)
      ?.interfaces.map(({name}) => name)
      .join(' '),
  );
  execFileSync('ip', ['-netns', 'example', 'address', 'flush', 'dev', 'eth0', 'scope', 'global']);
  await cni.checkNetworkList(list, container).catch(error => {
    console.log('checked', isKind(error, 'attachmentFaulty'), error.message);
  });
  await cni.delNetworkList(list, container);
  await cni.delNetworkList(list, container);
  console.log('deleted', cni.getCachedAttachments().length, 'left');
} finally {
  execFileSync('ip', ['netns', 'delete', 'example']);
}
