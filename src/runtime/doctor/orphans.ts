// What containers have left behind that are no more: the same look that `gc` takes.
import {collect} from '../garbage/collect.ts';
import {fault, type Part} from './finding.ts';

export const orphans: Part = {
  area: 'orphans',
  inOrder: 'nothing is left of containers that have ended',
  examine: function* ({settings, ourCommand}) {
    for (const {what, outcome, reason} of collect(settings, {idleNetworks: false, dryRun: true})) {
      if (outcome === 'failed') yield fault('error', `this could not be looked at: ${reason}`);
      else yield fault('warning', what, ourCommand('gc'));
    }
  },
};
