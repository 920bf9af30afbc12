// `networks`: what the conf dir offers, and how full it is.
import {BaseCommand} from '../base.ts';
import {type Column, formatTable} from '../columns.ts';
import {type NetworkView, type RangeView, viewNetworks} from '../network-views.ts';
import {type Colour, printable} from '../terminal.ts';

/** One line of the table: a network with several ranges takes several, and says the rest in the first. */
interface Row {
  readonly view: NetworkView;
  readonly range: RangeView | undefined;
  readonly isFirst: boolean;
}

const columns: readonly Column<Row>[] = [
  {title: 'FILE', text: first(({file}) => file.split('/').at(-1) ?? file), shortest: 12, leftOut: 3},
  {title: 'NAME', text: first(({name, isDefault}) => `${name ?? ''}${isDefault ? ' (default)' : ''}`), shortest: 10},
  {title: 'PLUGINS', text: first(({plugins}) => plugins.join(',')), leftOut: 2},
  {title: 'BRIDGE', text: first(({bridges}) => bridges.join(',')), leftOut: 1},
  {title: 'RANGE', text: ({range}) => (range ? `${range.start}-${range.end}` : '')},
  {title: 'USED', text: ({range}) => (range ? String(range.used) : '')},
  {
    title: 'FREE',
    text: ({range}) => (range ? count(range.free) : ''),
    colour: ({range}) => (range?.free === 0 ? 'red' : undefined),
  },
  {title: 'HEALTH', text: first(healthOf), colour: ({view}) => healthColours[healthOf(view)]},
];

type Health = 'ok' | 'full' | 'wrong';

/** "wrong" if something is said below the table; "full" if a range has no address left. */
interface NetworkHealth extends NetworkView {
  readonly health: Health;
}

const healthColours: Readonly<Record<Health, Colour>> = {ok: 'green', full: 'red', wrong: 'red'};

export default class Networks extends BaseCommand {
  static override readonly description = [
    'In the order in which a network is looked for. What is wrong with a file stands below the table.',
    'An address is used as long as its lease is there, whoever holds it.',
  ].join(' ');

  async run(): Promise<readonly NetworkHealth[]> {
    const {flags} = await this.parse(Networks);
    const settings = this.settingsFrom(flags);
    const views = viewNetworks(settings);
    const rows = views.flatMap(view => rowsOf(view));
    if (rows.length === 0) this.note(`there is no network in ${settings.confDir}`);
    else this.print(formatTable(columns, rows));
    this.print(
      views.flatMap(({file, problems}) =>
        problems.map(problem => printable(problem.startsWith(file) ? problem : `${file}: ${problem}`)),
      ),
    );
    return views.map(view => ({...view, health: healthOf(view)}));
  }
}

function healthOf({problems, ranges}: NetworkView): Health {
  if (problems.length > 0) return 'wrong';
  return ranges.some(({free}) => free === 0) ? 'full' : 'ok';
}

function rowsOf(view: NetworkView): readonly Row[] {
  if (view.ranges.length === 0) return [{view, range: undefined, isFirst: true}];
  return view.ranges.map((range, i) => ({view, range, isFirst: i === 0}));
}

function first(text: (view: NetworkView) => string): (row: Row) => string {
  return ({view, isFirst}) => (isFirst ? text(view) : '"');
}

/** Nobody reads the digits of an IPv6 range. */
const count = (number: number): string => (number < 1e9 ? String(number) : `2^${Math.floor(Math.log2(number))}`);
