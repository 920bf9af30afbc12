// The keys of portmap, parsed once. The rules are nftables' whatever backend is named; what only iptables could do, and would
// be asked for in its own words, is refused rather than left out.
import {CniError} from '../../spec/error.ts';
import type {Fields} from '../../spec/fields.ts';
import {type PortMapping, readPortMappings} from '../../spec/port-mapping.ts';

export interface PortmapConfig {
  readonly mappings: readonly PortMapping[];
  /** Whether who comes from the container's own link, or from the host, comes back with the host's address. */
  readonly snat: boolean;
  /** Whether everybody does. */
  readonly masqAll: boolean;
  /** In nft's words; undefined for none. */
  readonly conditions: {readonly 4: string | undefined; readonly 6: string | undefined};
}

const backends = ['', 'iptables', 'nftables'];

/** Throws `invalidConfig`, `unsupportedField`. */
export function parsePortmapConfig(conf: Fields): PortmapConfig {
  const backend = conf.string('backend');
  if (!backends.includes(backend)) throw conf.wrong('backend', 'iptables or nftables', backend);
  const chain = conf.string('externalSetMarkChain');
  if (chain !== '') throw unsupported(conf, `"externalSetMarkChain": "${chain}" is a chain of iptables`);
  // No mark is needed; a bit that none could be made of is a mistake all the same.
  conf.integer('markMasqBit', 0, 0, 31);
  const mappings = readPortMappings(conf.child('runtimeConfig'), 'portMappings');
  const loopback = mappings.find(({hostIP}) => hostIP === '::1');
  if (loopback) {
    const why =
      'the kernel lets nothing come back to ::1 from a container: publish it on 127.0.0.1, or on another address';
    throw new CniError('invalidConfig', `${conf.where}: port ${loopback.hostPort} on ::1: ${why}`);
  }
  return {
    mappings,
    snat: conf.boolean('snat', true),
    masqAll: conf.boolean('masqAll'),
    conditions: {4: conditionsIn(conf, 'conditionsV4'), 6: conditionsIn(conf, 'conditionsV6')},
  };
}

function conditionsIn(conf: Fields, key: string): string | undefined {
  const [first, ...more] = conf.strings(key);
  if (first === undefined) return undefined;
  if (/^[-!]/.test(first)) throw unsupported(conf, `"${key}": "${first}" is in iptables' words`);
  const words = [first, ...more].join(' ');
  if (/[;\n#]/.test(words)) throw conf.wrong(key, 'the words of one nft match', words);
  return words;
}

function unsupported(conf: Fields, what: string): CniError {
  const instead = 'say it in nft\'s, or run the plugin\'s file with "cni-hook": {"external": true}';
  return new CniError('unsupportedField', `${conf.where}: ${what}: ${instead}`);
}
