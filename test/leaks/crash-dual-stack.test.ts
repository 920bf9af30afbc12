// The hook dies at every step, in a network with IPv4 and IPv6.
import {bridgeNetwork} from '../fixtures/networks.ts';
import {describeCrashes} from './crash-rounds.ts';

describeCrashes({
  family: 'dual stack',
  network: bridgeNetwork('dual', 'cnibr6', {
    isDefaultGateway: true,
    ipMasq: true,
    ipam: {type: 'host-local', ranges: [[{subnet: '172.19.6.0/26'}], [{subnet: 'fd00:19:6::/64'}]]},
  }),
  gateways: ['172.19.6.1', 'fd00:19:6::1'],
});
