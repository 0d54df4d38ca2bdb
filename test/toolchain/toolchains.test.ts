// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { mkdtempSync, rmSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { commands, runLLVM } from '@yowasp/clang';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { buildModule } from '../../src/toolchain/build.js';
import { listToolchains, openToolchain } from '../../src/toolchain/find.js';
import type { CompileOptions, FileTree, Toolchain } from '../../src/toolchain/types.js';
import { changed, FINE, SAMPLE, sharedCache, slowUnit, WIDE } from './fixture.js';

// Temporary directories of our own, where nobody else's come and go while we look.
const before = process.env.TMPDIR;
const temporaries = mkdtempSync(join(tmpdir(), 'lostbit-test-'));
process.env.TMPDIR = temporaries;
afterAll(() => {
  if (before === undefined) delete process.env.TMPDIR;
  else process.env.TMPDIR = before;
  rmSync(temporaries, { recursive: true });
});

sharedCache();

/** The sample with more in it, for one build that several tests look at. */
const FULL = changed(SAMPLE, {
  'kernel/task.c': '_Thread_local int current = 7;\n',
  'lab/task.c':
    'extern _Thread_local int current;\n' +
    '__attribute__((export_name("swap"))) int swap(int to) { int was = current; current = to; return was; }\n',
  'kernel/ask.c':
    '__attribute__((import_module("env"), import_name("stub_backtrace"))) unsigned stub_backtrace(unsigned *, unsigned);\n' +
    '__attribute__((export_name("ask"))) unsigned ask(unsigned *room) { return stub_backtrace(room, 3); }\n',
  'kernel/place.c':
    'static int lone = 1;\n__attribute__((export_name("place"))) int *place(void) { return &lone; }\n',
  'kernel/counts.c':
    '#define SHOW(name) __attribute__((export_name(#name)))\n' +
    'SHOW(wraps) int wraps(int n) { return n + 1 < n; }\n' +
    'SHOW(behind) int behind(char *p, unsigned n) { return p + n < p; }\n' +
    'SHOW(is_null) int is_null(int *p) { int v = *p; return p ? v - v : 7; }\n' +
    'SHOW(plain_char) int plain_char(void) { char c = (char)0xff; return c; }\n' +
    'static int ready;\n' +
    'SHOW(make_ready) void make_ready(void) { ready = 1; }\n' +
    'SHOW(poll) int poll(void) { while (!ready)\n\t;\nreturn 0; }\n',
  'kernel/warn.c': 'int f(void);\nint f(void) { int unused; return 1; }\n',
});

