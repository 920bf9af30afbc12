// Reads a JSON object key by key, at the border, into full values: defaults are filled in here and nowhere else.
// Keys are matched without regard to case when the exact one is missing, as Go's decoder does and configurations in
// the wild rely on.
import {CniError} from './error.ts';

export type Json = null | boolean | number | string | Json[] | {[key: string]: Json};
export type JsonObject = {[key: string]: Json};

/** Reads one object. `where` names it in messages: `network "mynet", plugin "bridge"`. Every failure is `invalidConfig`. */
export class Fields {
  readonly object: JsonObject;
  readonly where: string;

  constructor(object: Json | undefined, where: string) {
    if (!isObject(object)) throw new CniError('invalidConfig', `${where}: expected an object, got ${show(object)}`);
    this.object = object;
    this.where = where;
  }

  /** The value as it stands, undefined where absent or null. */
  raw(key: string): Json | undefined {
    const exact = this.object[key];
    if (exact !== undefined) return exact ?? undefined;
    const lower = key.toLowerCase();
    // A plain loop, because most keys are left out most of the time.
    const names = Object.keys(this.object);
    for (let i = 0; i < names.length; i++) {
      const name = names[i] ?? '';
      if (name.length === key.length && name.toLowerCase() === lower) return this.object[name] ?? undefined;
    }
    return undefined;
  }

  string(key: string, fallback = ''): string {
    const value = this.raw(key);
    if (value === undefined) return fallback;
    if (typeof value !== 'string') throw this.wrong(key, 'a string', value);
    return value;
  }

  boolean(key: string, fallback = false): boolean {
    const value = this.raw(key);
    if (value === undefined) return fallback;
    if (typeof value !== 'boolean') throw this.wrong(key, 'true or false', value);
    return value;
  }

  /** A whole number from `min` to `max`, both included. */
  integer(key: string, fallback: number, min: number, max: number): number {
    const value = plainNumber(this.raw(key));
    if (value === undefined) return fallback;
    if (typeof value !== 'number' || !Number.isInteger(value) || value < min || value > max) {
      throw this.wrong(key, `a whole number from ${min} to ${max}`, value);
    }
    return value;
  }

  list(key: string): readonly Json[] {
    const value = this.raw(key);
    if (value === undefined) return [];
    if (!Array.isArray(value)) throw this.wrong(key, 'a list', value);
    return value;
  }

  strings(key: string): readonly string[] {
    return this.list(key).map(item => {
      if (typeof item !== 'string') throw this.wrong(key, 'a list of strings', item);
      return item;
    });
  }

  /** The object under that key, or one without keys. */
  child(key: string): Fields {
    return new Fields(this.raw(key) ?? {}, `${this.where}, "${key}"`);
  }

  /** The objects in the list under that key. */
  children(key: string): readonly Fields[] {
    return this.childrenOf(this.list(key), `"${key}"`);
  }

  /** The objects in a list that stands at `path` below this object. */
  childrenOf(list: readonly Json[], path: string): readonly Fields[] {
    return list.map((item, i) => new Fields(item, `${this.where}, ${path}[${i}]`));
  }

  /** The error for a value of the wrong form. */
  wrong(key: string, expected: string, value: Json | undefined): CniError {
    return new CniError('invalidConfig', `${this.where}: "${key}" must be ${expected}, got ${show(value)}`);
  }
}

/** A number that was kept as it stood in the text (see json.ts) as a number. */
function plainNumber(value: Json | undefined): Json | undefined {
  return isObject(value) && typeof value.rawJSON === 'string' ? Number(value.rawJSON) : value;
}

export function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function show(value: Json | undefined): string {
  const text = JSON.stringify(value) ?? 'nothing';
  return text.length > 60 ? `${text.slice(0, 57)}…` : text;
}
