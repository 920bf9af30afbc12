// The outcomes as lines for a terminal: what each side took, the ratio with its spread, and whether the bar is met.
import type {Machine} from './machine.ts';
import type {Outcome, Row} from './row.ts';
import {type Judged, judge, samplesOf, summarize} from './statistics.ts';

export function machineLines(machine: Machine): readonly string[] {
  const versions = Object.entries(machine.packages).map(([name, version]) => `${name} ${version}`);
  return [
    `Linux ${machine.kernel}, ${machine.cores} × ${machine.processor}, ${machine.memoryGB} GB, load ${machine.load.join(' ')}`,
    `cni-hook ${machine.source}, bun ${machine.bun}, quickjs ${machine.quickjs}, ${versions.join(', ')}`,
  ];
}

/** The row with its figures: the title, then a line for each side, each ratio and each remark. */
export function rowLines(row: Row, outcome: Outcome): readonly string[] {
  if (outcome.missing) return [row.title, `  not measured: ${outcome.missing}`];
  const sides = Object.entries(row.sides).map(([name, what]) => {
    const {low, median, high} = summarize(samplesOf(outcome, name));
    const spread = `${figure(low)}–${figure(high)}`;
    return `  ${name.padEnd(10)} ${figure(median).padStart(8)} ${row.unit}  ${spread.padEnd(15)} ${what}`;
  });
  const ratios = judge(row, outcome).map(judged => ratioLine(judged));
  const remarks = outcome.remarks.map(remark => `  ${remark}`);
  return [`${row.title}  (${outcome.samples.length} rounds)`, ...sides, ...ratios, ...remarks];
}

function ratioLine({of, to, ratio, spread, bar, isMet}: Judged): string {
  const [low, high] = spread;
  const verdict = bar === undefined ? 'no bar' : `bar ${bar.toFixed(2)}: ${isMet ? 'met' : 'MISSED'}`;
  return `  ${of} / ${to} = ${ratio.toFixed(2)} ×  (${low.toFixed(2)}–${high.toFixed(2)})  ${verdict}`;
}

const figure = (value: number): string => value.toFixed(Math.abs(value) < 100 ? 2 : 0);
