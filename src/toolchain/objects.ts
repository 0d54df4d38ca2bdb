// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { LostbitError } from '../errors.js';
import { REWRITER } from './bit-fields/front-end.js';
import { type Cache, type Entry, keyOf, sha256 } from './cache.js';
import { configurationSeen } from './configuration.js';
import { codeFlags, compileFlags } from './flags.js';
import { includeClosure } from './includes.js';
import type { CompileOptions, FileTree, Program, Toolchain, UnitOptions } from './types.js';

/** A translation unit, and the cache key of its object: a hash over all that its compilation can depend on. */
export interface Unit {
  readonly path: string;
  readonly key: string;
  readonly options: UnitOptions;
}

/** What a program says of how one of its units is compiled. */
export function unitOptions(
  { own, dialect, dialects = {} }: Pick<Program, 'own' | 'dialect' | 'dialects'>,
  path: string,
): Omit<UnitOptions, keyof CompileOptions> {
  const read = Object.hasOwn(dialects, path) ? dialects[path] : dialect;
  return {
    ...(own.includes(path) ? { keepVariables: true } : {}),
    ...(read === undefined ? {} : { dialect: read }),
  };
}

/** The units of a program, sorted by path. Throws `E_NO_SOURCE` where there is none. */
export function unitsOf(
  program: Omit<Program, 'modules'>,
  toolchain: Toolchain,
  options: CompileOptions,
): Unit[] {
  const { tree } = program;
  const paths = [...program.units].sort();
  if (paths.length === 0) throw new LostbitError('E_NO_SOURCE', 'there is no .c file to compile');
  const digests = new Map<string, string>();
  const digestOf = (path: string): string => {
    const digest = digests.get(path) ?? sha256(tree.get(path) ?? '');
    digests.set(path, digest);
    return digest;
  };
  const rewriter = options.bitfieldAccess === 'fine' ? [REWRITER, codeFlags(toolchain.name, options)] : [];
  return paths.map((path) => {
    const unit = { ...options, ...unitOptions(program, path) };
    const route = unit.dialect?.rewritten === true ? ['rewritten'] : [];
    const maker = [
      toolchain.name,
      toolchain.version,
      compileFlags(toolchain.name, unit),
      ...rewriter,
      ...route,
    ];
    const read = [path, ...includeClosure(path, tree, unit.dialect)];
    const files = read.map((file) => [
      file,
      file === unit.dialect?.configuration ? sha256(configurationSeen(file, read, tree)) : digestOf(file),
    ]);
    return { path, key: keyOf('object', maker, files), options: unit };
  });
}

/** Units that are being compiled, by key: stages that are built side by side have most of them in common. */
const underway = new Map<string, Promise<unknown>>();

export interface CompileHooks {
  /** Called as each unit's object is there. */
  finished?(unit: Unit, how: 'cached' | 'compiled'): void;
  readonly signal?: AbortSignal | undefined;
}

/**
 * The objects of the units, by file name (`drivers/x.o` for `drivers/x.c`), from the cache where they are in it. The first
 * unit that does not compile stops the others, and its `E_COMPILE` is thrown once none of them runs any more.
 */
export async function compileUnits(
  units: readonly Unit[],
  tree: FileTree,
  toolchain: Toolchain,
  cache: Cache,
  hooks: CompileHooks,
): Promise<Map<string, Entry>> {
  const failed = new AbortController();
  const signal = hooks.signal ? AbortSignal.any([hooks.signal, failed.signal]) : failed.signal;

  async function make({ path, key, options }: Unit): Promise<['cached' | 'compiled', Entry]> {
    const known = await cache.get(key);
    if (known) return ['cached', known];
    const made = await toolchain.compile(path, tree, options, signal);
    await cache.put(key, made);
    return ['compiled', made];
  }

  /** Waits for a unit that another stage is compiling just now; a caller that gives up does not stop the others. */
  async function object(unit: Unit): Promise<['cached' | 'compiled', Entry]> {
    const other = underway.get(unit.key);
    if (
      other !== undefined &&
      (await other.then(
        () => true,
        () => false,
      ))
    )
      return make(unit);
    const own = make(unit);
    underway.set(unit.key, own);
    try {
      return await own;
    } finally {
      if (underway.get(unit.key) === own) underway.delete(unit.key);
    }
  }

  const running = units.map(async (unit) => {
    try {
      const [how, entry] = await object(unit);
      hooks.finished?.(unit, how);
      return [unit.path.replace(/\.c$/, '.o'), entry] as const;
    } catch (error) {
      failed.abort(error);
      throw error;
    }
  });
  await Promise.allSettled(running);
  failed.signal.throwIfAborted();
  return new Map(await Promise.all(running));
}

/** The bytes of each, as linkers take them. */
export function bytesOf(objects: ReadonlyMap<string, Entry>): Map<string, Uint8Array> {
  return new Map([...objects].map(([name, { bytes }]) => [name, bytes]));
}
