// The flags of the hook. Parsed with what the runtime has built in: oclif would cost more than the hook itself.
import {parseArgs} from 'node:util';
import {loadSettings, type Settings, splitPath} from './runtime/settings.ts';
import {CniError, reasonOf} from './spec/error.ts';

export interface Options {
  /** `NAME` or `NAME:IFNAME`. */
  readonly networks: readonly string[];
  /** Whether a container that has no network namespace of its own is an error. */
  readonly strict: boolean;
  readonly dryRun: boolean;
  /** Seconds after which the hook takes everything back and says so. */
  readonly timeout: number;
  readonly settings: Settings;
}

const flags = {
  network: {type: 'string', multiple: true},
  'conf-dir': {type: 'string'},
  'plugin-dir': {type: 'string'},
  'state-dir': {type: 'string'},
  timeout: {type: 'string'},
  strict: {type: 'boolean'},
  'dry-run': {type: 'boolean'},
} as const;

// Below the 30 s that a hook's entry usually allows: a hook that is killed can take nothing back.
const defaultTimeout = 25;

/** Throws `invalidEnvironment` for a flag that it does not know. */
export function parseOptions(
  args: readonly string[],
  environment: Readonly<Record<string, string | undefined>>,
): Options {
  const {values} = parseFlags(args);
  const overrides = {
    confDir: values['conf-dir'],
    pluginDirs: splitPath(values['plugin-dir']),
    stateDir: values['state-dir'],
  };
  return {
    networks: values.network ?? [],
    strict: values.strict ?? false,
    dryRun: values['dry-run'] ?? false,
    timeout: values.timeout === undefined ? defaultTimeout : parseTimeout(values.timeout),
    settings: loadSettings(overrides, environment),
  };
}

function parseFlags(args: readonly string[]) {
  try {
    return parseArgs({args: [...args], options: flags, allowPositionals: false});
  } catch (cause) {
    const known = Object.keys(flags).map(flag => `--${flag}`);
    throw new CniError('invalidEnvironment', `${reasonOf(cause)}: the flags are ${known.join(', ')}`, {cause});
  }
}

function parseTimeout(text: string): number {
  const seconds = Number(text);
  if (seconds > 0 && seconds < 24 * 3600) return seconds;
  throw new CniError('invalidEnvironment', `--timeout "${text}" is not a number of seconds, such as 25`);
}
