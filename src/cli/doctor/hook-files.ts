// The hooks.d files of podman and CRI-O. That there are none of ours is no fault: whoever runs runc needs none.
import {quoted} from '../../kernel/shell.ts';
import {type Fault, fault, type Part} from '../../runtime/doctor/finding.ts';
import {defaultHooksDir, type FileStatus, hookFilesIn} from '../hooks-d.ts';

/** The second is CRI-O's, and podman's where it is told so. */
const hookDirectories = [defaultHooksDir, '/etc/containers/oci/hooks.d'];

export const hookFiles: Part = {
  area: 'hooks.d',
  inOrder: 'every file in hooks.d can be read, and what they call is there',
  examine: function* () {
    for (const directory of hookDirectories) {
      const files = hookFilesIn(directory);
      const isInstalled = files.some(({isOurs, state}) => isOurs && state !== 'missing');
      for (const file of files) {
        if (file.state === 'missing' ? isInstalled : file.state !== 'ok') yield wrong(file, directory);
      }
    }
  },
};

function wrong({file, isOurs, state, reason, path}: FileStatus, directory: string): Fault {
  const what = state === 'missing' ? `${file} is missing, and the other one of ours is there` : `${file}: ${reason}`;
  const again = `${quoted(process.execPath)} hooks install --dir ${quoted(directory)}`;
  if (isOurs) return fault('error', what, again);
  // podman takes nothing for a hook file whose name does not end in ".json".
  const aside = `mv ${quoted(file)} ${quoted(`${file}.off`)}`;
  return fault(state === 'broken' ? 'error' : 'warning', path === '' ? what : `${what} (not ours)`, aside);
}
