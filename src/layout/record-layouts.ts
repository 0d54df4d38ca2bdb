// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { LostbitError } from '../errors.js';
import { offer } from '../nearest.js';
import { printable } from '../printable.js';
import type { Dialect, FileTree, Toolchain } from '../toolchain/types.js';
import { Metadata, stringIn } from './ir/metadata.js';
import { recordLines } from './ir/separators.js';
import { IrTypeReader } from './ir/type-reader.js';
import type { LayoutSource } from './open-layouts.js';
import type { CompilerTarget } from './targets.js';
import type { StructType } from './types.js';

/** What the front end is asked: all types, used or not, as the machine lays them out, and no code. */
const FLAGS = [
  '-g',
  '-O0',
  '-Xclang',
  '-disable-llvm-passes',
  '-fno-eliminate-unused-debug-types',
  '-fstandalone-debug',
  '-ffile-compilation-dir=.',
  '-w',
  '-Xclang',
  '-fdump-record-layouts',
];

/** What makes a file's line one that defines a struct or a union, alone or with a type's name or a variable. */
const DEFINITION =
  /^(?:(?:typedef|static|extern|const|volatile|__\w+)\s+)*(?:struct|union)\s+(?:__\w+\s+|__attribute__\s*\(\(.*?\)\)\s*)*(\w+)\s*\{/gm;

/**
 * The structs and unions that a C file of a tree defines or includes, as a compiler lays them out for a machine. No
 * object file is made, so that the machine may be one that the toolchain makes no code for.
 *
 * Throws `E_COMPILE` with the compiler's diagnostics, and `E_TOOLCHAIN` for Emscripten, which knows its own machine only.
 */
export async function recordLayouts(
  toolchain: Toolchain,
  tree: FileTree,
  path: string,
  target: CompilerTarget,
  signal?: AbortSignal,
  dialect?: Dialect,
): Promise<LayoutSource> {
  const unit = path.endsWith('.c') ? path : 'lostbit-layouts.c';
  const files = unit === path ? tree : new Map(tree).set(unit, `${dialect?.front ?? ''}#include "${path}"\n`);
  const flags = [`--target=${target.triple}`, ...FLAGS];
  const { bytes, printed } = await toolchain.lower(unit, files, flags, signal, dialect);
  const metadata = new Metadata(Buffer.from(bytes).toString('utf8'));
  const types = new IrTypeReader(metadata, recordLines(printed), target.littleEndian);
  const named = new Map<string, number>();
  for (const node of metadata.all('DICompositeType')) {
    const name = stringIn(node, 'name');
    const isRecord = /^DW_TAG_(structure|union)_type$/.test(node.fields.get('tag') ?? '');
    if (name !== null && isRecord && !node.fields.get('flags')?.includes('DIFlagFwdDecl'))
      named.set(name, node.id);
  }
  return {
    kind: 'compiler',
    target,
    lacksBase: false,
    structNames: () => [...named.keys()],
    struct: (name) => {
      const id = named.get(name);
      if (id === undefined) throw unknownStruct(name, named.keys());
      return types.read(id) as StructType;
    },
  };
}

/**
 * A struct or union of a tree by its tag, from the file that defines it. Throws `E_UNKNOWN_TYPE` offering the nearest
 * tags, and what {@link recordLayouts} does.
 */
export async function recordLayout(
  toolchain: Toolchain,
  tree: FileTree,
  name: string,
  target: CompilerTarget,
  signal?: AbortSignal,
  dialect?: Dialect,
): Promise<StructType> {
  const definitions = definitionsIn(tree);
  const path = definitions.get(name);
  if (path === undefined) throw unknownStruct(name, definitions.keys());
  return (await recordLayouts(toolchain, tree, path, target, signal, dialect)).struct(name);
}

/** The file that defines each struct and union of a tree, by tag; a header before a unit. */
export function definitionsIn(tree: FileTree): Map<string, string> {
  const paths = [...tree.keys()].filter((path) => /\.[ch]$/.test(path)).sort();
  const ordered = [
    ...paths.filter((path) => path.endsWith('.h')),
    ...paths.filter((path) => path.endsWith('.c')),
  ];
  const definitions = new Map<string, string>();
  for (const path of ordered) {
    for (const [, name] of tree.get(path)!.matchAll(DEFINITION))
      if (!definitions.has(name!)) definitions.set(name!, path);
  }
  return definitions;
}

function unknownStruct(name: string, known: Iterable<string>): LostbitError {
  return new LostbitError('E_UNKNOWN_TYPE', `no struct or union '${printable(name)}' is defined`, {
    hint: offer(name, known),
  });
}
