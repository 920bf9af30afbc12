// Words of a command for a shell: what is no plain word is quoted, as paths come from flags and from others' names.

export const quoted = (word: string): string =>
  /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
