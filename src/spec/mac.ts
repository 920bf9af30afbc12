// Hardware addresses: text to bytes and back, and made-up ones.
import {CniError} from './error.ts';

/** The six bytes of "aa:bb:cc:dd:ee:ff", also with "-", and of "aabb.ccdd.eeff", which Go takes for a MAC too. Throws `invalidConfig` for anything a link can't carry. */
export function parseMac(text: string): Uint8Array<ArrayBuffer> {
  const bytes = readBytes(text);
  if (!bytes) throw new CniError('invalidConfig', `"${text}" is not a MAC address such as 02:11:22:33:44:55`);
  if ((bytes[0] ?? 0) & 1) throw new CniError('invalidConfig', `"${text}" is a multicast MAC address`);
  if (bytes.every(byte => byte === 0)) throw new CniError('invalidConfig', `"${text}" is not a MAC address for a link`);
  return bytes;
}

/** Without a regular expression: the first use of one costs a hook more than all of its MACs. */
function readBytes(text: string): Uint8Array<ArrayBuffer> | undefined {
  const bytes = new Uint8Array(6);
  const isDotted = text.length === 14 && text[4] === '.' && text[9] === '.';
  if (text.length !== 17 && !isDotted) return undefined;
  for (let i = 0; i < 6; i++) {
    const at = isDotted ? 2 * i + (i >> 1) : 3 * i;
    const [high, low] = [digitAt(text, at), digitAt(text, at + 1)];
    const between = isDotted ? ':' : (text[at + 2] ?? ':');
    if (high < 0 || low < 0 || (between !== ':' && between !== '-')) return undefined;
    bytes[i] = high * 16 + low;
  }
  return bytes;
}

const digitAt = (text: string, at: number): number => '0123456789abcdef'.indexOf((text[at] ?? ' ').toLowerCase());

export function formatMac(bytes: Uint8Array): string {
  let text = '';
  for (let i = 0; i < bytes.length; i++) text += `${i > 0 ? ':' : ''}${(256 + (bytes[i] ?? 0)).toString(16).slice(1)}`;
  return text;
}

/** A locally administered unicast address (IEEE 802, bit 1 of the first byte) from the first 12 of some hexadecimal digits. */
export function localMac(digits: string): string {
  const bytes = new Uint8Array(6);
  for (let i = 0; i < 6; i++) bytes[i] = Number.parseInt(digits.slice(2 * i, 2 * i + 2), 16);
  bytes[0] = ((bytes[0] ?? 0) & 0xfc) | 0x02;
  return formatMac(bytes);
}
