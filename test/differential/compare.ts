// Holds two observations against each other, and what differs against what was meant to.
import type {Observation} from './observation.ts';
import {type Difference, everywhere} from './reasons.ts';

export interface Comparison {
  /** Differences that nobody has declared, each with both sides. */
  readonly unintended: readonly string[];
  /** Declared differences that there are not, or not as declared. */
  readonly stale: readonly string[];
  readonly intended: readonly Difference[];
}

export function compare(theirs: Observation, ours: Observation, declared: readonly Difference[]): Comparison {
  const places = [...new Set([...theirs.keys(), ...ours.keys()])];
  const different = places.filter(place => theirs.get(place) !== ours.get(place));
  const isAt = ({at, ours: value}: Difference, place: string) =>
    at.test(place) && (value === undefined || ours.get(place) === value);
  const found = (difference: Difference) => different.some(place => isAt(difference, place));
  return {
    unintended: different
      .filter(place => ![...declared, ...everywhere].some(difference => isAt(difference, place)))
      .map(place => `${place}\n  reference: ${shown(theirs, ours, place)}\n  ours:      ${shown(ours, theirs, place)}`),
    stale: declared.filter(difference => !found(difference)).map(({at, reason}) => `${at}: ${reason}`),
    intended: [...declared, ...everywhere].filter(found),
  };
}

/** The lines that the other side has not, or all of them if both have the same in another order. */
function shown(side: Observation, other: Observation, place: string): string {
  const linesOf = (one: Observation) => (one.get(place) ?? 'nothing').split('\n');
  const [lines, others] = [linesOf(side), linesOf(other)];
  const own = lines.filter(line => !others.includes(line));
  const isOrder = own.length === 0 && others.every(line => lines.includes(line));
  return (isOrder ? lines : own).join('\n             ');
}