for (const { name, version, problem } of await listToolchains()) {
  const title = version === null ? `${name} (skipped: ${problem?.split('\n')[0]})` : name;
  describe.skipIf(version === null)(title, () => {
    let toolchain: Toolchain;
    beforeAll(async () => {
      toolchain = await openToolchain(name);
    });
    afterAll(() => toolchain?.close());

    const build = (tree: FileTree, options: CompileOptions = FINE) => buildModule(tree, toolchain, options);
    const refusal = (tree: FileTree) =>
      build(tree).then(
        () => expect.unreachable('it built'),
        (error: { code: string; message: string }) => error,
      );

    test('makes a module that imports shared memory and nothing else', async () => {
      const { bytes, toolchain: by } = await build(SAMPLE);
      const module = await WebAssembly.compile(bytes);
      expect(WebAssembly.Module.imports(module)).toEqual([{ module: 'env', name: 'memory', kind: 'memory' }]);
      const exports = WebAssembly.Module.exports(module).map((one) => `${one.kind} ${one.name}`);
      expect(exports.sort()).toEqual([
        'function __wasm_init_tls',
        'function set',
        'function twice',
        'global __heap_base',
        'global __stack_pointer',
        'global __tls_align',
        'global __tls_base',
        'global __tls_size',
        'table __indirect_function_table',
      ]);
      expect(by).toEqual({ name, version });
    });

    test('initialises the data once, however many instances share the memory', async () => {
      const { bytes } = await build(SAMPLE);
      const memory = new WebAssembly.Memory({ initial: 1024, maximum: 1024, shared: true });
      const instance = async () =>
        (await WebAssembly.instantiate(bytes, { env: { memory } })).instance.exports as { twice(): number };
      expect((await instance()).twice()).toBe(42);
      expect((await instance()).twice()).toBe(44);
    });

    // The first one that builds all of it: what comes next finds it in the cache.
    test('hands warnings on and builds', async () => {
      const warnings: string[] = [];
      for (const how of ['compiled', 'cached']) {
        await buildModule(FULL, toolchain, FINE, { diagnostics: (text) => warnings.push(`${how}: ${text}`) });
      }
      expect(warnings).toHaveLength(2);
      expect(warnings[0]).toMatch(/^compiled: kernel\/warn\.c:2:19: warning: unused variable 'unused'/);
      expect(warnings[1]).toBe(warnings[0]?.replace('compiled', 'cached'));
    });

    test('gives each instance its own thread-local variables, those of other units too', async () => {
      const { bytes } = await build(FULL);
      const memory = new WebAssembly.Memory({ initial: 1024, maximum: 1024, shared: true });
      const stub_backtrace = () => 0;
      const instances = await Promise.all(
        [1, 2, 3].map(async (i) => {
          const { exports } = (await WebAssembly.instantiate(bytes, { env: { memory, stub_backtrace } }))
            .instance;
          const { swap, __wasm_init_tls, __stack_pointer } = exports as unknown as {
            swap(to: number): number;
            __wasm_init_tls(base: number): void;
            __stack_pointer: WebAssembly.Global;
          };
          const stack = __stack_pointer.value;
          __wasm_init_tls(i << 20);
          expect(__stack_pointer.value).toBe(stack);
          return swap;
        }),
      );
      expect(instances.map((swap, i) => swap(i))).toEqual([7, 7, 7]);
      expect(instances.map((swap) => swap(9))).toEqual([0, 1, 2]);
    });

    test('writes a flag as one byte when fine, as its whole run when wide', async () => {
      expect(await storesOf((await build(SAMPLE, FINE)).bytes, 'set')).toEqual(['i32.store8']);
      expect(await storesOf((await build(SAMPLE, WIDE)).bytes, 'set')).toEqual(['i32.store16']);
    });

    test('leaves paths relative to the C root in the debug information, and none of the machine', async () => {
      const text = Buffer.from((await build(SAMPLE)).bytes).toString('latin1');
      expect(text).toContain('vfio/pci/flags.c');
      expect(text).not.toContain(tmpdir());
      expect(text).not.toContain(process.cwd());
    });

    test('builds the same bytes again', async () => {
      const first = await toolchain.compile('vfio/pci/flags.c', SAMPLE, FINE);
      const second = await toolchain.compile('vfio/pci/flags.c', SAMPLE, FINE);
      expect(Buffer.compare(first.bytes, second.bytes)).toBe(0);
    });

    test('gives the diagnostics verbatim, with file and line', async () => {
      const broken = 'int one;\nint f(void)\n{\n  return missing(one);\n}\n';
      const { code, message } = await refusal(changed(SAMPLE, { 'vfio/pci/broken.c': broken }));
      expect(code).toBe('E_COMPILE');
      expect(message).toMatch(/^vfio\/pci\/broken\.c does not compile \(.*\):\n/);
      expect(message).toMatch(/^vfio\/pci\/broken\.c:4:10: error: .*function 'missing'.*$/m);
      expect(message).toContain('return missing(one);');
    });

    test('finds what is included by way of a folder above, once', async () => {
      const tree = changed(SAMPLE, {
        'a/b/unit.c': '#include "../c/twice.h"\n#include "../../a/c/twice.h"\nint own = TWICE;\n',
        'a/c/twice.h':
          '#pragma once\n#include "beside.h"\n#include "../b/back.h"\nstatic int twice = BESIDE + BACK;\n',
        'a/c/beside.h': '#define BESIDE 1\n#define TWICE 5\n',
        'a/b/back.h': '#define BACK 2\n',
        // Where somebody who pays no attention to the dots would look.
        'a/b/c/twice.h': '#error another one\n',
      });
      const { diagnostics } = await toolchain.compile('a/b/unit.c', tree, FINE);
      expect(diagnostics).toBe('');
      await expect(
        toolchain.compile('a/b/unit.c', changed(tree, { 'a/b/back.h': '#error back\n' }), FINE),
      ).rejects.toThrow('a/b/../c/../b/back.h:1:2: error: back');
    });

    test('says which header is not there, and takes none from the system', async () => {
      const { code, message } = await refusal(
        changed(SAMPLE, { 'kernel/libc.c': '\n#include <string.h>\n' }),
      );
      expect(code).toBe('E_COMPILE');
      expect(message).toContain("kernel/libc.c:2:10: fatal error: 'string.h' file not found");
    });

    test('refuses an undefined symbol, naming it and the file', async () => {
      const { code, message } = await refusal(changed(SAMPLE, { 'kernel/next.c': null }));
      expect(code).toBe('E_LINK');
      expect(message).toMatch(/next\(\), called from vfio\/pci\/flags\.c:\d+/);
    });

    test('links a weak symbol that nobody defines, or says which it is', async () => {
      const weak = changed(SAMPLE, {
        'kernel/weak.c': `__attribute__((weak)) int hook(int);
__attribute__((export_name("hooked"))) int hooked(void) { return hook ? hook(1) : 7; }
`,
      });
      const refused = await build(weak).then(
        () => null,
        (error: unknown) => error,
      );
      // A linker that was built without assertions takes it.
      if (refused === null && name !== 'llvm') return;
      expect(refused).toMatchObject({
        code: 'E_LINK',
        message: expect.stringContaining('kernel/weak.c:1: __attribute__((weak)) int hook(int);'),
      });
    });

    test('lets a module ask where it was called from', async () => {
      const { bytes } = await build(FULL);
      const memory = new WebAssembly.Memory({ initial: 1024, maximum: 1024, shared: true });
      const asked: number[][] = [];
      const stub_backtrace = (...args: number[]) => asked.push(args);
      const { exports } = (await WebAssembly.instantiate(bytes, { env: { memory, stub_backtrace } }))
        .instance;
      expect((exports as unknown as { ask(room: number): number }).ask(8192)).toBe(1);
      expect(asked).toEqual([[8192, 3]]);
    });

    test('lays no data where a NULL pointer leads', async () => {
      const { bytes } = await build(FULL);
      const memory = new WebAssembly.Memory({ initial: 1024, maximum: 1024, shared: true });
      const { exports } = (await WebAssembly.instantiate(bytes, { env: { memory, stub_backtrace: () => 0 } }))
        .instance;
      expect((exports as unknown as { place(): number }).place()).toBeGreaterThanOrEqual(4096);
    });

    test('compiles the language that the kernel is written in', async () => {
      const { bytes } = await build(FULL);
      const memory = new WebAssembly.Memory({ initial: 1024, maximum: 1024, shared: true });
      const { exports } = (await WebAssembly.instantiate(bytes, { env: { memory, stub_backtrace: () => 0 } }))
        .instance;
      const { wraps, behind, is_null, plain_char } = exports as unknown as Record<
        string,
        (...args: number[]) => number
      >;
      expect(wraps!(0x7fff_ffff)).toBe(1);
      expect(behind!(0x1000_0000, 0xffff_0000)).toBe(1);
      expect(is_null!(0)).toBe(7);
      expect(plain_char!()).toBe(0xff);
      expect(await bodyOf(bytes, 'poll')).toMatch(/\bloop\b/);
    });

    test('refuses an import that C declares', async () => {
      const imported =
        '__attribute__((import_module("env"), import_name("print"))) void print(int);\n' +
        '__attribute__((export_name("p"))) void p(void) { print(1); }\n';
      const { code, message } = await refusal(changed(SAMPLE, { 'kernel/import.c': imported }));
      expect(code).toBe('E_LINK');
      expect(message).toContain('imports env.print');
    });

    test('stops when aborted, leaves no temporary directory, and works on', async () => {
      const before = await ourTemporaries();
      const tree = changed(SAMPLE, { 'kernel/slow.c': slowUnit(20_000) });
      const abort = new AbortController();
      const building = buildModule(tree, toolchain, FINE, { signal: abort.signal });
      setTimeout(() => abort.abort(new Error('enough')), 100);
      await expect(building).rejects.toThrow('enough');
      expect(await ourTemporaries()).toEqual(before);
      await expect(toolchain.compile('kernel/next.c', SAMPLE, FINE)).resolves.toMatchObject({
        diagnostics: '',
      });
    });

    test('rejects what still runs when closed', async () => {
      const other = await openToolchain(name);
      const compiling = other.compile('kernel/slow.c', new Map([['kernel/slow.c', slowUnit(20_000)]]), FINE);
      const refused = expect(compiling).rejects.toMatchObject({ code: 'E_CLOSED' });
      setTimeout(() => other.close(), 100);
      await refused;
    });
  });
}

async function ourTemporaries(): Promise<string[]> {
  return (await readdir(tmpdir())).filter((name) => /^lostbit-(?!test-)/.test(name));
}

/** The store instructions of an exported function. */
async function storesOf(module: Uint8Array, name: string): Promise<string[]> {
  return [...(await bodyOf(module, name)).matchAll(/i32\.store\w*/g)].map(([found]) => found);
}

/** An exported function, disassembled. */
async function bodyOf(module: Uint8Array, name: string): Promise<string> {
  await runLLVM(undefined, {}, { fetchProgress: () => {} });
  let text = '';
  const stdout = (bytes: Uint8Array | null) => {
    text += Buffer.from(bytes ?? []).toString('latin1');
  };
  await commands.objdump(['-d', '--no-show-raw-insn', 'm.wasm'], { 'm.wasm': module }, { stdout });
  const body = text.split(/^[0-9a-f]+ <(\w+)>:$/m);
  return body[body.indexOf(name) + 1] ?? '';
}
