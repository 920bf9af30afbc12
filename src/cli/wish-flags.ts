// Flags for what a container can wish for, each with the annotation that says the same: `wire` writes them, `add` reads them,
// and both know a mistake by the hook's own parsers.
import * as Flags from '@oclif/core/flags';
import {type Wishes, wishesOf} from '../runtime/wishes/wishes.ts';
import {type Annotations, annotation} from '../spec/annotations.ts';
import {CniError} from '../spec/error.ts';

const several = {multiple: true, multipleNonGreedy: true} as const;

/** What concerns interfaces. */
export const addressFlags = {
  ip: Flags.string({
    summary: 'A fixed address; may be given again. NETWORK=ADDRESS if it is not for the first network.',
    helpValue: 'ADDRESS',
    ...several,
  }),
  mac: Flags.string({summary: 'A fixed MAC, or NETWORK=MAC; may be given again.', helpValue: 'MAC', ...several}),
  publish: Flags.string({
    summary: 'A published port, as 8080:80, 127.0.0.1:5353:53/udp; may be given again.',
    helpValue: 'PORT:PORT',
    char: 'p',
    ...several,
  }),
};

/** What others find it by. */
export const nameFlags = {
  hostname: Flags.string({summary: 'The name that others find it by.', helpValue: 'NAME'}),
  alias: Flags.string({summary: 'Another such name; may be given again.', helpValue: 'NAME', ...several}),
};

/** What concerns all of its networks. */
export const networksFlags = {
  'default-route': Flags.string({
    summary: 'The network that its default route goes by, if not the first.',
    helpValue: 'NETWORK',
  }),
  'keep-ip': Flags.string({
    summary: 'For that long after its end the container gets its addresses back: 30m, 24h, 7d.',
    helpValue: 'TIME',
  }),
};

const annotationOf = {
  ip: annotation.ip,
  mac: annotation.mac,
  publish: annotation.ports,
  hostname: annotation.hostname,
  alias: annotation.aliases,
  'default-route': annotation.defaultRoute,
  'keep-ip': annotation.keepIp,
} as const;

type Name = keyof typeof annotationOf;
type Given = {readonly [name in Name]?: string | readonly string[] | undefined};

/** The annotations that say what the flags do. Throws `invalidConfig` for what the hook would refuse. */
export function annotationsFrom(flags: Given): Annotations {
  const given = names.flatMap(name => {
    const value = flags[name];
    return value === undefined ? [] : [[annotationOf[name], typeof value === 'string' ? value : value.join(',')]];
  });
  const annotations = Object.fromEntries(given) as Annotations;
  const empty = names.find(name => annotations[annotationOf[name]]?.trim() === '');
  if (empty !== undefined) throw new CniError('invalidConfig', `--${empty} is empty`);
  wishesFrom(annotations);
  return annotations;
}

/** The wishes in annotations that flags have made; messages name the flags. */
export const wishesFrom = (annotations: Annotations): Wishes => wishesOf(annotations, flagOf);

const names = Object.keys(annotationOf) as readonly Name[];

const flagOf = (key: string): string => `--${names.find(name => annotationOf[name] === key)}`;
