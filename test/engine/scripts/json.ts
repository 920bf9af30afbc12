// JSON: what it is, what it is not, and how deep it may go. Too deep is an error that can be caught, and no crash.
import {parseJson} from '../../../src/spec/json.ts';
import {isCaught, show} from '../case.ts';

const texts = [
  '{"a":1,"b":[true,false,null,"x"],"a":2}',
  '[0,-0,1.0,1e3,1E-7,-1.50,123456789012345678901234567890,1e400,-1e-400,0.1,5e-324,1.7976931348623157e308]',
  '"\\u00fc\\ud83d\\ude00\\ud800\\n\\"\\\\\\/\\b\\f\\r\\t"',
  '  \n\t[ ]\r\n',
  '{"__proto__":1,"constructor":2,"":3,"toString":4}',
  '{"10":1,"9":2,"b":3,"a":4,"-1":5,"01":6}',
  '"\u2028\u2029\u007f\ufeff"',
];
const wrong = [
  '',
  ' ',
  '{',
  '[1,]',
  '{"a":1,}',
  '{a:1}',
  "{'a':1}",
  '01',
  '1.',
  '.5',
  '+1',
  '1e',
  '-',
  '0x10',
  'NaN',
  'Infinity',
  'undefined',
  'nul',
  'true false',
  '"a\nb"',
  '"a\tb"',
  '"\\x41"',
  '"\\u12"',
  '"',
  '[1 2]',
  '{"a" 1}',
  '\ufeff{}',
  '\u00a0{}',
  '// x\n{}',
  '[1]//',
  '"a\0b"',
  '[1.,2]',
  '[-01]',
  '{"a":1.0,"b":}',
  '[1.5,2.5',
  '12345678901234567890 1',
];
for (const text of texts) {
  show(`JSON ${text}`, () => [
    JSON.parse(text),
    JSON.stringify(JSON.parse(text)),
    JSON.stringify(parseJson(text, 'it')),
  ]);
  show(`JSON, printed wide ${text}`, () => JSON.stringify(parseJson(text, 'it'), undefined, 4));
  show(`the order of keys ${text}`, () => Object.keys(Object(JSON.parse(text))));
}
for (const text of wrong) {
  show(`no JSON ${JSON.stringify(text)}`, () => parseJson(text, 'it'));
  show(`no JSON for the engine ${JSON.stringify(text)}`, () => {
    try {
      return JSON.parse(text);
    } catch (error) {
      return (error as Error).name;
    }
  });
}
show('what JSON leaves out', () =>
  JSON.stringify({
    a: undefined,
    b: () => 1,
    c: Number.NaN,
    d: new Date(0),
    e: new Map([[1, 2]]),
    f: [undefined],
    g: '\ud800',
  }),
);
show('what goes round', () => {
  const round: {self?: unknown} = {};
  round.self = round;
  try {
    return JSON.stringify(round);
  } catch (error) {
    return (error as Error).name;
  }
});
show('JSON of many numbers', () => {
  const list = Array.from({length: 500}, (_, i) => (i % 2 ? 7 : -0.007) / (i * i * 3 + 1));
  return [list, JSON.stringify(JSON.parse(JSON.stringify(list))) === JSON.stringify(list)];
});

const deep = `${'['.repeat(100_000)}${']'.repeat(100_000)}`;
const deepObject = `${'{"a":'.repeat(100_000)}1${'}'.repeat(100_000)}`;
const countDown = (n: number): number => (n === 0 ? 0 : 1 + countDown(n - 1));
show('too deep: not a crash, and then all is well', () => {
  for (const text of [deep, deepObject, '['.repeat(200_000), `${deep}x`]) isCaught(() => parseJson(text, 'it'));
  return [isCaught(() => countDown(100_000_000)), countDown(1000), JSON.parse('[1]')];
});
show('as deep as anybody writes', () => {
  const text = `${'{"a":['.repeat(300)}1.0${']}'.repeat(300)}`;
  return JSON.stringify(parseJson(text, 'it')) === text;
});
