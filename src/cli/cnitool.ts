// The executable under the name of cnitool: a script that calls `cnitool add NETWORK NETNS` works with a link of that name.

/** What cnitool takes is a path, also one without a "/"; and gc and status need none. */
export function asCommand([verb = 'help', ...rest]: readonly string[]): readonly string[] {
  const isValue = (i: number) => ['-i', '--ifname'].includes(rest[i - 1] ?? '');
  const places = rest.flatMap((word, i) => (word.startsWith('-') || isValue(i) ? [] : [i]));
  const [, netns] = places;
  if (netns === undefined) return [verb, ...rest];
  if (verb === 'gc' || verb === 'status') return [verb, ...rest.toSpliced(netns, 1)];
  const path = rest[netns] ?? '';
  return [verb, ...rest.with(netns, path.includes('/') ? path : `./${path}`)];
}
