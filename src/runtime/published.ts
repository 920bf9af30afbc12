// The ports that an attachment publishes, as its record tells: whichever plugin of the chain was given the port mappings,
// ours or another's. For people to look at, so what can't be understood is left out.
import {isObject, type Json} from '../spec/fields.ts';
import type {Network} from '../spec/network.ts';

/** As in the annotation `io.cni-hook.ports`: "8080:80/tcp", "127.0.0.1:5353:53/udp", "[::1]:8080:80/tcp". */
export function publishedBy({plugins}: Pick<Network, 'plugins'>): readonly string[] {
  const given = plugins.flatMap(({json}) => {
    const {runtimeConfig} = json;
    return isObject(runtimeConfig) && Array.isArray(runtimeConfig.portMappings) ? runtimeConfig.portMappings : [];
  });
  return [...new Set(given.flatMap(mapping => wordsFor(mapping)))];
}

/** The `portMappings` capability (CONVENTIONS.md, "Dynamic Plugin specific fields"): tcp unless it says otherwise. */
function wordsFor(mapping: Json): readonly string[] {
  if (!isObject(mapping)) return [];
  const {hostPort, containerPort, protocol, hostIP} = mapping;
  if (typeof hostPort !== 'number' || typeof containerPort !== 'number') return [];
  const address =
    typeof hostIP !== 'string' || hostIP === '' ? '' : hostIP.includes(':') ? `[${hostIP}]:` : `${hostIP}:`;
  const kind = typeof protocol === 'string' && protocol !== '' ? protocol.toLowerCase() : 'tcp';
  return [`${address}${hostPort}:${containerPort}/${kind}`];
}
