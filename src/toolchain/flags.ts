// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import type { BitfieldAccess, CompileOptions, Dialect, ToolchainName, UnitOptions } from './types.js';

/** 64 MiB in bytes: room for the stub kernel's heap and for hundreds of device instances. */
export const MEMORY_BYTES = 64 * 1024 * 1024;

/** How lostbit's own C is read, and that of subjects over it. */
export const ownDialect: Dialect = { includes: ['include', '.'] };

/** What C is written in, and where its headers are, whatever it is compiled for. */
export const languageFlags = ({ includes, flags = [] }: Dialect = ownDialect): string[] => [
  '-ffreestanding',
  // As the kernel builds: no header from outside the tree, so that every toolchain sees the same text.
  '-nostdinc',
  '-std=gnu11',
  // What the kernel's code counts on, and the standard does not promise: its own Makefile says so, too, or builds with a
  // gcc that leaves a loop without end in its place.
  '-fno-strict-aliasing',
  '-fno-strict-overflow',
  '-fno-delete-null-pointer-checks',
  '-fno-finite-loops',
  '-funsigned-char',
  ...flags,
  ...includes.flatMap((directory) => ['-I', directory]),
];

// emcc brings its own target; -pthread is its spelling of shared memory.
const targetFlags = (toolchain: ToolchainName) => [
  ...(toolchain === 'emcc' ? ['-pthread'] : ['--target=wasm32-unknown-unknown', '-nostdlib']),
  '-matomics',
  '-mbulk-memory',
  '-mmutable-globals',
];

/** Arguments that make code of what the front end has made of a unit: the source's own are in it. */
export function codeFlags(toolchain: ToolchainName, { optimize }: CompileOptions): string[] {
  return [...targetFlags(toolchain), '-g', `-O${optimize}`, '-Xclang', '-disable-red-zone', '-w'];
}

/** Arguments that compile one unit from the C root, without the file names. */
export function compileFlags(toolchain: ToolchainName, options: UnitOptions): string[] {
  return [
    ...targetFlags(toolchain),
    ...languageFlags(options.dialect),
    '-g',
    '-gdwarf-4',
    // DWARF holds paths relative to the C root, and nothing of the machine that compiled.
    '-ffile-compilation-dir=.',
    `-O${options.optimize}`,
    // As the kernel has them, whose style brings on all of those that are off.
    '-Wall',
    '-Wextra',
    '-Wno-missing-field-initializers',
    '-Wno-pointer-sign',
    '-Wno-sign-compare',
    '-Wno-unused-parameter',
    ...(options.dialect?.warnings ?? []),
    '-Werror=implicit-function-declaration',
    '-Werror=return-type',
    // Calls are put into functions that make none: what lies below their stack pointer would be overwritten.
    '-Xclang',
    '-disable-red-zone',
    // One module is all there is: TLS is reached through __tls_base, in every release of LLVM alike.
    '-ftls-model=local-exec',
    // Emscripten's is of an LLVM without it: there a variable that is written and never read can go.
    ...(options.keepVariables === true && toolchain !== 'emcc'
      ? ['-fkeep-persistent-storage-variables']
      : []),
    ...accessFlags(options.bitfieldAccess),
  ];
}

/** The compiler's own options for bit-fields. `fine` accesses as gcc makes them need more: see `bit-fields/`. */
export const accessFlags = (access: BitfieldAccess): readonly string[] => [
  access === 'fine' ? '-ffine-grained-bitfield-accesses' : '-fno-fine-grained-bitfield-accesses',
];

/** What a module may import: its memory, and a function that writes a backtrace (see `kernel/stub.h`). */
export const importable: readonly string[] = ['env.memory', 'env.stub_backtrace'];

/** Arguments of wasm-ld, without the file names. Functions are exported by `__attribute__((export_name("…")))`. */
export const linkFlags: readonly string[] = [
  '--shared-memory',
  '--import-memory',
  '--no-entry',
  '--export=__stack_pointer',
  '--export=__wasm_init_tls',
  // Where no code uses it, LLVM 14 would drop it, and have __wasm_init_tls set some other global instead.
  '--export=__tls_base',
  '--export=__tls_size',
  '--export-if-defined=__tls_align',
  '--export=__heap_base',
  '--export-table',
  // Where addresses stand: see instance-data.ts.
  '--emit-relocs',
  `--initial-memory=${MEMORY_BYTES}`,
  `--max-memory=${MEMORY_BYTES}`,
  // The stack at the low end, as newer releases have it by default: no data lies where a NULL pointer leads.
  '--stack-first',
  '-z',
  'stack-size=65536',
];
