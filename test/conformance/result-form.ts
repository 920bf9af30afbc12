// What a result may look like in every version of the specification (SPEC.md of each tag, "Result"), written down as what
// is allowed: a field that a version does not know is as wrong as a value that is none.
import {isIP} from 'node:net';
import type {Json} from './plugins.ts';

export const versions = ['0.1.0', '0.2.0', '0.3.0', '0.3.1', '0.4.0', '1.0.0', '1.1.0'] as const;
export type Version = (typeof versions)[number];

type Check = (value: Json) => string | undefined;

const is =
  (form: RegExp): Check =>
  value =>
    typeof value === 'string' && form.test(value) ? undefined : `not ${form}`;
const text: Check = value => (typeof value === 'string' && value !== '' ? undefined : 'no text');
const number: Check = value => (Number.isInteger(value) && value >= 0 ? undefined : 'no whole number');
const address: Check = value => (isIP(value) > 0 ? undefined : 'no address');
const mac = is(/^([0-9a-f]{2}:){5}[0-9a-f]{2}$/);
const cidr: Check = value => {
  const [ip = '', length = ''] = String(value).split('/');
  const bits = isIP(ip) === 4 ? 32 : 128;
  return isIP(ip) > 0 && /^\d+$/.test(length) && Number(length) <= bits ? undefined : 'no address with a length';
};

/** Keys that must be there are without a "?". Every other key is wrong. */
const object =
  (keys: Readonly<Record<string, Check>>): Check =>
  value => {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return 'no object';
    const missing = Object.keys(keys).filter(key => !key.endsWith('?') && !(key in value));
    const problems = Object.entries(value).flatMap(([key, item]) => {
      const check = keys[key] ?? keys[`${key}?`];
      const problem = check ? check(item) : 'not of this version';
      return problem === undefined ? [] : [`${key}: ${problem}`];
    });
    const all = [...missing.map(key => `${key}: missing`), ...problems];
    return all.length > 0 ? all.join('; ') : undefined;
  };

const list =
  (check: Check): Check =>
  value =>
    Array.isArray(value) ? value.map(item => check(item)).find(problem => problem !== undefined) : 'no list';

const dns = object({'nameservers?': list(address), 'domain?': text, 'search?': list(text), 'options?': list(text)});
const plainRoute = object({dst: cidr, 'gw?': address});
const fullRoute = object({
  dst: cidr,
  'gw?': address,
  'mtu?': number,
  'advmss?': number,
  'priority?': number,
  'table?': number,
  'scope?': number,
});
const ip = {address: cidr, 'gateway?': address, 'interface?': number};
const plainInterface = {name: text, 'mac?': mac, 'sandbox?': text};
const fullInterface = {...plainInterface, 'mtu?': number, 'socketPath?': text, 'pciID?': text};

const early = (family: Check) => object({ip: family, 'gateway?': address, 'routes?': list(plainRoute)});
const lists = (one: Readonly<Record<string, Check>>, link: Readonly<Record<string, Check>>, route: Check) => ({
  'interfaces?': list(object(link)),
  'ips?': list(object(one)),
  'routes?': list(route),
  'dns?': dns,
});

const oldest = {'ip4?': early(cidr), 'ip6?': early(cidr), 'dns?': dns};
const middle = lists({version: is(/^[46]$/), ...ip}, plainInterface, plainRoute);
const forms: Readonly<Record<Version, Readonly<Record<string, Check>>>> = {
  '0.1.0': oldest,
  '0.2.0': oldest,
  '0.3.0': middle,
  '0.3.1': middle,
  '0.4.0': middle,
  '1.0.0': lists(ip, plainInterface, plainRoute),
  '1.1.0': lists(ip, fullInterface, fullRoute),
};

/** What is wrong with a result of that version; undefined if nothing is. */
export function problemOf(result: Json, version: Version): string | undefined {
  const wrongForm = object({cniVersion: is(new RegExp(`^${version}$`)), ...forms[version]})(result);
  if (wrongForm) return wrongForm;
  const interfaces = result.interfaces ?? [];
  const indexes = (result.ips ?? []).map((one: Json) => one.interface).filter((index: Json) => index !== undefined);
  const astray = indexes.find((index: number) => index >= interfaces.length);
  return astray === undefined ? undefined : `an address is on interface ${astray} of ${interfaces.length}`;
}
