// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { LostbitError } from '../errors.js';
import { differsFromGcc, irFlags, REWRITER, recordFlags, withoutDebugInfo } from './bit-fields/front-end.js';
import { type GccMachine, gccMachines } from './bit-fields/gcc-rule.js';
import { Cache, keyOf } from './cache.js';
import { closureDigests } from './closure-digest.js';
import { hintOfInclude, opTwice } from './diagnostics.js';
import { codeFlags, compileFlags, importable, languageFlags, linkFlags } from './flags.js';
import { includeClosure, isRetold } from './includes.js';
import { treePath } from './tree-path.js';
import type { Dialect, FileTree, Lowered, Product, Toolchain, ToolchainName, UnitOptions } from './types.js';

/** One run of the compiler or the linker, in a directory that holds `files` and nothing else. */
export interface Job {
  readonly tool: 'clang' | 'wasm-ld';
  readonly args: readonly string[];
  readonly files: ReadonlyMap<string, string | Uint8Array>;
  /** The path of the file it is to make. */
  readonly output: string;
  /** No other job has any of its files: they are not kept. */
  readonly once?: boolean;
}

/** `bytes` is null where the tool refused; `diagnostics` and `printed` are its standard error and output. */
export interface JobResult {
  readonly bytes: Uint8Array<ArrayBuffer> | null;
  readonly diagnostics: string;
  readonly printed: string;
}

/** What differs between toolchains: where the tools are and how they are run. */
export interface Backend {
  readonly name: ToolchainName;
  readonly version: string;
  readonly capabilities: Toolchain['capabilities'];
  run(job: Job, signal: AbortSignal): Promise<JobResult>;
  /** Ends helper processes; called once, after every run has been aborted. */
  close(): Promise<void>;
}

