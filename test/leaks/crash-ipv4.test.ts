// The hook dies at every step, in a network with IPv4.
import {bridgeNetwork} from '../fixtures/networks.ts';
import {describeCrashes} from './crash-rounds.ts';

describeCrashes({
  family: 'IPv4',
  network: bridgeNetwork('mynet', 'cnibr0', {
    isGateway: true,
    ipMasq: true,
    ipam: {type: 'host-local', subnet: '172.19.1.0/26', routes: [{dst: '0.0.0.0/0'}]},
  }),
  gateways: ['172.19.1.1'],
});
