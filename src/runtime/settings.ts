// Where things are. A flag wins over the environment, that over the settings file, that over the default.
import {lstatSync, readFileSync} from 'node:fs';
import {CniError, reasonOf} from '../spec/error.ts';
import {Fields, type JsonObject} from '../spec/fields.ts';
import {parseJson} from '../spec/json.ts';
import {asSuggestion, nearest} from '../spec/suggest.ts';
import {type Level, levels} from './log.ts';

export interface Settings {
  /** Where networks are described. */
  readonly confDir: string;
  /** Where foreign plugins are looked for, in that order. */
  readonly pluginDirs: readonly string[];
  /** Records, locks, the log: gone after a reboot, as it should be. */
  readonly stateDir: string;
  /** libcni's result cache. */
  readonly cacheDir: string;
  /** Leases of networks that name no dataDir of their own. */
  readonly dataDir: string;
  /** The least grave of what is logged. */
  readonly logLevel: Level;
  /** Seconds after which a hook takes everything back and says so. */
  readonly timeout: number;
  /** What annotations may ask for, as it stands in the file; undefined lets them ask for anything. See permission.ts. */
  readonly allow: JsonObject | undefined;
}

/** What a caller may set: the same names, every one optional. */
export type SettingsOverrides = {readonly [key in keyof Settings]?: Settings[key] | undefined};

export const settingsFile = '/etc/cni-hook/config.json';

const defaults: Settings = {
  confDir: '/etc/cni/net.d',
  pluginDirs: ['/opt/cni/bin'],
  stateDir: '/run/cni-hook',
  cacheDir: '/var/lib/cni',
  dataDir: '/var/lib/cni/networks',
  logLevel: 'info',
  // Below the 30 s that a hook's entry usually allows: a hook that is killed can take nothing back.
  timeout: 25,
  allow: undefined,
};

/** Where to log what is wrong with the settings or the flags themselves. */
export const defaultStateDir = (environment: Readonly<Record<string, string | undefined>>): string =>
  environment.CNI_HOOK_STATE_DIR || defaults.stateDir;

/** Throws if the settings file is there and wrong; or tells `ifWrong`, and does without it. */
export function loadSettings(
  flags: SettingsOverrides,
  environment: Readonly<Record<string, string | undefined>>,
  ifWrong = (error: unknown): void => {
    throw error;
  },
): Settings {
  let file: SettingsOverrides = {};
  try {
    file = readFile(settingsFile);
  } catch (error) {
    ifWrong(error);
  }
  const layers = [defaults, file, fromEnvironment(environment), flags];
  return Object.assign({}, ...layers.map(layer => withoutEmpty(layer))) as Settings;
}

function fromEnvironment(environment: Readonly<Record<string, string | undefined>>): SettingsOverrides {
  return {
    confDir: environment.NETCONFPATH || undefined,
    pluginDirs: splitPath(environment.CNI_PATH),
    stateDir: environment.CNI_HOOK_STATE_DIR || undefined,
    cacheDir: environment.CNI_HOOK_CACHE_DIR || undefined,
  };
}

function readFile(path: string): SettingsOverrides {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    // A link that leads nowhere is no absence: what it was to restrict would be allowed.
    if ((error as NodeJS.ErrnoException).code === 'ENOENT' && !lstatSync(path, {throwIfNoEntry: false})) return {};
    throw new CniError('ioFailure', `cannot read the settings "${path}": ${reasonOf(error)}`, {cause: error});
  }
  const fields = new Fields(parseJson(text, path), path);
  refuseUnknown(fields);
  const level = fields.string('logLevel');
  return {
    confDir: fields.string('confDir') || undefined,
    pluginDirs: fields.raw('pluginDirs') === undefined ? undefined : fields.strings('pluginDirs'),
    stateDir: fields.string('stateDir') || undefined,
    cacheDir: fields.string('cacheDir') || undefined,
    dataDir: fields.string('dataDir') || undefined,
    logLevel: level === '' ? undefined : parseLogLevel(level, path),
    timeout: fields.raw('timeout') === undefined ? undefined : fields.integer('timeout', 0, 1, longestTimeout),
    allow: fields.raw('allow') === undefined ? undefined : fields.child('allow').object,
  };
}

/** Seconds; a day. */
export const longestTimeout = 24 * 3600;

/** Throws `invalidConfig`; `where` is where it stands. */
export function parseLogLevel(text: string, where: string): Level {
  const level = levels.find(known => known === text);
  if (level) return level;
  throw new CniError('invalidConfig', `${where}: there is no log level "${text}": there are ${levels.join(', ')}`);
}

/** Of a key with a slip, or of a null, nobody would be restricted. The last two keys are for editors, and for `hooks remove`. */
function refuseUnknown(fields: Fields): void {
  const known = [...Object.keys(defaults), '$schema', 'allowedBy'];
  for (const [key, value] of Object.entries(fields.object)) {
    const meant = known.find(name => name.toLowerCase() === key.toLowerCase());
    if (meant === undefined) {
      const hint = asSuggestion(nearest(key, known)) ?? `there are ${known.join(', ')}`;
      throw new CniError('invalidConfig', `${fields.where}: there is no setting "${key}": ${hint}`);
    }
    if (meant === 'allow' && value === null) throw fields.wrong(key, 'an object', value);
  }
}

/** The directories of a colon-separated list. */
export function splitPath(text: string | undefined): readonly string[] | undefined {
  const directories = (text ?? '').split(':').filter(directory => directory !== '');
  return directories.length > 0 ? directories : undefined;
}

const withoutEmpty = (layer: object): object =>
  Object.fromEntries(Object.entries(layer).filter(([, value]) => value !== undefined && value !== ''));
