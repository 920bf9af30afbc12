// Whether a path that a caller names leads to a network namespace: it may be a file, or a namespace of another kind. The only
// one who knows is the kernel, when the namespace is entered.
import {inNetns, type OpenNetns} from '../../kernel/netns.ts';

export function isNetns(netns: OpenNetns): boolean {
  try {
    return inNetns(netns, () => true);
  } catch {
    return false;
  }
}
