// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import type { GccMachine } from './bit-fields/gcc-rule.js';

/** Where the compiler comes from: npm's LLVM, Emscripten's SDK, or the system's own clang. */
export type ToolchainName = 'llvm' | 'emcc' | 'clang';

/** How bit-fields are read and written: `fine` by the bytes that gcc takes, `wide` a whole run at once, as clang does. */
export type BitfieldAccess = 'fine' | 'wide';

export type Optimize = '0' | '1' | '2' | 's';

export interface CompileOptions {
  readonly bitfieldAccess: BitfieldAccess;
  readonly optimize: Optimize;
}

/** How the C of a program is read. */
export interface Dialect {
  /** Directories that headers are looked for in (`-I`), in order, from the C root. */
  readonly includes: readonly string[];
  /** Flags of the language besides those that all C is compiled with: `-fms-extensions`. */
  readonly flags?: readonly string[];
  /** Flags that say what of it is no reason to warn: `-Wno-unused-but-set-parameter`. */
  readonly warnings?: readonly string[];
  /** What a file that is made up begins with, as the program's own do. */
  readonly front?: string;
  /** What an #include that only the preprocessor can resolve may be of: any header, unless it says those beside the unit. */
  readonly computed?: 'any' | 'beside';
  /** The header that says what is configured: a unit depends on those of its symbols alone that it names. */
  readonly configuration?: string;
  /** Its headers have bit-fields of all kinds: no unit is tried without rewriting them first. */
  readonly rewritten?: boolean;
}

/** How one unit is compiled. */
export interface UnitOptions extends CompileOptions {
  /** That of lostbit's own C where there is none. */
  readonly dialect?: Dialect;
  /** All of its variables can be observed: none is left out or turned into a constant. */
  readonly keepVariables?: boolean;
}

/** Posix path relative to the C root, e.g. `drivers/tty/port.c`, to the file's text. */
export type FileTree = ReadonlyMap<string, string>;

/** A tree that knows what is in a folder without listing all that it has. */
export interface FolderTree extends FileTree {
  /** The paths of the files in a folder, without those in folders of it. */
  inFolder(folder: string): Iterable<string>;
  /** The paths of the folders in a folder, sorted. */
  foldersIn(folder: string): Iterable<string>;
}

/** A tree with all the files of another one and no others, a few of them with another text. */
export interface LikeTree extends FolderTree {
  readonly like: FileTree;
  readonly retold: ReadonlyMap<string, string>;
}

/** What a module is made of. */
export interface Program {
  readonly tree: FileTree;
  /** The `.c` files to compile. */
  readonly units: readonly string[];
  /** Those of them that are the subject's, whose variables belong to each machine. */
  readonly own: readonly string[];
  /** The units of the subject's kernel modules, by the modules' names. */
  readonly modules: Readonly<Record<string, readonly string[]>>;
  /** How it is read: as lostbit's own C where it says nothing. */
  readonly dialect?: Dialect;
  /** Units that are read in another way, by path. */
  readonly dialects?: Readonly<Record<string, Dialect>>;
  /** It is linked although nobody defines some of the functions: what stands in for one says so when it is called. */
  readonly fillMissing?: boolean;
}

/** What a compiler or linker made, and its warnings, verbatim (empty where it was silent). */
export interface Product {
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly diagnostics: string;
}

/** LLVM's textual IR, and what the compiler printed on its standard output while it made it. */
export interface Lowered extends Product {
  readonly printed: string;
}

/**
 * A compiler and a linker. All modules have the same interface: they import shared memory as `env.memory`, and at most
 * one function, `env.stub_backtrace`.
 */
export interface Toolchain {
  readonly name: ToolchainName;
  /** For people and for cache keys, e.g. `clang 22 (npm @yowasp/clang 22.0.0-git20542-10)`. */
  readonly version: string;
  readonly capabilities: { readonly emscriptenModule: boolean };
  /** One translation unit to an object. Throws `E_COMPILE` with the compiler's diagnostics. */
  compile(unit: string, tree: FileTree, options: UnitOptions, signal?: AbortSignal): Promise<Product>;
  /**
   * One translation unit to LLVM's textual IR, with flags that say the target and what is to be printed beside it.
   * The target may be one that no code is made for. Throws `E_COMPILE`, and `E_TOOLCHAIN` where the compiler is
   * bound to one target.
   *
   * @param keep it in the cache; of what is asked for once, or whose meaning is kept instead, that is not worth it.
   */
  lower(
    unit: string,
    tree: FileTree,
    flags: readonly string[],
    signal?: AbortSignal,
    dialect?: Dialect,
    keep?: boolean,
  ): Promise<Lowered>;
  /** The same, optimised, with bit-fields accessed by the bytes that gcc takes on a machine. */
  lowerAsGcc(
    unit: string,
    tree: FileTree,
    flags: readonly string[],
    machine: GccMachine,
    signal?: AbortSignal,
    dialect?: Dialect,
  ): Promise<Lowered>;
  /** Objects, by file name, to a module. Throws `E_LINK`, for an undefined symbol too. */
  link(objects: ReadonlyMap<string, Uint8Array>, signal?: AbortSignal): Promise<Product>;
  /** Ends every helper process; work in progress is rejected. */
  close(): Promise<void>;
}
