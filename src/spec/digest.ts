// A digest for names: short, the same everywhere, spread evenly. Not for secrets; loading a cryptographic one would cost the
// hook a quarter of its start (docs/decisions/0010).

/** 32 hexadecimal digits from any text. */
export function digest(text: string): string {
  const bytes = new TextEncoder().encode(text);
  return seeds.map(seed => hex(mix(fnv(bytes, seed)))).join('');
}

const mask = (1n << 64n) - 1n;
const seeds = [0xcbf29ce484222325n, 0x9ae16a3b2f90404fn];

/** FNV-1a, 64 bits, in two halves of 32: with big integers it would take the hook longer than all else that it computes. */
function fnv(bytes: Uint8Array, seed: bigint): bigint {
  let high = Number(seed >> 32n);
  let low = Number(seed & 0xffffffffn);
  for (let i = 0; i < bytes.length; i++) {
    const mixed = (low ^ (bytes[i] ?? 0)) >>> 0;
    // The prime is 2^40 + 0x1b3.
    const product = mixed * 0x1b3;
    high = (Math.imul(high, 0x1b3) + Math.floor(product / 2 ** 32) + (mixed << 8)) >>> 0;
    low = product >>> 0;
  }
  return (BigInt(high) << 32n) | BigInt(low);
}

/** MurmurHash3's finaliser: FNV alone leaves the last bytes of the text in the low bits. */
function mix(value: bigint): bigint {
  let hash = value;
  for (const factor of [0xff51afd7ed558ccdn, 0xc4ceb9fe1a85ec53n]) hash = ((hash ^ (hash >> 33n)) * factor) & mask;
  return hash ^ (hash >> 33n);
}

/** In halves: QuickJS puts a zero before big integers with the highest of 64 bits set. */
const hex = (value: bigint): string => [value >> 32n, value & 0xffffffffn].map(half => hexOf(Number(half))).join('');

const hexOf = (half: number): string => half.toString(16).padStart(8, '0');
