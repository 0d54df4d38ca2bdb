// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { LostbitError } from '../errors.js';
import { declaredTypes, type FunctionType } from '../wasm/function-types.js';
import { ImportKind, importsOf } from '../wasm/imports.js';
import { linkingOf } from '../wasm/linking.js';

/** A function that units call and none defines. */
export interface Missing {
  /** Printable. */
  readonly name: string;
  /** The units that call it or take its address, by path, sorted. */
  readonly users: readonly string[];
}

/** The same, with its type as the first of the units has it. */
export interface MissingFunction extends Missing {
  readonly type: FunctionType;
}

/** What stands in for functions that are missing. */
export const missingUnit = 'lostbit/generated/missing.c';

/** Symbols that a linker defines itself. */
const linkersFunctions = /^__wasm_/;
const linkersData =
  /^__(?:heap_base|heap_end|data_end|dso_handle|global_base|memory_base|table_base|stack_(?:low|high|pointer)|tls_\w+|start_\w+|stop_\w+|wasm_\w+)$/;
/** What can stand in a string of C as it is. */
const plainName = /^[\w.$]+$/;

/** Units named in an error, and symbols. */
const mostUsers = 4;
const mostSymbols = 12;

/**
 * The functions that objects use and none of them defines, sorted. What is declared weak may be missing, and what C imports by
 * name is another's.
 *
 * @param objects by file name: `drivers/x.o` for `drivers/x.c`.
 * @throws LostbitError `E_LINK` for an atomic operation of the compiler's library: it would not be one operation.
 */
export function missingFunctions(objects: ReadonlyMap<string, Uint8Array>): MissingFunction[] {
  const { defined, used } = symbolsOf(objects, 'function');
  const found = [...used].filter(([name]) => !defined.has(name) && !linkersFunctions.test(name));
  const atomic = found.filter(([name]) => name.startsWith('__atomic_'));
  if (atomic.length > 0)
    throw new LostbitError(
      'E_LINK',
      `the C has atomic accesses that the compiler leaves to a library:\n${listed(atomic.map(([name, { users }]) => ({ name, users })))}`,
      {
        hint: 'it takes them for accesses of memory that may not be aligned: cast the pointer through void *',
      },
    );
  return found
    .map(([name, { users, type }]) => ({ name, users: [...users].sort(), type: type! }))
    .sort((a, b) => (a.name < b.name ? -1 : 1));
}

/**
 * The error for variables that objects use and none of them defines; null where there are none. No variable is made up: what would be
 * read there would be believed.
 *
 * @param diagnostics of the linker, which knows what is used by code that is.
 */
export function missingData(
  objects: ReadonlyMap<string, Uint8Array>,
  diagnostics: string,
): LostbitError | null {
  const named = new Set(Array.from(diagnostics.matchAll(/undefined symbol: (\S+)/g), ([, name]) => name!));
  const isAll = !diagnostics.includes('too many errors');
  const { defined, used } = symbolsOf(objects, 'data');
  const found = [...used]
    .filter(([name]) => !defined.has(name) && (named.has(name) || (!isAll && !linkersData.test(name))))
    .map(([name, { users }]) => ({ name, users }))
    .sort((a, b) => (a.name < b.name ? -1 : 1));
  if (found.length === 0) return null;
  return new LostbitError('E_LINK', `the C uses variables that nobody defines:\n${listed(found)}`, {
    hint: `define ${found[0]!.name} in a .c file of the source, with the value that matters for the scenario`,
  });
}

/** C that defines each of the functions: it says that it is missing, and returns 0. */
export function codeOfMissing(functions: readonly MissingFunction[]): string {
  const lines = functions.map(({ name, type }, i) => {
    const parameters = type.parameters.map((one) => typeName(one, name)).join(', ') || 'void';
    const [result, more] = type.results;
    if (more !== undefined || !plainName.test(name)) throw cannotStandIn(name);
    const returns = result === undefined ? 'void' : typeName(result, name);
    const body = `stub_missing("${name}");${result === undefined ? '' : ' return 0;'}`;
    const declared = `${returns} missing_${i}(${parameters})`;
    const named = parameters.split(', ').map((one, n) => (one === 'void' ? one : `${one} a${n}`));
    return `${declared} __asm__("${name}");\n${returns} missing_${i}(${named.join(', ')}) { ${body} }\n`;
  });
  return `/* SPDX-License-Identifier: GPL-2.0-only */\nvoid stub_missing(const char *name);\n${lines.join('')}`;
}

const typeNames = new Map([
  [0x7f, 'int'],
  [0x7e, 'long long'],
  [0x7d, 'float'],
  [0x7c, 'double'],
]);

function typeName(type: number, name: string): string {
  const known = typeNames.get(type);
  if (known === undefined) throw cannotStandIn(name);
  return known;
}

const cannotStandIn = (name: string): LostbitError =>
  new LostbitError('E_LINK', `nobody defines ${name}(), which has a type that nothing can stand in for`, {
    hint: 'define it in a .c file of the source',
  });

interface Used {
  readonly users: Set<string>;
  readonly type: FunctionType | null;
}

/** The symbols of a kind that objects define for others, and those that they want of others. */
function symbolsOf(
  objects: ReadonlyMap<string, Uint8Array>,
  kind: 'function' | 'data',
): { readonly defined: ReadonlySet<string>; readonly used: ReadonlyMap<string, Used> } {
  const defined = new Set<string>();
  const used = new Map<string, Used>();
  for (const [file, object] of objects) {
    const unit = file.replace(/\.o$/, '.c');
    const symbols = (linkingOf(object)?.symbols ?? []).filter((one) => one.kind === kind);
    const imports = kind === 'function' ? functionsImported(object) : [];
    for (const { name, isDefined, isWeak, isLocal, index } of symbols) {
      if (isDefined) {
        if (!isLocal) defined.add(name);
        continue;
      }
      if (isWeak) continue;
      const imported = imports[index];
      // One that has a name of its own is imported under another.
      if (kind === 'function' && (imported === undefined || name !== '')) continue;
      const wanted = imported?.name ?? name;
      const known = used.get(wanted);
      if (known === undefined) used.set(wanted, { users: new Set([unit]), type: imported?.type ?? null });
      else known.users.add(unit);
    }
  }
  return { defined, used };
}

function functionsImported(object: Uint8Array): { name: string; type: FunctionType }[] {
  const types = declaredTypes(object);
  return importsOf(object)
    .filter(({ kind }) => kind === ImportKind.function)
    .map(({ name, type }) => ({ name, type: types[type] ?? { parameters: [], results: [] } }));
}

function listed(symbols: readonly { readonly name: string; readonly users: Iterable<string> }[]): string {
  const lines = symbols.slice(0, mostSymbols).map(({ name, users }) => {
    const all = [...users].sort();
    const more = all.length > mostUsers ? ` and ${all.length - mostUsers} more` : '';
    return `  ${name}, used by ${all.slice(0, mostUsers).join(', ')}${more}`;
  });
  if (symbols.length > mostSymbols) lines.push(`  … and ${symbols.length - mostSymbols} more`);
  return lines.join('\n');
}
