// The keys of a ptp network, parsed once.
import {CniError} from '../../spec/error.ts';
import type {Fields} from '../../spec/fields.ts';
import type {Dns} from '../../spec/result.ts';
import {parseDns} from '../../spec/route.ts';
import {checkBackend} from '../interface/backend.ts';
import {parseContainerMac} from '../interface/mac.ts';
import type {AttachmentRequest} from '../plugin.ts';

export interface PtpConfig {
  /** Bytes; undefined leaves it to the kernel. */
  readonly mtu: number | undefined;
  readonly ipMasq: boolean;
  readonly mac: string | undefined;
  readonly ipam: string;
  readonly dns: Dns;
}

/** Throws `invalidConfig`. */
export function parsePtpConfig(conf: Fields, {args}: AttachmentRequest): PtpConfig {
  checkBackend(conf);
  const ipam = conf.child('ipam').string('type');
  if (ipam === '') throw new CniError('invalidConfig', `${conf.where}: "ipam" has no "type": ptp needs addresses`);
  return {
    mtu: conf.integer('mtu', 0, 0, 65535) || undefined,
    ipMasq: conf.boolean('ipMasq'),
    // What CNI_ARGS hold beside a MAC is for the IPAM plugin.
    mac: parseContainerMac(conf, {...args, ignoreUnknown: true}),
    ipam,
    dns: parseDns(conf.child('dns')),
  };
}
