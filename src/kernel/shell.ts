// Words of a command for a shell: names of interfaces come from whoever wrote a container, paths from flags, and a person
// may paste the line.

/** As one word, whatever is in it; as it stands if it is a plain one. */
export const quoted = (word: string): string => (/^[\w@%+=:,./-]+$/.test(word) ? word : quote(word));

/** In quotes in any case. */
export const quote = (text: string): string => `'${text.replaceAll("'", "'\\''")}'`;
