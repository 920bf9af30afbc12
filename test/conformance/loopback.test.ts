// loopback in the conformance suite.
import {conformance} from './conformance.ts';

conformance({
  type: 'loopback',
  configs: [{what: 'its only configuration', conf: {}, addresses: true}],
  hooked: {type: 'loopback'},
  exhausted: undefined,
  reachable: false,
  sabotage: [{what: 'lo, down', commands: '$IN ip link set lo down', says: /"lo" is down/}],
  additions: [{what: 'another address', commands: '$IN ip address add 10.66.0.1/32 dev lo'}],
});
