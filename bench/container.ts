// Network namespaces that serve as containers: each is held by a process that sleeps. They are made and ended outside of
// what is timed, and the kernel gets time to finish its own taking down.
import {readdirSync, readlinkSync} from 'node:fs';

export interface Container {
  readonly id: string;
  readonly pid: number;
  readonly netns: string;
  /** Ends it, and does not wait for its netns, which somebody may have pinned. */
  readonly kill: () => Promise<void>;
  /** Ends one that is attached, and waits until the host's end of its veth has gone: throws if that takes too long. */
  readonly killAttached: () => Promise<void>;
}

/** Milliseconds. */
const longestWait = 5000;

let count = 0;

export async function startContainer(): Promise<Container> {
  const holder = Bun.spawn(['unshare', '--net', 'sleep', 'infinity'], {stdin: 'ignore', stdout: 'ignore'});
  const netns = `/proc/${holder.pid}/ns/net`;
  const own = readlinkSync('/proc/self/ns/net');
  while (readlinkSync(netns) === own) await Bun.sleep(1);
  const kill = async (): Promise<void> => {
    holder.kill('SIGKILL');
    await holder.exited;
    await settle();
  };
  const killAttached = async (): Promise<void> => {
    const links = linksOfHost();
    await kill();
    for (let waited = 0; linksOfHost() >= links; waited++) {
      if (waited === longestWait) throw new Error(`${netns} has ended, and its veth is still there`);
      await Bun.sleep(1);
    }
    await settle();
  };
  return {id: `bench-${count++}`, pid: holder.pid, netns, kill, killAttached};
}

const linksOfHost = (): number => readdirSync('/sys/class/net').length;

/** A netns that has gone leaves the kernel with work, under a lock that the next sample would wait for. */
const settle = (): Promise<void> => Bun.sleep(25);
