// The flags of the hook, parsed by hand: oclif would cost more than the hook itself, and node:util half a millisecond.
import {loadSettings, longestTimeout, parseLogLevel, type Settings, splitPath} from './runtime/settings.ts';
import {CniError} from './spec/error.ts';

export interface Options {
  /** `NAME` or `NAME:IFNAME`. */
  readonly networks: readonly string[];
  /** Whether a container that has no network namespace of its own is an error. */
  readonly strict: boolean;
  readonly dryRun: boolean;
  /** Whether the container's resolv.conf, hosts and hostname are left as they are. */
  readonly noDns: boolean;
  readonly settings: Settings;
}

/** The flags that take a value, and those that take none. */
const valued = ['network', 'conf-dir', 'plugin-dir', 'state-dir', 'log-level', 'timeout'] as const;
const plain = ['strict', 'dry-run', 'no-dns'] as const;

/** Throws `invalidEnvironment` for a flag that it does not know. Wrong settings are told to `ifWrong`, or are thrown as well. */
export function parseOptions(
  args: readonly string[],
  environment: Readonly<Record<string, string | undefined>>,
  ifWrong?: (error: unknown) => void,
): Options {
  const values = parseFlags(args);
  const last = (flag: string) => values.get(flag)?.at(-1);
  const overrides = {
    confDir: last('conf-dir'),
    pluginDirs: splitPath(last('plugin-dir')),
    stateDir: last('state-dir'),
    logLevel: optional(last('log-level'), text => parseLogLevel(text, '--log-level')),
    timeout: optional(last('timeout'), parseTimeout),
  };
  return {
    networks: values.get('network') ?? [],
    strict: values.has('strict'),
    dryRun: values.has('dry-run'),
    noDns: values.has('no-dns'),
    settings: loadSettings(overrides, environment, ifWrong),
  };
}

const optional = <T>(text: string | undefined, parse: (text: string) => T): T | undefined =>
  text === undefined ? undefined : parse(text);

/** The values of each flag, in either of the forms `--flag value` and `--flag=value`. */
function parseFlags(args: readonly string[]): ReadonlyMap<string, readonly string[]> {
  const values = new Map<string, string[]>();
  const rest = [...args];
  for (let arg = rest.shift(); arg !== undefined; arg = rest.shift()) {
    const equals = arg.indexOf('=');
    const name = arg.startsWith('--') ? arg.slice(2, equals < 0 ? undefined : equals) : '';
    const inline = equals < 0 ? undefined : arg.slice(equals + 1);
    const takesValue = valued.some(flag => flag === name);
    const value = takesValue
      ? (inline ?? rest.shift())
      : inline === undefined && plain.some(flag => flag === name)
        ? ''
        : undefined;
    if (value === undefined) throw wrongFlag(arg, takesValue);
    values.set(name, [...(values.get(name) ?? []), value]);
  }
  return values;
}

function wrongFlag(arg: string, takesValue: boolean): CniError {
  const known = [...valued, ...plain].map(flag => `--${flag}`).join(', ');
  const problem = takesValue ? `"${arg}" wants a value` : `there is no flag "${arg}"`;
  return new CniError('invalidEnvironment', `${problem}: the flags are ${known}`);
}

function parseTimeout(text: string): number {
  const seconds = Number(text);
  if (seconds > 0 && seconds <= longestTimeout) return seconds;
  throw new CniError('invalidEnvironment', `--timeout "${text}" is not a number of seconds, such as 25`);
}
