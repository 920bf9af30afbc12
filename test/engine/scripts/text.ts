// Strings to bytes and bytes to strings, of what a file of JSON has of both, where there is text and where there is none.
import {closeSync, openSync, readFileSync, unlinkSync, writeFileSync, writeSync} from 'node:fs';
import {own, show} from '../case.ts';

interface Values {
  readonly texts: readonly string[];
  readonly bytes: readonly (readonly number[])[];
}

const [, , , values = ''] = process.argv;
const {texts, bytes} = JSON.parse(readFileSync(values, 'utf8')) as Values;
const path = `${own}/file`;

/** What it consists of, for a string's own text may hide it. */
const units = (text: string): readonly number[] => Array.from({length: text.length}, (_, i) => text.charCodeAt(i));

for (const text of texts) {
  show(`a string ${JSON.stringify(text)}`, () => {
    writeFileSync(path, text);
    const back = units(readFileSync(path, 'utf8'));
    const fd = openSync(path, 'w');
    const written = writeSync(fd, text);
    closeSync(fd);
    return [new TextEncoder().encode(text), back, written, units(readFileSync(path, 'utf8'))];
  });
}

for (const list of bytes) {
  show(`bytes ${JSON.stringify(list)}`, () => {
    const fd = openSync(path, 'w');
    writeSync(fd, Uint8Array.from(list));
    closeSync(fd);
    return units(readFileSync(path, 'utf8'));
  });
  show(`decoded ${JSON.stringify(list)}`, () => {
    // As part of something longer, which the decoder may not look at.
    const whole = Uint8Array.from([0xc3, ...list, 0xa9]);
    return units(new TextDecoder().decode(whole.subarray(1, whole.length - 1)));
  });
}

show('nothing, decoded', () => new TextDecoder().decode(undefined));
show('no bytes, encoded', () => new TextEncoder().encode(''));

show('a name that is half a character', () => {
  writeFileSync(`${own}/\ud800`, '');
  unlinkSync(`${own}/\ufffd`);
});

const encoded = [
  '',
  'YQ==',
  'YQ',
  'YWI=',
  'YWJj',
  'YW Jj\n',
  'w6nwkI2I',
  '//79',
  '_-79',
  'eyJhIjoxfQ==',
  'Y',
  '====',
  'YQ==YQ==',
];
for (const text of encoded) show(`base64 ${JSON.stringify(text)}`, () => units(Buffer.from(text, 'base64').toString()));
show('base64 of much', () => {
  const much = Buffer.from('QUJD'.repeat(100_000), 'base64').toString();
  return [much.length, much === 'ABC'.repeat(100_000)];
});
