// The keys of bandwidth, parsed once: rates in bits a second and bursts in bits, as everybody writes them; in bytes from here
// on, as the kernel counts. What the configuration says itself wins, whole, over what the caller asks for by the capability.
import type {SetBucket} from '../../kernel/op.ts';
import {CniError} from '../../spec/error.ts';
import type {Fields} from '../../spec/fields.ts';

/** Bytes a second, bytes at once, bytes that may wait. */
export type Bucket = Pick<SetBucket, 'rate' | 'burst' | 'limit'>;

export interface BandwidthConfig {
  /** Of what the container receives. */
  readonly ingress: Bucket | undefined;
  /** Of what it sends. */
  readonly egress: Bucket | undefined;
}

const keys = ['ingressRate', 'ingressBurst', 'egressRate', 'egressBurst'];
const most = 2 ** 32 - 1;
/** For how long a packet may wait, in seconds. */
const latency = 0.025;

/** Throws `invalidConfig`. */
export function parseBandwidthConfig(conf: Fields): BandwidthConfig {
  const said = keys.some(key => conf.raw(key) !== undefined);
  const fields = said ? conf : conf.child('runtimeConfig').child('bandwidth');
  return {ingress: parseBucket(fields, 'ingress'), egress: parseBucket(fields, 'egress')};
}

function parseBucket(fields: Fields, direction: 'ingress' | 'egress'): Bucket | undefined {
  const [rateKey, burstKey] = [`${direction}Rate`, `${direction}Burst`] as const;
  const rate = Math.floor(fields.integer(rateKey, 0, 0, 2 ** 64) / 8);
  const burst = Math.floor(fields.integer(burstKey, 0, 0, 2 ** 64) / 8);
  const has = (key: string) => fields.integer(key, 0, 0, 2 ** 64) !== 0;
  if (!has(rateKey) && !has(burstKey)) return undefined;
  if (!has(rateKey) || !has(burstKey)) {
    const [there, missing] = has(rateKey) ? [rateKey, burstKey] : [burstKey, rateKey];
    throw new CniError('invalidConfig', `${fields.where}: "${there}" needs "${missing}"`);
  }
  if (rate === 0) throw fields.wrong(rateKey, '8 bits a second at least', fields.raw(rateKey));
  if (burst === 0) throw fields.wrong(burstKey, '8 bits at least', fields.raw(burstKey));
  if (burst >= most) throw fields.wrong(burstKey, `less than ${8 * most} bits`, fields.raw(burstKey));
  return {rate, burst, limit: Math.min(most, Math.floor(rate * latency) + burst)};
}
