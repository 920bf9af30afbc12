// As much of `node:path` as a hook and a plugin use, for paths of Linux.

function withoutSlashes(path: string): string {
  let end = path.length;
  while (path[end - 1] === '/') end--;
  return path.slice(0, end);
}

export function basename(path: string): string {
  const bare = withoutSlashes(path);
  return bare.slice(bare.lastIndexOf('/') + 1);
}

export function dirname(path: string): string {
  const bare = withoutSlashes(path);
  const end = bare.lastIndexOf('/');
  if (end <= 0) return path.startsWith('/') ? '/' : '.';
  return end === 1 && path.startsWith('/') ? '//' : bare.slice(0, end);
}

export function normalize(path: string): string {
  const isAbsolute = path.startsWith('/');
  const steps: string[] = [];
  for (const step of path.split('/')) {
    if (step === '..' && (isAbsolute || (steps.length > 0 && steps.at(-1) !== '..'))) steps.pop();
    else if (step !== '' && step !== '.') steps.push(step);
  }
  const body = steps.join('/');
  const tail = path.endsWith('/') && (body !== '' || !isAbsolute) ? '/' : '';
  return isAbsolute ? `/${body}${tail}` : `${body || '.'}${tail}`;
}

export const posix = {normalize};
