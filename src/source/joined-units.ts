// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { posix } from 'node:path';
import type { Dialect, FileTree } from '../toolchain/types.js';
import { ownPath, ownRoot } from './own-path.js';
import { unitsApart } from './units-apart.js';

/** Units that are compiled as one: what they include is read once for all of them. */
export interface JoinedUnits {
  readonly path: string;
  /** C that includes one after the other. */
  readonly text: string;
  readonly units: readonly string[];
}

/** As many as still leave something to do for each processor. */
const most = 16;

interface Group {
  /** Names at file scope, and the files that define them. */
  readonly defined: Map<string, string>;
  readonly units: string[];
}

/**
 * Puts units of a folder together that can be compiled as one, in their order: no two of them define the same at file scope, and
 * macros end with the unit that defines them. A unit that says something before its last #include is left alone, as it may be what
 * it includes that this is said to.
 */
export function joinedUnits(units: readonly string[], tree: FileTree, dialect: Dialect): JoinedUnits[] {
  const open = new Map<string, Group[]>();
  for (const unit of units) {
    const code = withoutComments(tree.get(unit) ?? '');
    if (unitsApart.has(ownPath(unit)) || !isJoinable(code)) continue;
    const names = namesFor(unit, tree);
    const folder = posix.dirname(unit);
    const groups = open.get(folder) ?? [];
    open.set(folder, groups);
    const fitting = groups.find(
      ({ defined, units }) =>
        units.length < most && [...names].every(([name, file]) => (defined.get(name) ?? file) === file),
    );
    const group: Group = fitting ?? { defined: new Map(), units: [] };
    if (fitting === undefined) groups.push(group);
    group.units.push(unit);
    for (const [name, file] of names) group.defined.set(name, file);
  }
  return [...open].flatMap(([folder, groups]) =>
    groups
      .filter(({ units }) => units.length > 1)
      .map(({ units }, i) => ({
        path: `${folder}/joined-${i + 1}.c`,
        text: [
          ...headersOf(units, tree, dialect).map((header) => `#include <${header}>\n`),
          ...units.map((unit) => included(unit, tree)),
        ].join(''),
        units,
      })),
  );
}

/** The kernel's headers that units include: all of them come before what a unit has to say of them. */
function headersOf(units: readonly string[], tree: FileTree, { includes }: Dialect): string[] {
  const named = units.flatMap((unit) => [...(tree.get(unit) ?? '').matchAll(/^#include <([^>\n]+)>/gm)]);
  const isThere = (header: string) => includes.some((folder) => tree.has(posix.join(folder, header)));
  return [...new Set(named.map(([, header]) => header!))].filter(isThere);
}

function included(unit: string, tree: FileTree): string {
  const macros = macrosIn(withoutComments(tree.get(unit) ?? ''));
  return `#include "${posix.basename(unit)}"\n${macros.map((name) => `#undef ${name}\n`).join('')}`;
}

function isJoinable(code: string): boolean {
  const last = code.lastIndexOf('\n#include');
  return !/^[ \t]*#[ \t]*(?:define|undef|pragma)\b|^\w/m.test(code.slice(0, Math.max(0, last)));
}

const withoutComments = (text: string): string => text.replace(/\/\*[\s\S]*?\*\/|\/\/[^\n]*/g, ' ');

const macrosIn = (code: string): string[] => [
  ...new Set([...code.matchAll(/^[ \t]*#[ \t]*define[ \t]+(\w+)/gm)].map(([, name]) => name!)),
];

/** Which file defines what is lostbit's own at a unit's file scope: that itself, or a header between its units. */
function namesFor(unit: string, tree: FileTree): Map<string, string> {
  const names = new Map<string, string>();
  const files = new Set([unit]);
  for (const file of files) {
    const code = withoutComments(tree.get(file) ?? '');
    for (const [, header] of code.matchAll(/^#include "([^"\n]+)"/gm)) {
      const path = `${ownRoot}/${header}`;
      if (tree.has(path)) files.add(path);
    }
    for (const name of definedIn(code)) names.set(name, file);
  }
  return names;
}

/** Names that a file defines at file scope: statics, tags, types, constants of enumerations. */
function definedIn(code: string): string[] {
  const statics = /^static\b[^;={()]*?\b(\w+)[ \t]*(?=[;={(]|\[)/gm;
  const tags = /\b(?:struct|union|enum)[ \t]+(\w+)[ \t\n]*\{/g;
  const types = /^typedef\b[^;]*?\b(\w+)[ \t]*;/gm;
  const constants = /\benum\b[^{;()]*\{([^}]*)\}/g;
  return [
    ...[statics, tags, types].flatMap((pattern) => [...code.matchAll(pattern)].map(([, name]) => name!)),
    ...[...code.matchAll(constants)].flatMap(([, body]) =>
      [...body!.matchAll(/(?:^|,)\s*(\w+)/g)].map(([, name]) => name!),
    ),
  ];
}
