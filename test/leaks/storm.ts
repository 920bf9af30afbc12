// A storm: so many runtimes at the same time, again and again, while somebody kills runtimes, hooks and containers at
// random. Times are seconds of /proc/uptime, which the containers read for themselves.
import {setTimeout as pause} from 'node:timers/promises';
import {executable, type Host} from '../host.ts';

/** How a container fared. */
export interface Run {
  readonly id: string;
  readonly exitCode: number;
  readonly stderr: string;
  /** When its createRuntime began; undefined if it never did. */
  readonly began: number | undefined;
  /** When the runtime had ended. */
  readonly ended: number;
  /** What the container says of itself: the address that it has, and the first and the last time that it said so. */
  readonly address: string | undefined;
  readonly from: number;
  readonly to: number;
}

export interface Storm {
  readonly runs: readonly Run[];
  /** What was killed, as "runc.ID", "hook.ID" or "container.ID". */
  readonly kills: readonly string[];
}

const directory = '/mnt/storm';
const pids = `${directory}/pids`;
/** Longest pause of a worker between two containers, and longest life of a container. */
const longestPause = 300;
const mostBeats = 6;

export async function storm(host: Host, workers: number, seconds: number): Promise<Storm> {
  await host.must('mkdir', ['-p', pids]);
  const killing = host.must('sh', ['-c', killer]);
  const end = Date.now() + seconds * 1000;
  const work = async (worker: number): Promise<readonly Run[]> => {
    const runs: Run[] = [];
    while (Date.now() < end) {
      runs.push(await runOne(host, `s${worker}-${runs.length}`));
      await pause(Math.random() * longestPause);
    }
    return runs;
  };
  const runs = await Promise.all(Array.from({length: workers}, (_, i) => work(i)));
  host.write(`${directory}/stop`, '');
  await killing;
  const kills = host.list(directory).includes('kills') ? host.read(`${directory}/kills`).trim().split('\n') : [];
  return {runs: runs.flat(), kills};
}

async function runOne(host: Host, id: string): Promise<Run> {
  const beats = Math.floor(Math.random() * mostBeats);
  const hook = (name: string, before: string) => ({
    path: '/bin/sh',
    args: ['sh', '-c', `echo $$ >${pids}/hook.${id}; ${before}exec ${executable} ${name}`],
  });
  const note = `read now _ </proc/uptime; echo $now >${directory}/${id}.began; `;
  const bundle = host.bundle(id, {
    command: ['sh', '-c', container, 'storm', String(beats)],
    hooks: {createRuntime: [hook('createRuntime', note)], poststop: [hook('poststop', '')]},
  });
  const [exitCode = 0, ended = 0] = (await host.must('sh', ['-c', runner, 'sh', id, bundle])).split(' ').map(Number);
  const read = (what: string) =>
    host.list(directory).includes(`${id}.${what}`) ? host.read(`${directory}/${id}.${what}`) : '';
  const said = read('out').trim().split('\n');
  const [from = 0, to = 0] = [said[0], said.at(-1)].map(line => Number(line?.split(' ')[0]));
  return {
    id,
    exitCode,
    stderr: read('err').trim(),
    began: Number(read('began')) || undefined,
    ended,
    address: said[0]?.split(' ')[1],
    from,
    to,
  };
}

/** In the container: says its address and the time, again and again. */
const container = `
address=$(ip -o -4 address show dev eth0 | sed 's/.*inet //; s/ .*//')
beat() { read now _ </proc/uptime; echo "$now $address"; }
beat
for i in $(seq "$1"); do sleep 0.1; beat; done
`;

const runner = `
exec 2>/dev/null
cd ${directory}
runc run --pid-file ${pids}/container.$1 --bundle "$2" "$1" >$1.out 2>$1.err </dev/null &
echo $! >${pids}/runc.$1
wait $!
code=$?
rm -f ${pids}/runc.$1 ${pids}/hook.$1
kill -0 "$(cat ${pids}/container.$1)" || rm -f ${pids}/container.$1
read now _ </proc/uptime
echo $code $now
`;

/** A pid may have been used again by now, so what it is is looked at first. */
const killer = `
cd ${pids}
until [ -e ${directory}/stop ]; do
  file=$(ls | shuf -n 1)
  case $file in runc.*) what=runc;; hook.*) what=cni-hook;; *) what=storm;; esac
  pid=$(cat "$file" 2>/dev/null)
  if [ -n "$pid" ] && tr '\\0' ' ' <"/proc/$pid/cmdline" | grep -q "$what" && kill -9 "$pid"; then
    echo "$file" >>${directory}/kills
  fi 2>/dev/null
  sleep 0.0$(shuf -n 1 -i 1-4)
done 2>/dev/null
`;
