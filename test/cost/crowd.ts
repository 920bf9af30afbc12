// Ways to fill a host with what the hook's cost must not depend on. Attachments and leases are written by hand, in the form
// in which the first, real one left them, since a thousand real ones take a minute; each stands for a link that is there.
import type {AttachmentRecord} from '../../src/runtime/record.ts';
import type {Host} from '../host.ts';

export const network = 'mynet';
const bridge = 'cnibr0';
const leaseDirectory = `/var/lib/cni/networks/${network}`;

export const networkFile = (name: string, subnet: string): object => ({
  cniVersion: '1.0.0',
  name,
  plugins: [{type: 'bridge', bridge, isGateway: true, ipMasq: true, ipam: {type: 'host-local', subnet}}],
});

/** `standing` is the container whose record serves as the pattern. The links are ports of the network's bridge. */
export async function addAttachments(host: Host, standing: string, number: number): Promise<void> {
  const record = JSON.parse(host.read(`/run/cni-hook/containers/${standing}/${network}:eth0.json`)) as AttachmentRecord;
  const ids = Array.from({length: number}, (_, i) => `by-hand-${i}`);
  for (const id of ids) {
    host.write(`/run/cni-hook/containers/${id}/${network}:eth0.json`, JSON.stringify({...record, containerId: id}));
    host.write(`/run/cni-hook/containers/${id}/lock`, '');
  }
  addLeases(host, ids);
  const links = ids.map(
    (_, i) => `link add by-hand-${i} type veth peer name by-peer-${i}\nlink set by-hand-${i} master ${bridge}\n`,
  );
  await host.must('ip', ['-batch', '-'], {input: links.join('')});
}

/** From .16.1 on in a /16; the next in line is the first behind them. */
export function addLeases(host: Host, ids: readonly string[]): void {
  const addresses = ids.map((_, i) => `172.19.${16 + Math.floor(i / 250)}.${1 + (i % 250)}`);
  for (const [i, address] of addresses.entries()) host.write(`${leaseDirectory}/${address}`, `${ids[i]}\r\neth0`);
  host.write(`${leaseDirectory}/last_reserved_ip.0`, addresses.at(-1) ?? '');
}

/** Networks that nobody asks for, in files that begin with `prefix`: ours has 50. */
export function addConfFiles(host: Host, prefix: number, number: number): void {
  for (let i = 0; i < number; i++) {
    host.write(`/etc/cni/net.d/${prefix}-other-${i}.conflist`, networkFile(`other-${i}`, `10.${i}.0.0/16`));
  }
}

/** Somebody else's rules, in a table and a chain of their own. */
export async function addForeignRules(host: Host, number: number): Promise<void> {
  const rules = Array.from({length: number}, (_, i) => `add rule inet foreign every tcp dport ${i + 1} counter\n`);
  const chain = '{ type filter hook forward priority 0; }';
  const input = `add table inet foreign\nadd chain inet foreign every ${chain}\n${rules.join('')}`;
  await host.must('nft', ['-f', '-'], {input});
}
