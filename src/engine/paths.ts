// Stands in for node:path in the executable, as files.ts does for node:fs: what our code uses of it, for Linux.

/** The last part of a path, less the suffix if it ends so. */
export function basename(path: string, suffix = ''): string {
  const bare = withoutSlashes(path);
  const name = bare.slice(bare.lastIndexOf('/') + 1);
  return suffix !== '' && name !== suffix && name.endsWith(suffix) ? name.slice(0, -suffix.length) : name;
}

/** All of a path but its last part. */
export function dirname(path: string): string {
  const bare = withoutSlashes(path);
  const slash = bare.lastIndexOf('/');
  if (slash < 0) return path.startsWith('/') ? '/' : '.';
  return withoutSlashes(bare.slice(0, slash)) || '/';
}

function withoutSlashes(path: string): string {
  let end = path.length;
  while (end > 0 && path.charCodeAt(end - 1) === 47) end--;
  return path.slice(0, end);
}
