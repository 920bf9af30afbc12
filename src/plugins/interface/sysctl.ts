// A sysctl as an operation; keys with slashes, because interface names may hold dots.
import type {Netns, SetSysctl} from '../../kernel/op.ts';

export function sysctl(netns: Netns, key: string, value: string): SetSysctl {
  return {op: 'sysctl.set', netns, key, value};
}
