// What annotations may ask for, where the settings say it: a section that can't be read keeps every container from starting, and
// one that others may write restricts nobody.
import {statSync} from 'node:fs';
import {type Fault, fault, type Part} from '../../runtime/doctor/finding.ts';
import {settingsFile} from '../../runtime/settings.ts';
import {parsePermission} from '../../runtime/wishes/permission.ts';
import {reasonOf} from '../../spec/error.ts';

export const permission: Part = {
  area: 'allow',
  inOrder: "what annotations may ask for can be read, and is root's to say",
  examine: function* ({settings: {allow = {}}, networks}) {
    const {uid, mode} = statSync(settingsFile);
    if (uid !== 0 || (mode & 0o022) !== 0) {
      const what = `others than root may write ${settingsFile}, and let annotations ask for anything`;
      yield fault('error', what, `chown root ${settingsFile}`, `chmod go-w ${settingsFile}`);
    }
    yield* unreadable(() => parsePermission(allow));
    const listed = Array.isArray(allow.networks) ? allow.networks : [];
    const unknown = listed.filter(text => !String(text).includes('*') && !networks.some(({name}) => name === text));
    for (const text of unknown)
      yield fault('warning', `"allow" in ${settingsFile} lists the network "${text}", and there is none`);
  },
};

function* unreadable(work: () => unknown): Generator<Fault> {
  try {
    work();
  } catch (error) {
    yield fault('error', `no container starts: ${reasonOf(error)}`);
  }
}
