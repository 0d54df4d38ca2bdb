// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { chmod, mkdir, mkdtemp, realpath, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import type { LostbitError } from '../../src/errors.js';
import { listToolchains, openToolchain } from '../../src/toolchain/find.js';
import type { ToolchainName } from '../../src/toolchain/types.js';

const home = process.cwd();
let dir: string;

beforeEach(async () => {
  dir = await realpath(await mkdtemp(join(tmpdir(), 'lostbit-test-')));
  // Neither PATH nor EMSDK nor a package lead anywhere.
  vi.stubEnv('PATH', join(dir, 'bin'));
  vi.stubEnv('EMSDK', '');
  vi.stubEnv('LOSTBIT_CACHE', join(dir, 'cache'));
  process.chdir(dir);
});

afterEach(async () => {
  process.chdir(home);
  vi.unstubAllEnvs();
  await rm(dir, { recursive: true, force: true });
});

/** A program that prints a text, whatever it is asked, or one text for each first argument. */
async function program(path: string, says: string | Record<string, string>): Promise<string> {
  const file = join(dir, path);
  const answers = typeof says === 'string' ? { '*': says } : says;
  const cases = Object.entries(answers).map(([arg, text]) => `${arg}) echo '${text}' ;;`);
  await mkdir(dirname(file), { recursive: true });
  await writeFile(file, `#!/bin/sh\ncase "$1" in ${cases.join(' ')} esac\n`);
  await chmod(file, 0o755);
  return file;
}

const clang = (release: string, targets = 'wasm32') => ({
  '--version': `Some clang version ${release} (build)`,
  '--print-targets': targets,
});

const emcc = (bin: string) => `emcc (Emscripten gcc/clang-like replacement) 4.0.23 (abc)
clang version 22.0.0git (abc)
InstalledDir: ${bin}`;

async function refusal(name: ToolchainName): Promise<LostbitError> {
  const error = await openToolchain(name).then(
    () => expect.unreachable('it opened'),
    (error: LostbitError) => error,
  );
  expect(error.code).toBe('E_NO_TOOLCHAIN');
  return error;
}

describe('a toolchain that is not there', () => {
  test('clang: says which names were looked for, and what to install', async () => {
    const { message, advice } = await refusal('clang');
    expect(message).toContain('no clang 19 or newer');
    expect(message).toContain('looked on PATH for clang-22, clang-21, clang-20, clang-19, clang');
    expect(advice.hint).toMatch(/apt-get install clang-22 lld-22/);
  });

  test('clang: explains each one that will not do', async () => {
    await program('bin/clang-22', clang('22.1.8', 'x86-64'));
    await program('bin/clang-20', clang('20.1.0'));
    await program('bin/wasm-ld', 'LLD 19.1.0');
    await program('bin/clang', clang('14.0.6'));
    const { message } = await refusal('clang');
    expect(message).toContain(`${dir}/bin/clang-22 cannot compile for wasm32`);
    expect(message).toContain(`${dir}/bin/clang-20 has no wasm-ld of release 20`);
    expect(message).toContain(`${dir}/bin/clang is clang 14.0.6, too old`);
  });

  test('emcc: says every place that was looked at', async () => {
    const { message, advice } = await refusal('emcc');
    expect(message).toContain('EMSDK is not set');
    expect(message).toContain('no emcc on PATH');
    expect(message).toContain("no npm package 'emsdk'");
    expect(advice.hint).toContain('EMSDK');
  });

  test('emcc: explains what it found instead of an SDK', async () => {
    vi.stubEnv('EMSDK', join(dir, 'sdk'));
    await program('bin/emcc', emcc('/nowhere'));
    await npmEmsdk(false);
    const { message } = await refusal('emcc');
    expect(message).toContain(`EMSDK is set, but there is no ${dir}/sdk/upstream/emscripten/emcc`);
    expect(message).toContain(`${dir}/bin/emcc has no wasm-ld in /nowhere`);
    expect(message).toContain('the npm package emsdk is there, but its download is not');
  });

  test('by a name nobody knows: offers the nearest', async () => {
    const { message, advice } = await refusal('lvm' as ToolchainName);
    expect(message).toBe("there is no toolchain 'lvm'");
    expect(advice.hint).toContain("'llvm'");
  });
});

describe('finding', () => {
  test('clang takes the newest with a linker of its own release', async () => {
    await program('bin/clang-21', clang('21.1.0'));
    const path = await program('bin/clang-20', clang('20.1.2'));
    await program('bin/wasm-ld-20', 'Debian LLD 20.1.2');
    expect((await listToolchains()).find(({ name }) => name === 'clang')).toEqual({
      name: 'clang',
      version: 'clang 20.1.2',
      where: path,
    });
  });

  test('emcc prefers EMSDK, then PATH, then the npm package', async () => {
    const places = ['sdk/upstream/emscripten/emcc', 'bin/emcc', 'package/emcc'];
    vi.stubEnv('EMSDK', join(dir, 'sdk'));
    await npmEmsdk(true);
    await program('llvm/wasm-ld', 'LLD 22');
    for (const place of places) await program(place, emcc(join(dir, 'llvm')));
    for (const place of places) {
      expect((await listToolchains()).find(({ name }) => name === 'emcc')).toEqual({
        name: 'emcc',
        version: 'emcc 4.0.23 (clang 22.0.0git)',
        where: join(dir, place),
      });
      await rm(join(dir, place));
    }
  });
});

test('the list has every toolchain, with what is wrong where one is missing', async () => {
  const list = await listToolchains();
  expect(list.map(({ name }) => name)).toEqual(['llvm', 'emcc', 'clang']);
  expect(list[0]).toMatchObject({ version: expect.stringMatching(/^clang 22 \(npm @yowasp\/clang 22\./) });
  expect(list[1]).toMatchObject({ version: null, problem: expect.stringContaining('no Emscripten SDK') });
  expect(list[2]).toMatchObject({ version: null, problem: expect.stringContaining('no clang 19') });
});

/** npm's emsdk package as far as it is asked, in the working directory. */
async function npmEmsdk(installed: boolean): Promise<void> {
  const home = join(dir, 'node_modules', 'emsdk');
  await mkdir(home, { recursive: true });
  await writeFile(join(home, 'package.json'), '{ "name": "emsdk", "main": "index.js" }');
  await writeFile(
    join(home, 'index.js'),
    `exports.isInstalled = () => ${installed};
    exports.emccPath = () => ${JSON.stringify(join(dir, 'package/emcc'))};
    exports.env = () => ({ ...process.env, EMSDK: 'x', EM_CONFIG: 'y' });`,
  );
}
