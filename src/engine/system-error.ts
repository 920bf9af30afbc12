// Errors of system calls as node:fs throws them: whoever asks, asks for `code`.

/** errno(3) names, those that a call on a file can end with; the numbers are Linux's on every architecture that Bun runs on. */
const names: Readonly<Record<number, string>> = {
  1: 'EPERM',
  2: 'ENOENT',
  3: 'ESRCH',
  4: 'EINTR',
  5: 'EIO',
  6: 'ENXIO',
  9: 'EBADF',
  11: 'EAGAIN',
  12: 'ENOMEM',
  13: 'EACCES',
  14: 'EFAULT',
  16: 'EBUSY',
  17: 'EEXIST',
  18: 'EXDEV',
  19: 'ENODEV',
  20: 'ENOTDIR',
  21: 'EISDIR',
  22: 'EINVAL',
  23: 'ENFILE',
  24: 'EMFILE',
  26: 'ETXTBSY',
  27: 'EFBIG',
  28: 'ENOSPC',
  30: 'EROFS',
  31: 'EMLINK',
  34: 'ERANGE',
  36: 'ENAMETOOLONG',
  38: 'ENOSYS',
  39: 'ENOTEMPTY',
  40: 'ELOOP',
  95: 'ENOTSUP',
  116: 'ESTALE',
  122: 'EDQUOT',
};

/** `words` are strerror(3)'s, `paths` those that the call was about: none, one, or two. */
export function systemError(
  number: number,
  words: string,
  call: string,
  paths: readonly string[],
): NodeJS.ErrnoException {
  const code = names[number] ?? `E${number}`;
  const about = paths.map(path => `'${path}'`).join(' -> ');
  const said = `${code}: ${words.charAt(0).toLowerCase()}${words.slice(1)}, ${call}${about && ` ${about}`}`;
  const [path, dest] = paths;
  return Object.assign(new Error(said), {
    code,
    errno: -number,
    syscall: call,
    ...(path !== undefined && {path}),
    ...(dest !== undefined && {dest}),
  });
}
