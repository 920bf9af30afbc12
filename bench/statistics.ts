// Medians and quartiles. A ratio is that of the medians; its spread is the quartiles of the ratios of single rounds, in
// which both sides met the same load.
import type {Outcome, Ratio, Row} from './row.ts';

export interface Summary {
  readonly low: number;
  readonly median: number;
  readonly high: number;
}

export interface Judged extends Ratio {
  readonly ratio: number;
  readonly spread: readonly [number, number];
  /** Undefined where there is no bar. */
  readonly isMet: boolean | undefined;
}

/** The quartiles, between neighbours where they fall between two. */
export function summarize(values: readonly number[]): Summary {
  const sorted = [...values].sort((a, b) => a - b);
  return {low: quantile(sorted, 0.25), median: quantile(sorted, 0.5), high: quantile(sorted, 0.75)};
}

export const samplesOf = ({samples}: Outcome, side: string): readonly number[] =>
  samples.flatMap(round => round[side] ?? []);

export function judge(row: Row, outcome: Outcome): readonly Judged[] {
  return row.ratios.map(wanted => {
    const [ours, theirs] = [samplesOf(outcome, wanted.of), samplesOf(outcome, wanted.to)];
    const ratio = summarize(ours).median / summarize(theirs).median;
    const {low, high} = summarize(ours.map((value, i) => value / (theirs[i] ?? Number.NaN)));
    return {...wanted, ratio, spread: [low, high], isMet: wanted.bar === undefined ? undefined : ratio <= wanted.bar};
  });
}

function quantile(sorted: readonly number[], part: number): number {
  const at = (sorted.length - 1) * part;
  const [below, above] = [sorted[Math.floor(at)] ?? Number.NaN, sorted[Math.ceil(at)] ?? Number.NaN];
  return below + (above - below) * (at - Math.floor(at));
}
