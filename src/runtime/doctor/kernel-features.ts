// What the kernel must be able to do. Asked for with a message that every kernel refuses, as no link may have an MTU of one
// byte: the reason tells whether it knows the kind of link, and nothing is made.
import type {Kernel} from '../../kernel/kernel.ts';
import {errno} from '../../kernel/libc.ts';
import {nftTable} from '../../kernel/names.ts';
import {dumpRules} from '../../kernel/netlink/nfnetlink.ts';
import {attribute, concat, NLM, nest, type Request, text, u32} from '../../kernel/netlink/wire.ts';
import {findTool} from '../../kernel/tool.ts';
import {type Fault, fault, type Part} from './finding.ts';

export const kernelFeatures: Part = {
  area: 'kernel',
  inOrder: 'we may change the network, and the kernel has veth, bridge and nf_tables; nft is installed',
  examine: function* ({kernel}) {
    yield* missingLinks(kernel);
    yield* missingTables(kernel);
  },
};

const EOPNOTSUPP = 95;

function* missingLinks(kernel: Kernel): Generator<Fault> {
  for (const kind of ['veth', 'bridge']) {
    const [answer] = kernel.socket('host').exchange([askForKind(kind)]);
    if (answer?.error === errno.EPERM) {
      yield fault('error', 'we may not change the network here: CAP_NET_ADMIN is missing');
      return;
    }
    if (answer?.error === EOPNOTSUPP) yield fault('error', `the kernel has no "${kind}"`, `modprobe ${kind}`);
  }
}

function* missingTables(kernel: Kernel): Generator<Fault> {
  const [answer] = kernel.netfilter().exchange([dumpRules(nftTable, 'doctor')]);
  if (answer && answer.error !== 0 && answer.error !== errno.ENOENT) {
    yield fault('error', `the kernel has no nf_tables: ${answer.reason}`, 'modprobe nf_tables');
  }
  if (!findTool('nft')) {
    yield fault('error', 'nft is not installed: networks with "ipMasq" can\'t be set up', 'apt-get install nftables');
  }
}

const RTM_NEWLINK = 16;
const IFLA = {MTU: 4, LINKINFO: 18} as const;
const INFO_KIND = 1;

function askForKind(kind: string): Request {
  const info = nest(IFLA.LINKINFO, attribute(INFO_KIND, text(kind)));
  const body = concat([new Uint8Array(16), attribute(IFLA.MTU, u32(1)), info]);
  return {type: RTM_NEWLINK, flags: NLM.ACK | NLM.CREATE | NLM.EXCL, body};
}
