// The table that the commands print.
import {expect, test} from '@jest/globals';
import {type Column, formatTable} from '../../src/cli/columns.ts';

interface Row {
  readonly id: string;
  readonly address: string;
  readonly mac: string;
}

const columns: readonly Column<Row>[] = [
  {title: 'ID', text: ({id}) => id, shortest: 6},
  {title: 'ADDRESS', text: ({address}) => address},
  {title: 'MAC', text: ({mac}) => mac, leftOut: 1},
];

const rows: readonly Row[] = [
  {id: 'c1', address: '10.1.0.2/24', mac: '02:00:00:00:00:01'},
  {id: 'abcdefghijklmnop', address: '10.1.0.3/24', mac: ''},
];

test('columns stand in line, and what is empty shows as "-"', () => {
  expect(formatTable(columns, rows, 80)).toEqual([
    'ID                ADDRESS      MAC',
    'c1                10.1.0.2/24  02:00:00:00:00:01',
    'abcdefghijklmnop  10.1.0.3/24  -',
  ]);
});

test('without a terminal nothing is cut', () => {
  const long = {id: 'x'.repeat(500), address: 'y'.repeat(500), mac: 'z'.repeat(500)};
  expect(formatTable(columns, [long])[1]).toBe(`${long.id}  ${long.address}  ${long.mac}`);
});

test.each<readonly [what: string, width: number, lines: readonly string[]]>([
  [
    'a long name is cut first',
    44,
    ['ID            ADDRESS      MAC', 'c1            10.1.0.2/24  02:00:00:00:00:01', 'abcdefghijk…  10.1.0.3/24  -'],
  ],
  [
    'then a column that one can do without is left out',
    37,
    ['ID                ADDRESS', 'c1                10.1.0.2/24', 'abcdefghijklmnop  10.1.0.3/24'],
  ],
  ['then names are cut again', 19, ['ID      ADDRESS', 'c1      10.1.0.2/24', 'abcde…  10.1.0.3/24']],
  ['then everything', 12, ['ID     ADDR…', 'c1     10.1…', 'abcd…  10.1…']],
])('on a narrow terminal %s', (_, width, lines) => {
  expect(formatTable(columns, rows, width)).toEqual(lines);
});

test('columns are left out in their order, and an address last of all', () => {
  const timed: readonly Column<Row>[] = [
    ...columns.map(column => (column.title === 'MAC' ? {...column, leftOut: 2} : column)),
    {title: 'PORTS', text: () => '80:80', leftOut: 1},
    {title: 'SINCE', text: () => '1m ago', leftOut: 3},
  ];
  const titles = (width: number) => formatTable(timed, rows, width)[0]?.split(/ +/);
  expect(titles(60)).toEqual(['ID', 'ADDRESS', 'MAC', 'PORTS', 'SINCE']);
  expect(titles(48)).toEqual(['ID', 'ADDRESS', 'MAC', 'SINCE']);
  expect(titles(29)).toEqual(['ID', 'ADDRESS', 'SINCE']);
  expect(titles(26)).toEqual(['ID', 'ADDRESS']);
});

test.each([0, 1, 2, 3, 5, 8, 13, 21, 34, 55])(
  'no line is wider than a terminal of %d columns, if that can be',
  width => {
    const least = 2 * '  '.length + 3;
    for (const line of formatTable(columns, rows, width))
      expect(line.length).toBeLessThanOrEqual(Math.max(width, least));
  },
);

test('a name that would command the terminal does not', () => {
  const [, line] = formatTable(columns, [{id: 'a\u001b[2Jb\nc', address: '', mac: ''}], 80);
  expect(line).toBe('a?[2Jb?c  -        -');
});
