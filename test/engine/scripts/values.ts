// Numbers, large integers and JSON of a file of JSON: what they are, what they print as, and what is refused. Large integers not
// in hexadecimal: QuickJS puts a zero before some, and the house asks neither for that nor for BigInt.asUintN.
import {readFileSync} from 'node:fs';
import {parseJson} from '../../../src/spec/json.ts';
import {show} from '../case.ts';

interface Values {
  readonly numbers: readonly string[];
  readonly integers: readonly (readonly [string, string])[];
  readonly json: readonly string[];
}

const [, , , values = ''] = process.argv;
const {numbers, integers, json} = JSON.parse(readFileSync(values, 'utf8')) as Values;

for (const text of numbers) {
  show(`the number ${text}`, () => {
    const number = Number(text);
    const printed = Math.abs(number) < 1e21 ? number.toFixed(2) : '';
    return [String(number), JSON.stringify([number]), printed, number % 7, number >>> 3, Number.parseInt(text, 10)];
  });
}

for (const [one, other] of integers) {
  show(`${one} and ${other}`, () => {
    const [a, b] = [BigInt(one), BigInt(other)];
    const shift = (b < 0n ? -b : b) % 200n;
    const divided = b === 0n ? [] : [a / b, a % b];
    const bits = [a & b, a | b, a ^ b, ~a, a << shift, a >> shift];
    return [
      a + b,
      a - b,
      a * b,
      ...divided,
      ...bits,
      a < b,
      a === b,
      String(a),
      Number(a),
      BigInt(`0x${shift.toString(16)}`),
    ];
  });
}

for (const text of json) {
  show(`JSON ${JSON.stringify(text)}`, () => {
    const value = parseJson(text, 'it');
    return [JSON.stringify(value), JSON.stringify(value, undefined, 2)];
  });
}
