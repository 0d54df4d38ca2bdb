// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only

import type { LostbitError } from '../errors.js';
import { functionNames } from '../wasm/function-names.js';
import { programOf, withProgram } from '../wasm/program-section.js';
import { Cache, type Entry, keyOf, sha256 } from './cache.js';
import { linkError } from './diagnostics.js';
import { linkFlags } from './flags.js';
import { FINISHER } from './instance-data.js';
import { codeOfMissing, type Missing, missingData, missingFunctions, missingUnit } from './missing.js';
import { bytesOf, compileUnits, unitsOf } from './objects.js';
import { ownedByInstances } from './owned-data.js';
import type { CompileOptions, FileTree, Program, Toolchain, ToolchainName } from './types.js';

export interface Build {
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly toolchain: { readonly name: ToolchainName; readonly version: string };
  readonly options: CompileOptions;
  readonly seconds: number;
  /** Units whose object came from the cache, or was not needed because the whole module did. */
  readonly cached: number;
  /** Units compiled. */
  readonly compiled: number;
  /** Cache entries that were damaged, and made again. */
  readonly repaired: number;
  /** Functions that nobody defines, of a program that is linked all the same. */
  readonly missing: readonly Missing[];
  /** Content hash of the module: SHA-256, hexadecimal. */
  readonly key: string;
}

export interface BuildHooks {
  /** Called at the start with `done` 0, then after each of `total` steps with the unit that is done; `link` is last. */
  progress?(p: { done: number; total: number; unit: string }): void;
  readonly signal?: AbortSignal;
  /** Warnings, verbatim: the same text whether the units were compiled or came from the cache. */
  diagnostics?(text: string): void;
}

/** A program of a tree alone: every `.c` of it, none of which is a subject's. */
export const programOfTree = (tree: FileTree): Program => ({
  tree,
  units: [...tree.keys()].filter((path) => path.endsWith('.c')),
  own: [],
  modules: {},
});

const isProgram = (what: FileTree | Program): what is Program => 'units' in what;

/**
 * Compiles the units of a program, or every `.c` of a tree, and links the objects to one module. It imports its shared memory, `env.memory`, and at most
 * `env.stub_backtrace`. What depends on the place of the data that each machine has a copy of stands in a section of its own
 * (`instanceDataOf`).
 *
 * Each machine has a copy of all variables of the subject's own units; of the others, of those alone that C puts into the section
 * `instance_data`.
 *
 * Where the program may lack functions, what stands in for one calls `stub_missing` with its name and returns 0.
 *
 * Throws `E_COMPILE` and `E_LINK` with the tool's diagnostics, `E_NO_SOURCE`, or the signal's reason.
 */
export async function buildModule(
  what: FileTree | Program,
  toolchain: Toolchain,
  options: CompileOptions,
  hooks: BuildHooks = {},
): Promise<Build> {
  const started = performance.now();
  const { signal } = hooks;
  signal?.throwIfAborted();
  const cache = new Cache((text) => hooks.diagnostics?.(text));
  const program = isProgram(what) ? what : programOfTree(what);
  const { tree, own, modules, fillMissing = false } = program;
  const owned = (unit: string) => own.includes(unit);
  const units = unitsOf(program, toolchain, options);
  const objectKeys = units.map(({ key }) => key);
  const key = keyOf(
    'module',
    linkFlags,
    FINISHER,
    own,
    modules,
    objectKeys,
    ...(fillMissing ? [missingUnit] : []),
  );

  const total = units.length + 1;
  let done = 0;
  let compiled = 0;
  hooks.progress?.({ done, total, unit: units[0]?.path ?? '' });

  async function compileAndLink(): Promise<Entry> {
    const objects = await compileUnits(units, tree, toolchain, cache, {
      signal,
      finished: ({ path }, how) => {
        if (how === 'compiled') compiled++;
        hooks.progress?.({ done: ++done, total, unit: path });
      },
    });
    const compiledUnits = bytesOf(objects);
    const missing = fillMissing ? missingFunctions(compiledUnits) : [];
    const standIns = missing.length === 0 ? [] : await compiledStandIns(codeOfMissing(missing));
    const linked = await toolchain
      .link(ownedByInstances(new Map([...compiledUnits, ...standIns]), owned), signal)
      .catch((error: LostbitError) => {
        const isLinkers = error.code === 'E_LINK' || error.code === 'E_TOOLCHAIN';
        if (!isLinkers) throw error;
        throw (
          (fillMissing && missingData(compiledUnits, error.message)) ||
          linkError(error.message, tree) ||
          error
        );
      });
    const diagnostics = [...objects.values(), linked].map((one) => one.diagnostics).join('');
    const facts = { own, modules, ...(fillMissing ? { missing: linkedOf(missing, linked.bytes) } : {}) };
    const bytes = isProgram(what) ? withProgram(linked.bytes, facts) : linked.bytes;
    const entry = { bytes, diagnostics };
    await cache.put(key, entry);
    return entry;
  }

  async function compiledStandIns(code: string): Promise<Map<string, Uint8Array>> {
    const made = new Map([[missingUnit, code]]);
    const units = unitsOf({ tree: made, units: [missingUnit], own: [] }, toolchain, options);
    return bytesOf(await compileUnits(units, made, toolchain, cache, { signal }));
  }

  const { bytes: made, diagnostics } = (await cache.get(key)) ?? (await compileAndLink());
  const digest = sha256(made);
  const bytes = sameAsBefore(made, digest);
  hooks.progress?.({ done: total, total, unit: 'link' });
  if (diagnostics !== '') hooks.diagnostics?.(diagnostics);
  return {
    bytes,
    toolchain: { name: toolchain.name, version: toolchain.version },
    options,
    seconds: (performance.now() - started) / 1000,
    cached: units.length - compiled,
    compiled,
    repaired: cache.repaired,
    missing: fillMissing ? (programOf(bytes).missing ?? []) : [],
    key: digest,
  };
}

/** Those of the missing functions that a module has something in place of: the linker drops what nothing calls. */
function linkedOf(missing: readonly Missing[], module: Uint8Array): Missing[] {
  const names = new Set(functionNames(module).values());
  return missing.filter(({ name }) => names.has(name)).map(({ name, users }) => ({ name, users }));
}

/** The modules that this process has built last, by their digests. */
const last = new Map<string, Build['bytes']>();
/** With what is made of its bytes (sites, names, machine code) a module takes some 30 MB. */
const mostKept = 8;

/** The bytes of an equal module that was built before: what was made of them, by whoever has them, is made once. */
function sameAsBefore(bytes: Build['bytes'], digest: string): Build['bytes'] {
  const same = last.get(digest) ?? bytes;
  last.delete(digest);
  last.set(digest, same);
  for (const [oldest] of last) if (last.size > mostKept) last.delete(oldest);
  return same;
}
