// What living containers have lost: the same look that `repair` takes. What all containers of a network miss alike is said once.
import {repair} from '../repair.ts';
import {fault, type Part} from './finding.ts';

export const living: Part = {
  area: 'living',
  inOrder: 'living containers have all that they were given',
  examine: function* ({settings, ourCommand}) {
    const faults = new Map<string, {first: string; others: number; what: string; canMend: boolean}>();
    for (const found of repair(settings, {dryRun: true})) {
      const what = `network "${found.network}": ${found.fault}`;
      const known = faults.get(what);
      if (known) known.others++;
      else faults.set(what, {first: found.containerId, others: 0, what, canMend: found.commands.length > 0});
    }
    for (const {first, others, what, canMend} of faults.values()) {
      const who = `(container "${first}"${others > 0 ? ` and ${others} more` : ''})`;
      if (canMend) yield fault('error', `${what} ${who}`, ourCommand('repair'));
      else yield fault('error', `${what} ${who}: only a new start of the container mends it`);
    }
  },
};
