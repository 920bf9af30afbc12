// A digest for names: short, the same everywhere, spread evenly. Not for secrets; loading a cryptographic one would cost the
// hook a quarter of its start (docs/decisions/0010).

const mask = (1n << 64n) - 1n;

/** 32 hexadecimal digits from any text. */
export function digest(text: string): string {
  const bytes = new TextEncoder().encode(text);
  return [0xcbf29ce484222325n, 0x9ae16a3b2f90404fn].map(seed => hex(mix(fnv(bytes, seed)))).join('');
}

/** FNV-1a, 64 bits. */
function fnv(bytes: Uint8Array, seed: bigint): bigint {
  let hash = seed;
  for (const byte of bytes) hash = ((hash ^ BigInt(byte)) * 0x100000001b3n) & mask;
  return hash;
}

/** MurmurHash3's finaliser: FNV alone leaves the last bytes of the text in the low bits. */
function mix(value: bigint): bigint {
  let hash = value;
  for (const factor of [0xff51afd7ed558ccdn, 0xc4ceb9fe1a85ec53n]) hash = ((hash ^ (hash >> 33n)) * factor) & mask;
  return hash ^ (hash >> 33n);
}

const hex = (value: bigint): string => value.toString(16).padStart(16, '0');
