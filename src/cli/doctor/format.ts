// Findings for people: one line each, and the commands once for all findings that they mend. Nothing is cut: half a command
// is worth nothing.
import type {Finding, Level} from '../../runtime/doctor/finding.ts';
import {type Colour, paint, printable} from '../terminal.ts';

const colours: Readonly<Record<Level, Colour>> = {ok: 'green', warning: 'yellow', error: 'red'};
const mostAlike = 10;

export function formatFindings(findings: readonly Finding[]): readonly string[] {
  return groupsOf(findings).flatMap(group => {
    const shown = group.slice(0, mostAlike).map(({level, area, what}) => {
      const head = paint(colours[level], level.padEnd(7));
      return `${head}  ${area.padEnd(11)}  ${printable(what)}`;
    });
    const more = group.length > mostAlike ? [`${' '.repeat(22)}and ${group.length - mostAlike} more like it`] : [];
    return [...shown, ...more, ...(group[0]?.mend ?? []).map(command => `${' '.repeat(9)}$ ${printable(command)}`)];
  });
}

/** Neighbours that the same commands mend. */
function groupsOf(findings: readonly Finding[]): readonly (readonly Finding[])[] {
  const groups: Finding[][] = [];
  for (const finding of findings) {
    const last = groups.at(-1);
    const commands = finding.mend.join('\n');
    if (last && commands !== '' && last[0]?.mend.join('\n') === commands) last.push(finding);
    else groups.push([finding]);
  }
  return groups;
}