const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** The toolchain a backend makes: same flags, same errors, whatever runs underneath. */
export function toolchainOver(backend: Backend): Toolchain {
  const closing = new AbortController();

  async function run(job: Job, code: string, what: string, signal?: AbortSignal): Promise<Lowered> {
    for (const path of job.files.keys()) treePath(path, what);
    const either = signal ? AbortSignal.any([signal, closing.signal]) : closing.signal;
    const { bytes, diagnostics, printed } = await backend.run(job, either);
    if (bytes) return { bytes, diagnostics, printed };
    const hint = hintOfInclude(diagnostics);
    throw (
      opTwice(diagnostics) ??
      new LostbitError(
        code,
        `${what} (${backend.version}):\n${diagnostics.trimEnd()}`,
        hint === null ? {} : { hint },
      )
    );
  }

  function translate(
    unit: string,
    tree: FileTree,
    dialect: Dialect | undefined,
    flags: readonly string[],
    output: string,
    signal?: AbortSignal,
  ): Promise<Lowered> {
    const paths = [unit, ...includeClosure(unit, tree, dialect)];
    // Text of this unit alone is given as bytes: it is not kept for the others.
    const files = new Map(
      paths.map((path) => {
        const text = tree.get(path) ?? '';
        return [path, isRetold(path, tree) ? encoder.encode(text) : text];
      }),
    );
    const args = [...flags, unit, '-o', output];
    return run({ tool: 'clang', args, files, output }, 'E_COMPILE', `${unit} does not compile`, signal);
  }

  /** By way of intermediate code, in which the accesses of bit-fields are made gcc's. */
  async function translateAsGcc(
    unit: string,
    tree: FileTree,
    dialect: Dialect | undefined,
    flags: { readonly front: readonly string[]; readonly back: readonly string[] },
    machine: GccMachine,
    output: string,
    signal?: AbortSignal,
  ): Promise<Lowered> {
    const ir = `${unit}.front.ll`;
    const toIr = [...flags.front, ...irFlags, '-S', '-emit-llvm'];
    const front = await translate(unit, tree, dialect, toIr, ir, signal);
    // What is kept in the cache is had without these.
    const { rewriteBitFields } = await import('./bit-fields/rewrite.js');
    const { module } = rewriteBitFields(Buffer.from(front.bytes).toString('utf8'), front.printed, machine);
    const args = [...flags.back, ir, '-o', output];
    const files = new Map([[ir, flags.back.includes('-g') ? module : withoutDebugInfo(module)]]);
    const job: Job = { tool: 'clang', args, files, output, once: true };
    const refused = `${unit}: the compiler refuses what was made of its own code`;
    const made = await run(job, 'E_TOOLCHAIN', refused, signal);
    return { ...made, diagnostics: front.diagnostics + made.diagnostics };
  }

  /** From the cache where it is there: a compiler takes seconds for what is asked for again and again. */
  async function kept(
    unit: string,
    tree: FileTree,
    dialect: Dialect | undefined,
    maker: readonly unknown[],
    make: () => Promise<Lowered>,
  ): Promise<Lowered> {
    const cache = new Cache(null);
    const files = closureDigests(unit, tree, dialect);
    const key = keyOf('lowered', backend.name, backend.version, REWRITER, maker, files);
    const known = await cache.get(key);
    if (known !== undefined) {
      const { text, printed } = JSON.parse(decoder.decode(known.bytes)) as Record<'text' | 'printed', string>;
      return { bytes: encoder.encode(text), printed, diagnostics: known.diagnostics };
    }
    const made = await make();
    const { printed, diagnostics } = made;
    const bytes = encoder.encode(JSON.stringify({ text: decoder.decode(made.bytes), printed }));
    await cache.put(key, { bytes, diagnostics });
    return made;
  }

  function refuseOtherTargets(): void {
    if (backend.name !== 'emcc') return;
    throw new LostbitError('E_TOOLCHAIN', "toolchain 'emcc' compiles for WebAssembly only", {
      hint: 'use --toolchain llvm, which needs nothing',
    });
  }

  return {
    name: backend.name,
    version: backend.version,
    capabilities: backend.capabilities,

    async compile(
      unit: string,
      tree: FileTree,
      options: UnitOptions,
      signal?: AbortSignal,
    ): Promise<Product> {
      const { dialect } = options;
      const front = compileFlags(backend.name, options);
      const output = `${unit}.o`;
      if (options.bitfieldAccess === 'wide')
        return translate(unit, tree, dialect, [...front, '-c'], output, signal);
      const back = [...codeFlags(backend.name, options), '-c'];
      const asGcc = async (front: readonly string[]): Promise<Product> => {
        const flags = { front, back };
        const made = await translateAsGcc(unit, tree, dialect, flags, gccMachines.x86_64, output, signal);
        return { bytes: made.bytes, diagnostics: made.diagnostics };
      };
      if (dialect?.rewritten === true) return asGcc(front);
      const tried = await translate(unit, tree, dialect, [...front, ...recordFlags, '-c'], output, signal);
      const { bytes, diagnostics, printed } = tried;
      if (!differsFromGcc(printed)) return { bytes, diagnostics };
      // Its warnings were reported when the source was compiled.
      return { bytes: (await asGcc([...front, '-w'])).bytes, diagnostics };
    },

    async lower(
      unit: string,
      tree: FileTree,
      flags: readonly string[],
      signal?: AbortSignal,
      dialect?: Dialect,
      keep = true,
    ): Promise<Lowered> {
      refuseOtherTargets();
      const all = [...languageFlags(dialect), ...flags, '-S', '-emit-llvm'];
      if (!keep) return translate(unit, tree, dialect, all, `${unit}.ll`, signal);
      return kept(unit, tree, dialect, [all], () =>
        translate(unit, tree, dialect, all, `${unit}.ll`, signal),
      );
    },

    async lowerAsGcc(
      unit: string,
      tree: FileTree,
      flags: readonly string[],
      machine: GccMachine,
      signal?: AbortSignal,
      dialect?: Dialect,
    ): Promise<Lowered> {
      refuseOtherTargets();
      // Debug information says what pointers lead to.
      const front = [...languageFlags(dialect), ...flags, '-g'];
      const both = { front, back: [...flags, '-S', '-emit-llvm'] };
      return kept(unit, tree, dialect, [both, machine], () =>
        translateAsGcc(unit, tree, dialect, both, machine, `${unit}.ll`, signal),
      );
    },

    async link(objects: ReadonlyMap<string, Uint8Array>, signal?: AbortSignal): Promise<Product> {
      const output = 'module.wasm';
      const args = [...linkFlags, ...objects.keys(), '-o', output];
      const job: Job = { tool: 'wasm-ld', args, files: objects, output };
      const { bytes, diagnostics } = await run(job, 'E_LINK', 'the module does not link', signal);
      await refuseImports(bytes);
      const { finished } = await import('./instance-data.js');
      return { bytes: finished(bytes, objects), diagnostics };
    },

    close(): Promise<void> {
      closing.abort(new LostbitError('E_CLOSED', `the ${backend.name} toolchain was closed`));
      return backend.close();
    },
  };
}

/** The linker reports undefined symbols, but not those that C declares as imported. */
async function refuseImports(bytes: Uint8Array<ArrayBuffer>): Promise<void> {
  const imports = WebAssembly.Module.imports(await WebAssembly.compile(bytes)).map(
    (one) => `${one.module}.${one.name}`,
  );
  const strays = imports.filter((name) => !importable.includes(name));
  if (strays.length === 0) return;
  throw new LostbitError(
    'E_LINK',
    `the module imports ${strays.join(', ')}: it may import ${importable.join(', ')} only`,
    {
      hint: 'define the function in C',
    },
  );
}
