// How long ago something was, in as few letters as a column has.

const units = [
  ['d', 86_400],
  ['h', 3600],
  ['m', 60],
] as const;

/** "5m ago" for an ISO time; empty for none. */
export function age(since: string | undefined, now = Date.now()): string {
  const seconds = Math.max(0, Math.floor((now - Date.parse(since ?? '')) / 1000));
  if (Number.isNaN(seconds)) return '';
  const unit = units.find(([, length]) => seconds >= length);
  return unit ? `${Math.floor(seconds / unit[1])}${unit[0]} ago` : `${seconds}s ago`;
}
