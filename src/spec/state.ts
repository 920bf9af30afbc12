// The state that a runtime gives its hooks on stdin (OCI runtime-spec, runtime.md "State"), in every form that runc,
// crun, podman and youki really send: at poststop there is no pid (runc, podman) or it is 0 (crun), the status may be
// a word that the specification does not know, and extra keys come with it.
import {CniError} from './error.ts';
import {Fields} from './fields.ts';
import {parseJson} from './json.ts';

export interface State {
  readonly id: string;
  /** The pid of the container's first process in our pid namespace; undefined when it has ended. */
  readonly pid: number | undefined;
  readonly status: string;
  readonly bundle: string;
  readonly annotations: Readonly<Record<string, string>>;
}

/** Parses OCI state. Throws `decodingFailure` for what is no state. The id is not checked here: see names.ts. */
export function parseState(text: string): State {
  const json = parseJson(text, 'the OCI state on stdin');
  try {
    const state = new Fields(json, 'the OCI state on stdin');
    const id = state.string('id');
    if (id === '') throw new CniError('decodingFailure', 'the OCI state on stdin has no "id"');
    return {
      id,
      pid: state.integer('pid', 0, 0, 2 ** 22) || undefined,
      status: state.string('status'),
      bundle: state.string('bundle'),
      annotations: parseAnnotations(state.child('annotations')),
    };
  } catch (error) {
    // Whatever is wrong in there is wrong with what the runtime sent, not with a network's configuration.
    throw error instanceof CniError ? new CniError('decodingFailure', error.message, {cause: error}) : error;
  }
}

function parseAnnotations(fields: Fields): Record<string, string> {
  return Object.fromEntries(Object.keys(fields.object).map(key => [key, fields.string(key)]));
}
