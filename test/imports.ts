// Which file imports what, read from the syntax tree. Types count where it is asked who knows whom; what is loaded at
// start is another question: `import type` loads nothing, `await import()` loads later.
import {existsSync, readdirSync} from 'node:fs';
import {dirname, join, normalize} from 'node:path';
import {parseFileSync} from '@swc/core';

export interface Import {
  /** Path from the repository's root, such as "src/hook.ts". */
  readonly from: string;
  /** The same for a file of ours, "node:fs" or "@oclif/core" for any other. */
  readonly to: string;
  readonly kind: 'static' | 'type' | 'dynamic';
}

/** The paths of all files below the directory, from the repository's root; none if it is not there. */
export function filesBelow(directory: string): readonly string[] {
  if (!existsSync(directory)) return [];
  return readdirSync(directory, {recursive: true, withFileTypes: true})
    .filter(entry => entry.isFile())
    .map(entry => join(entry.parentPath, entry.name))
    .sort();
}

export function importsOf(file: string): readonly Import[] {
  const found = [...sourcesIn(parseFileSync(file, {syntax: 'typescript', target: 'es2022'}))];
  return found.map(({source, kind}) => ({from: file, to: resolve(file, source), kind}));
}

/** Everything that is loaded when `entry` is loaded: files of ours and modules of others. */
export function closureOf(entry: string, imports: readonly Import[]): ReadonlySet<string> {
  const loaded = new Set([entry]);
  for (const file of loaded) {
    for (const {from, to, kind} of imports) if (from === file && kind === 'static') loaded.add(to);
  }
  return loaded;
}

interface Found {
  readonly source: string;
  readonly kind: Import['kind'];
}

function* sourcesIn(node: unknown): Generator<Found> {
  if (Array.isArray(node)) for (const item of node) yield* sourcesIn(item);
  if (typeof node !== 'object' || node === null || Array.isArray(node)) return;
  const {type, source, typeOnly, callee, argument} = node as {readonly [key: string]: unknown};
  if (type === 'ImportDeclaration' || type === 'ExportNamedDeclaration' || type === 'ExportAllDeclaration') {
    if (source) yield {source: textOf(source), kind: typeOnly ? 'type' : 'static'};
  } else if (type === 'CallExpression' && (callee as {type?: unknown}).type === 'Import') {
    const [first] = (node as {readonly arguments: readonly {readonly expression: unknown}[]}).arguments;
    yield {source: textOf(first?.expression), kind: 'dynamic'};
  } else if (type === 'TsImportType') {
    yield {source: textOf(argument), kind: 'type'};
  }
  for (const value of Object.values(node)) yield* sourcesIn(value);
}

const textOf = (literal: unknown): string => String((literal as {value?: unknown} | undefined)?.value ?? '');

/** Files of ours by path; "@scope/name/part" and "name/part" by the package's name; node:fs/promises as node:fs. */
function resolve(from: string, source: string): string {
  if (source.startsWith('.')) return normalize(join(dirname(from), source));
  return source
    .split('/')
    .slice(0, source.startsWith('@') ? 2 : 1)
    .join('/');
}
