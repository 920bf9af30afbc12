// What makes the names of one start differ from those of the next.

/** 16 random hexadecimal digits. */
export function makeSalt(): string {
  const bytes = globalThis.crypto.getRandomValues(new Uint8Array(8));
  return Array.from(bytes, byte => byte.toString(16).padStart(2, '0')).join('');
}
