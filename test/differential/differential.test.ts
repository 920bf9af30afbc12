// The reference's plugins, as Debian ships them, and ours are given the same inputs and must do the same, but for what
// a line of the table declares, with its reason. A declared difference that there is not is a failure as well.
import {afterAll, beforeAll, expect, test} from '@jest/globals';
import {type Comparison, compare} from './compare.ts';
import {inputs} from './inputs/index.ts';
import {everywhere, reasons} from './reasons.ts';
import {openOurs, openReference, type Side} from './side.ts';

/** How many inputs are at work at the same time. */
const width = 3;

const types = [
  'bandwidth',
  'bridge',
  'firewall',
  'host-local',
  'loopback',
  'macvlan',
  'portmap',
  'ptp',
  'static',
  'tuning',
];
let sides: readonly Side[] = [];
const compared = new Map<string, Comparison>();

beforeAll(async () => {
  sides = await Promise.all([openReference(), openOurs(types)]);
  const [theirs, ours] = sides as readonly [Side, Side];
  const waiting = [...inputs];
  const work = async () => {
    for (let input = waiting.shift(); input; input = waiting.shift()) {
      const observed = await Promise.all([theirs.observe(input), ours.observe(input)]).catch((error: Error) => error);
      if (!(observed instanceof Error)) compared.set(input.what, compare(...observed, input.differs ?? []));
      else compared.set(input.what, {unintended: [observed.message], stale: [], intended: []});
    }
  };
  await Promise.all(Array.from({length: width}, work));
});

afterAll(async () => {
  await Promise.all(sides.map(side => side.close()));
  const onPurpose = inputs.filter(({differs = []}) => differs.length > 0).length;
  const given = new Set(inputs.flatMap(({differs = []}) => differs.map(({reason}) => reason)));
  process.stdout.write(
    `${compared.size} inputs compared with the reference: ${onPurpose} differ on purpose, for ${given.size} reasons\n`,
  );
});

test.each(inputs)('$what', ({what}) => {
  const {unintended, stale} = compared.get(what) ?? {unintended: ['not compared'], stale: []};
  expect(unintended.join('\n')).toBe('');
  expect(stale.join('\n')).toBe('');
});

test('every input has a name of its own, and there are 150 at least', () => {
  expect(new Set(inputs.map(({what}) => what)).size).toBe(inputs.length);
  expect(inputs.length).toBeGreaterThanOrEqual(150);
});

test('every reason is given somewhere, and what differs everywhere does', () => {
  const seen = new Set([...compared.values()].flatMap(({intended}) => intended.map(({reason}) => reason)));
  expect(Object.keys(reasons).filter(reason => !seen.has(reason as keyof typeof reasons))).toEqual([]);
  expect(everywhere.filter(({reason}) => !seen.has(reason))).toEqual([]);
});
