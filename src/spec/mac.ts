// Hardware addresses: text to bytes and back, and made-up ones.
import {CniError} from './error.ts';

/** The six bytes of "aa:bb:cc:dd:ee:ff" (or with "-"). Throws `invalidConfig` for anything a link can't carry. */
export function parseMac(text: string): Uint8Array<ArrayBuffer> {
  const parts = text.split(/[:-]/);
  const good = parts.length === 6 && parts.every(part => /^[0-9a-fA-F]{2}$/.test(part));
  if (!good) throw new CniError('invalidConfig', `"${text}" is not a MAC address such as 02:11:22:33:44:55`);
  const bytes = Uint8Array.from(parts, part => Number.parseInt(part, 16));
  if ((bytes[0] ?? 0) & 1) throw new CniError('invalidConfig', `"${text}" is a multicast MAC address`);
  if (bytes.every(byte => byte === 0)) throw new CniError('invalidConfig', `"${text}" is not a MAC address for a link`);
  return bytes;
}

export function formatMac(bytes: Uint8Array): string {
  return Array.from(bytes, byte => byte.toString(16).padStart(2, '0')).join(':');
}

/** A locally administered unicast address (IEEE 802, bit 1 of the first byte) from the first 12 of some hexadecimal digits. */
export function localMac(digits: string): string {
  const bytes = Uint8Array.from({length: 6}, (_, i) => Number.parseInt(digits.slice(2 * i, 2 * i + 2), 16));
  bytes[0] = ((bytes[0] ?? 0) & 0xfc) | 0x02;
  return formatMac(bytes);
}
