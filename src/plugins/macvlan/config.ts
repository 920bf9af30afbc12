// The keys of a macvlan network, parsed once.
import type {MacvlanMode} from '../../kernel/op.ts';
import type {Fields} from '../../spec/fields.ts';
import {checkIfName} from '../../spec/names.ts';
import type {Dns} from '../../spec/result.ts';
import {checked, parseDns} from '../../spec/route.ts';
import {parseContainerMac} from '../interface/mac.ts';
import type {AttachmentRequest} from '../plugin.ts';

export interface MacvlanConfig {
  /** The interface that it is made of; undefined for the one that the default route goes by. */
  readonly master: string | undefined;
  /** Whether that is an interface of the container. */
  readonly masterInside: boolean;
  readonly mode: MacvlanMode;
  /** Bytes; undefined leaves it to the kernel, which takes the master's. */
  readonly mtu: number | undefined;
  readonly broadcastQueue: number | undefined;
  readonly mac: string | undefined;
  readonly ipam: string | undefined;
  readonly dns: Dns;
}

const modes: readonly MacvlanMode[] = ['bridge', 'private', 'vepa', 'passthru'];
const u32 = 2 ** 32 - 1;

/** Throws `invalidConfig`. */
export function parseMacvlanConfig(conf: Fields, {args}: AttachmentRequest): MacvlanConfig {
  const name = conf.string('mode') || 'bridge';
  const mode = modes.find(known => known === name);
  if (!mode) throw conf.wrong('mode', modes.join(', '), name);
  return {
    master: conf.string('master') === '' ? undefined : checked(conf, 'master', checkIfName),
    masterInside: conf.boolean('linkInContainer'),
    mode,
    mtu: conf.integer('mtu', 0, 0, 65535) || undefined,
    broadcastQueue: conf.integer('bcqueuelen', 0, 0, u32) || undefined,
    // What CNI_ARGS hold beside a MAC is for the IPAM plugin.
    mac: parseContainerMac(conf, {...args, ignoreUnknown: true}),
    ipam: conf.child('ipam').string('type') || undefined,
    dns: parseDns(conf.child('dns')),
  };
}
