// The project in a private host as a package has it: an executable and no sources, so that install.sh has nothing to build.
import {fileURLToPath} from 'node:url';
import {executable, type Host} from '../host.ts';

const project = fileURLToPath(new URL('../..', import.meta.url));

/** Makes it in /mnt/tree. */
export async function copyTree(host: Host): Promise<void> {
  // Copies, not links: a test may hide the place where the project lies.
  const rooms = ['config', 'hooks', 'examples', 'docs', 'packaging'].map(room => project + room);
  const copied = `mkdir -p /mnt/tree/dist; cp ${project}install.sh /mnt/tree; cp ${executable} /mnt/tree/dist/cni-hook`;
  await host.must('sh', ['-ec', `${copied}; cp -r ${rooms.join(' ')} /mnt/tree`]);
}

/** A layer over /usr/share, which private hosts share with the machine. */
export async function ownUsrShare(host: Host): Promise<void> {
  const layers = 'lowerdir=/usr/share,upperdir=/mnt/usr-share/upper,workdir=/mnt/usr-share/work';
  await host.must('sh', [
    '-ec',
    `mkdir -p /mnt/usr-share/upper /mnt/usr-share/work; mount -t overlay -o ${layers} own /usr/share`,
  ]);
}
