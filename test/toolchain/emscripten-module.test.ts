// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { spawnSync } from 'node:child_process';
import { mkdir, mkdtemp, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { beforeAll, describe, expect, onTestFinished, test, vi } from 'vitest';
import { packageRoot } from '../../src/package-root.js';
import { programOfTree } from '../../src/toolchain/build.js';
import { emitEmscriptenModule } from '../../src/toolchain/emscripten-module.js';
import { listToolchains } from '../../src/toolchain/find.js';
import { changed, FINE, SAMPLE, sharedCache } from './fixture.js';

const emcc = (await listToolchains()).find(({ name }) => name === 'emcc');

const WITH_LONG = changed(SAMPLE, {
  'lab/long.c':
    '__attribute__((export_name("add"))) long long add(long long a, int b) { return a + b; }\n' +
    '__attribute__((export_name("half"))) double half(float f) { return f / 2; }\n',
  'kernel/ask.c':
    '__attribute__((import_module("env"), import_name("stub_backtrace"))) unsigned stub_backtrace(unsigned *, unsigned);\n' +
    '__attribute__((export_name("ask"))) unsigned ask(unsigned *room) { return 7 + stub_backtrace(room, 3); }\n',
});

// Units that are the same are compiled once.
sharedCache();

const emptyFolder = () => mkdtemp(join(process.env.LOSTBIT_CACHE!, 'module-'));

describe.skipIf(emcc?.version == null)(
  `Emscripten's ES module${emcc?.problem ? ' (skipped: no emcc)' : ''}`,
  () => {
    let out: string;
    let files: readonly string[];
    beforeAll(async () => {
      out = join(await emptyFolder(), 'out');
      files = await emitEmscriptenModule(programOfTree(WITH_LONG), FINE, out, 'stage');
    });

    test('is loaded and called by Node as its users would', async () => {
      expect(files).toEqual(
        ['mjs', 'd.mts', 'glue.mjs', 'wasm'].map((ending) => join(out, `stage.${ending}`)),
      );
      expect((await readdir(out)).sort()).toEqual([
        'stage.d.mts',
        'stage.glue.mjs',
        'stage.mjs',
        'stage.wasm',
      ]);

      const user = join(out, 'user.mjs');
      await writeFile(
        user,
        `const { default: create } = await import(${JSON.stringify(pathToFileURL(files[0]!).href)});
      const one = await create();
      const wasmMemory = new WebAssembly.Memory({ initial: 1024, maximum: 1024, shared: true });
      const two = await create({ wasmMemory });
      const three = await create({ wasmMemory });
      const flags = 4096 * 16;
      two._set(flags);
      console.log(JSON.stringify({
        calls: [one._twice(), two._twice(), three._twice(), one._twice()],
        byte: two.HEAPU8[flags + 1],
        add: String(one._add(1n << 40n, 2)),
        half: one._half(5),
        asked: one._ask(flags),
        shared: one.HEAPU8.buffer instanceof SharedArrayBuffer && three.HEAPU8.buffer === wasmMemory.buffer,
        globals: ['require', '__dirname', '__filename'].filter((name) => name in globalThis),
        handlers: process.listenerCount('uncaughtException') + process.listenerCount('unhandledRejection'),
      }));`,
      );
      const ran = spawnSync(process.execPath, [user], { encoding: 'utf8' });
      expect(ran.stderr).toBe('');
      expect(JSON.parse(ran.stdout)).toEqual({
        calls: [42, 42, 44, 44],
        byte: 4,
        add: String((1n << 40n) + 2n),
        half: 2.5,
        asked: 7,
        shared: true,
        globals: [],
        handlers: 0,
      });
    });

    test('has types that fit what C exports', async () => {
      const user = (body: string) => `import create from './stage.mjs';
      const wasmMemory = new WebAssembly.Memory({ initial: 1024, maximum: 1024, shared: true });
      const stage = await create({ wasmMemory });
      export const result = ${body};\n`;
      const bodies = {
        right: 'stage._add(1n, 2) + BigInt(stage._twice() + stage._half(1) + stage.HEAPU8[0]!)',
        wrong: 'stage._add(1, 2)',
        missing: 'stage._nothing()',
        malloc: 'stage._malloc(4)',
      };
      for (const [name, body] of Object.entries(bodies))
        await writeFile(join(out, `${name}.mts`), user(body));
      await writeFile(
        join(out, 'tsconfig.json'),
        JSON.stringify({
          compilerOptions: {
            target: 'ES2023',
            lib: ['ES2023', 'DOM'],
            module: 'NodeNext',
            strict: true,
            noEmit: true,
            typeRoots: [join(packageRoot(), 'node_modules/@types')],
            types: ['emscripten'],
          },
          include: ['*.mts'],
        }),
      );
      const tsc = join(packageRoot(), 'node_modules/.bin/tsc');
      const { stdout } = spawnSync(tsc, ['-p', out, '--pretty', 'false'], { encoding: 'utf8' });
      const complaints = [...stdout.matchAll(/(\w+)\.mts\(\d+,\d+\): error (TS\d+)/g)].map(
        ([, file, code]) => [file, code],
      );
      expect(complaints).toEqual([
        ['malloc', 'TS2349'],
        ['missing', 'TS2339'],
        ['wrong', 'TS2345'],
      ]);
    });

    test('that does not build leaves nothing behind', async () => {
      const dir = await emptyFolder();
      const out = join(dir, 'out');
      const broken = changed(SAMPLE, { 'kernel/next.c': 'int next(void) { return nothing }' });
      await expect(emitEmscriptenModule(programOfTree(broken), FINE, out, 'stage')).rejects.toMatchObject({
        code: 'E_COMPILE',
      });
      const unlinkable = changed(SAMPLE, {
        'kernel/next.c': 'int elsewhere(void);\nint next(void) { return elsewhere(); }',
      });
      await expect(emitEmscriptenModule(programOfTree(unlinkable), FINE, out, 'stage')).rejects.toMatchObject(
        {
          code: 'E_LINK',
          message: expect.stringContaining('undefined symbol: elsewhere'),
        },
      );
      expect(await readdir(dir)).not.toContain('out');
    });

    test('that cannot be written leaves no part of it', async () => {
      const out = join(await emptyFolder(), 'out');
      // A directory where one of the files belongs.
      await mkdir(join(out, 'stage.wasm', 'occupied'), { recursive: true });
      await expect(emitEmscriptenModule(programOfTree(SAMPLE), FINE, out, 'stage')).rejects.toThrow();
      expect(await readdir(out)).toEqual(['stage.wasm']);
    });

    test('is refused where there is no SDK', async () => {
      const out = join(await emptyFolder(), 'out');
      onTestFinished(() => {
        vi.unstubAllEnvs();
      });
      vi.stubEnv('PATH', '');
      vi.stubEnv('EMSDK', '');
      await expect(emitEmscriptenModule(programOfTree(SAMPLE), FINE, out, 'stage')).rejects.toMatchObject({
        code: 'E_NO_TOOLCHAIN',
      });
    });
  },
);
