// The name of a sysctl as a configuration has it, and as a path below /proc/sys. As with sysctl(8) the first separator tells
// which it is: "net.ipv4.conf.eth0/100.mtu" and "net/ipv4/conf/eth0.100/mtu" are the same, and so, for the container's
// own interface, is "net.ipv4.conf.eth0.100.mtu". A path must not lead out of /proc/sys/net.

/** The part that stands for the container's interface. */
const placeholder = 'IFNAME';

/** The path below /proc/sys; `ifName` is "" where no interface is meant, as in STATUS. Throws a plain Error for what is no sysctl of the network. */
export function sysctlKey(name: string, ifName: string): string {
  const parts = partsOf(name, ifName);
  const [first, ...rest] = parts;
  const isPlain = rest.length > 0 && rest.every(part => !['', '.', '..'].includes(part) && !/\p{Cc}/u.test(part));
  if (first !== 'net') throw new Error(`"${name}" is no sysctl of the network: it must begin with "net."`);
  if (!isPlain) throw new Error(`"${name}" is no sysctl of the network: each part below "net" must be a plain name`);
  return parts.map(part => (part === placeholder ? ifName : part)).join('/');
}

function partsOf(name: string, ifName: string): readonly string[] {
  const plain = name.replace(/^\//, '');
  if (/^[^.]*\//.test(plain)) return plain.split('/');
  const parts = ifName === '' ? plain : plain.replace(`.${ifName}.`, `.${placeholder}.`);
  return parts.split('.').map(part => part.replaceAll('/', '.'));
}
