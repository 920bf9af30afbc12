// resolv.conf(5) as far as a CNI result can carry it.
import type {Dns} from '../../spec/result.ts';

/** Comments begin with "#" or ";"; search and options accumulate, as in the reference. */
export function parseResolvConf(text: string): Dns {
  const nameservers: string[] = [];
  const search: string[] = [];
  const options: string[] = [];
  let domain = '';
  for (const line of text.split('\n')) {
    const [keyword, ...values] = line.trim().split(/\s+/);
    if (keyword === 'nameserver' && values[0]) nameservers.push(values[0]);
    if (keyword === 'domain' && values[0]) domain = values[0];
    if (keyword === 'search') search.push(...values);
    if (keyword === 'options') options.push(...values);
  }
  return {
    ...(nameservers.length > 0 && {nameservers}),
    ...(domain !== '' && {domain}),
    ...(search.length > 0 && {search}),
    ...(options.length > 0 && {options}),
  };
}
