import { LostbitError } from '../errors.js';
import { Cache, type Entry, sha256 } from './cache.js';
import { compileFlags, linkFlags } from './flags.js';
import { includeClosure } from './includes.js';
import type { CompileOptions, FileTree, Toolchain, ToolchainName } from './types.js';

/** Raised whenever the same inputs would make something else, so that older entries are not found. */
const CACHE_SCHEMA = 1;

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

/**
 * Compiles every `.c` of the tree and links the objects to one module that imports `env.memory` and nothing else.
 * Throws `E_COMPILE` and `E_LINK` with the tool's diagnostics, `E_NO_SOURCE`, or the signal's reason.
 */
export async function buildModule(
  tree: FileTree,
  toolchain: Toolchain,
  options: CompileOptions,
  hooks: BuildHooks = {},
): Promise<Build> {
  const started = performance.now();
  hooks.signal?.throwIfAborted();
  const cache = new Cache((text) => hooks.diagnostics?.(text));
  const units = unitsOf(tree, toolchain, options);
  const moduleKey = keyOf('module', linkFlags, [...units.values()]);

  let done = 0;
  const report = (unit: string) => hooks.progress?.({ done, total: units.size + 1, unit });
  report([...units.keys()][0] ?? '');
  const finished = (unit: string) => {
    done++;
    report(unit);
  };

  let compiled = 0;
  async function object(unit: string, key: string, signal: AbortSignal): Promise<Entry> {
    let entry = await cache.get(key);
    if (!entry) {
      entry = await toolchain.compile(unit, tree, options, signal);
      compiled++;
      await cache.put(key, entry);
    }
    finished(unit);
    return entry;
  }

  async function compileAndLink(): Promise<Entry> {
    const objects = await firstErrorStopsAll(
      [...units].map(
        ([unit, key]) =>
          (signal: AbortSignal) =>
            object(unit, key, signal),
      ),
      hooks.signal,
    );
    const named = new Map(
      [...units.keys()].map((unit, i) => [unit.replace(/\.c$/, '.o'), objects[i]!.bytes]),
    );
    const linked = await toolchain.link(named, hooks.signal);
    const diagnostics = [...objects, linked].map((entry) => entry.diagnostics).join('');
    const entry = { bytes: linked.bytes, diagnostics };
    await cache.put(moduleKey, entry);
    return entry;
  }

  const { bytes, diagnostics } = (await cache.get(moduleKey)) ?? (await compileAndLink());
  done = units.size;
  finished('link');
  if (diagnostics !== '') hooks.diagnostics?.(diagnostics);
  return {
    bytes,
    toolchain: { name: toolchain.name, version: toolchain.version },
    options,
    seconds: (performance.now() - started) / 1000,
    cached: units.size - compiled,
    compiled,
    repaired: cache.repaired,
    key: sha256(bytes),
  };
}

/** Every unit with the key of its object: a hash over all that its compilation can depend on. */
function unitsOf(tree: FileTree, toolchain: Toolchain, options: CompileOptions): Map<string, string> {
  const units = [...tree.keys()].filter((path) => path.endsWith('.c')).sort();
  if (units.length === 0) throw new LostbitError('E_NO_SOURCE', 'there is no .c file to compile');
  const digests = new Map([...tree].map(([path, text]) => [path, sha256(text)]));
  const maker = [toolchain.name, toolchain.version, compileFlags(toolchain.name, options)];
  return new Map(
    units.map((unit) => {
      const files = [unit, ...includeClosure(unit, tree)].map((path) => [path, digests.get(path)]);
      return [unit, keyOf('object', maker, files)];
    }),
  );
}

function keyOf(kind: string, ...parts: unknown[]): string {
  return `${kind}:${sha256(JSON.stringify([CACHE_SCHEMA, ...parts]))}`;
}

/** Runs all; the first to fail aborts the others, and is thrown once none of them runs any more. */
async function firstErrorStopsAll<T>(
  work: ((signal: AbortSignal) => Promise<T>)[],
  outer?: AbortSignal,
): Promise<T[]> {
  const failed = new AbortController();
  const signal = outer ? AbortSignal.any([outer, failed.signal]) : failed.signal;
  const running = work.map(async (one) => {
    try {
      return await one(signal);
    } catch (error) {
      failed.abort(error);
      throw error;
    }
  });
  await Promise.allSettled(running);
  failed.signal.throwIfAborted();
  return Promise.all(running);
}
