// Who lives. A pid alone says nothing, it is used again; a pid with its start time is one process of this boot.
import {readOrNothing} from './netns.ts';

export interface ProcessIdentity {
  readonly pid: number;
  /** Clock ticks since boot, from /proc/PID/stat field 22 (proc(5)). */
  readonly startTime: string;
}

/** The identity of a running process; undefined if it has ended, or has died and only waits for its parent. */
export function identifyProcess(pid: number): ProcessIdentity | undefined {
  const stat = readOrNothing(`/proc/${pid}/stat`);
  // The name in parentheses may hold anything, so the fields are counted from the last ")".
  const fields = stat?.slice(stat.lastIndexOf(')') + 2).split(' ');
  const [state, startTime] = [fields?.[0], fields?.[19]];
  if (state === undefined || startTime === undefined || state === 'Z' || state === 'X') return undefined;
  return {pid, startTime};
}

/** True if exactly that process still runs. */
export function isAlive(identity: ProcessIdentity): boolean {
  return identifyProcess(identity.pid)?.startTime === identity.startTime;
}

const CAP_NET_ADMIN = 12n;

/** True if this process may change the network (capabilities(7)). */
export function mayChangeNetwork(): boolean {
  const effective = /^CapEff:\t([0-9a-f]+)$/m.exec(readOrNothing('/proc/self/status') ?? '')?.[1];
  return effective === undefined || ((BigInt(`0x${effective}`) >> CAP_NET_ADMIN) & 1n) === 1n;
}

let boot: string | undefined;

/** The id of this boot, which no process outlives: what was recorded under another one is dead. */
export function bootId(): string {
  boot ??= readOrNothing('/proc/sys/kernel/random/boot_id') ?? 'unknown';
  return boot;
}

/** When this boot began: milliseconds since 1970, by the clock as it stands now. */
export function bootTime(): number {
  const uptime = Number(readOrNothing('/proc/uptime')?.split(' ')[0]);
  return Number.isFinite(uptime) ? Date.now() - uptime * 1000 : 0;
}
