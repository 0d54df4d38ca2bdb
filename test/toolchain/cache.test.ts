// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdir, readdir, truncate, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import cacache from 'cacache';
import { describe, expect, test, vi } from 'vitest';
import { toolchainOver } from '../../src/toolchain/backend.js';
import { buildModule } from '../../src/toolchain/build.js';
import { Cache, cacheInfo, cacheRoot, clearCache, keyOf } from '../../src/toolchain/cache.js';
import type { Toolchain } from '../../src/toolchain/types.js';
import { quickest } from '../support/race.js';
import { changed, FINE, ownCache, SAMPLE, WIDE } from './fixture.js';

/** An empty module of WebAssembly, which says something in a section of its own. */
function moduleThatSays(text: string): Uint8Array<ArrayBuffer> {
  const bytes = new TextEncoder().encode(text);
  const size = bytes.length + 1;
  if (size > 127) throw new Error('too much to say');
  return new Uint8Array([0, 0x61, 0x73, 0x6d, 1, 0, 0, 0, 0, size, 0, ...bytes]);
}

/** Makes objects that say what they are made of, and keeps count. */
function fake({ version = 'fake 1' } = {}): Toolchain & { readonly compiled: string[]; links: number } {
  const compiled: string[] = [];
  const encode = (text: string) => moduleThatSays(text);
  return {
    name: 'clang',
    version,
    capabilities: { emscriptenModule: false },
    compiled,
    links: 0,
    compile: async (unit) => {
      compiled.push(unit);
      return { bytes: encode(`object of ${unit} by ${version}`), diagnostics: `${unit}: warning\n` };
    },
    lower: () => Promise.reject(new Error('nothing here asks for it')),
    lowerAsGcc: () => Promise.reject(new Error('nothing here asks for it')),
    async link(objects) {
      this.links++;
      return {
        bytes: encode([...objects].map(([name, bytes]) => `${name}=${bytes.length}`).join()),
        diagnostics: '',
      };
    },
    close: async () => {},
  };
}

/** Every file of the cache that holds an entry's content. */
async function contentFiles(dir: string): Promise<string[]> {
  const paths = await readdir(dir, { recursive: true, withFileTypes: true });
  return paths
    .filter((entry) => entry.isFile() && entry.parentPath.includes('content-v2'))
    .map((entry) => join(entry.parentPath, entry.name));
}

describe('the cache', () => {
  test('gives the same module back, warnings included, without compiling or linking', async () => {
    await ownCache();
    const first = await buildModule(SAMPLE, fake(), FINE);
    const again = fake();
    const warnings: string[] = [];
    const second = await buildModule(SAMPLE, again, FINE, { diagnostics: (text) => warnings.push(text) });
    expect(first).toMatchObject({ cached: 0, compiled: 2 });
    expect(second).toMatchObject({ cached: 2, compiled: 0, key: first.key, bytes: first.bytes });
    expect(again).toMatchObject({ compiled: [], links: 0 });
    expect(warnings.join('')).toBe('kernel/next.c: warning\nvfio/pci/flags.c: warning\n');
  });

  test.each([
    ['a unit', { 'kernel/next.c': 'int next(void) { return 1; }' }, ['kernel/next.c']],
    [
      'a header both include',
      { 'include/linux/flags.h': 'int next(void);' },
      ['kernel/next.c', 'vfio/pci/flags.c'],
    ],
    ['a header one includes', { 'vfio/pci/own.h': '#define OWN 2' }, ['vfio/pci/flags.c']],
    ['a header that comes to stand before another', { 'vfio/pci/linux/far.h': '' }, ['vfio/pci/flags.c']],
    ['a header nobody includes', { 'include/linux/alone.h': '#define ALONE' }, []],
    ['a new unit', { 'lab/new.c': '' }, ['lab/new.c']],
  ])('compiles what a change of %s touches, and nothing else', async (_, change, expected) => {
    await ownCache();
    const tree = changed(SAMPLE, {
      'vfio/pci/own.h': '#define OWN 1',
      'include/linux/far.h': '',
      'vfio/pci/flags.c': '#include "own.h"\n#include "linux/far.h"\n#include <linux/flags.h>\n',
    });
    await buildModule(tree, fake(), FINE);
    const toolchain = fake();
    await buildModule(changed(tree, change), toolchain, FINE);
    expect(toolchain.compiled.sort()).toEqual(expected);
  });

  test('gives the same intermediate code back, with what was printed, of the same files by the same flags', async () => {
    await ownCache();
    const ran: string[][] = [];
    const compiler = toolchainOver({
      name: 'clang',
      version: 'fake 1',
      capabilities: { emscriptenModule: false },
      async run({ args, files }) {
        ran.push([...args]);
        const bytes = new TextEncoder().encode(`; é of ${files.size} files, ${ran.length}`);
        return { bytes, diagnostics: 'a warning', printed: `records ${ran.length}` };
      },
      close: async () => {},
    });
    const unit = 'kernel/next.c';
    const first = await compiler.lower(unit, SAMPLE, ['-O2']);
    expect(await compiler.lower(unit, SAMPLE, ['-O2'])).toEqual(first);
    expect(first).toMatchObject({ printed: 'records 1', diagnostics: 'a warning' });
    expect(ran).toHaveLength(1);
    for (const [tree, flags] of [
      [SAMPLE, ['-O1']],
      [changed(SAMPLE, { [unit]: '\n' }), ['-O2']],
    ] as const)
      expect(await compiler.lower(unit, tree, flags)).not.toEqual(first);
    expect(ran).toHaveLength(3);
  });

  test('does not care in which order the files come', async () => {
    await ownCache();
    const { key } = await buildModule(SAMPLE, fake(), FINE);
    expect(await buildModule(new Map([...SAMPLE].reverse()), fake(), FINE)).toMatchObject({
      compiled: 0,
      key,
    });
  });

  test('keeps options and toolchain versions apart', async () => {
    await ownCache();
    const { key } = await buildModule(SAMPLE, fake(), FINE);
    expect(await buildModule(SAMPLE, fake(), WIDE)).toMatchObject({ compiled: 2 });
    expect(await buildModule(SAMPLE, fake({ version: 'fake 2' }), FINE)).toMatchObject({ compiled: 2 });
    expect(await buildModule(SAMPLE, fake(), FINE)).toMatchObject({ compiled: 0, key });
  });

  test.each([
    ['overwritten', (file: string) => writeFile(file, 'rubbish')],
    ['cut short', (file: string) => truncate(file, 3)],
    ['emptied', (file: string) => truncate(file, 0)],
  ])('makes an entry again that was %s, and counts it', async (_, damage) => {
    const dir = await ownCache();
    const { key } = await buildModule(SAMPLE, fake(), FINE);
    const files = await contentFiles(dir);
    expect(files).toHaveLength(3);
    for (const file of files) {
      await chmod(file, 0o644);
      await damage(file);
    }
    const warnings: string[] = [];
    const rebuilt = await buildModule(SAMPLE, fake(), FINE, { diagnostics: (text) => warnings.push(text) });
    expect(rebuilt).toMatchObject({ compiled: 2, repaired: 3, key });
    expect(warnings.join('')).not.toContain('cache');
    expect(await buildModule(SAMPLE, fake(), FINE)).toMatchObject({ compiled: 0, repaired: 0, key });
  });

  test.each<[string, (key: string, bytes: Uint8Array) => Promise<{ bytes: Uint8Array; metadata: object }>]>([
    ['rubbish', async () => ({ bytes: Buffer.from('rubbish'), metadata: { diagnostics: '' } })],
    [
      'what another one has',
      async (_, bytes) => ({ bytes, metadata: { diagnostics: '', seal: 'f'.repeat(64) } }),
    ],
    [
      'no module of WebAssembly',
      async (key) => {
        const bytes = new Uint8Array([...moduleThatSays('good'), 10]);
        await new Cache(null).put(key, { bytes, diagnostics: '' });
        const info = await cacache.get.info(join(cacheRoot(), '_cacache'), key);
        return { bytes, metadata: info!.metadata as object };
      },
    ],
  ])('makes an entry again that holds %s under a right digest, once, and says so', async (_, damaged) => {
    const dir = join(await ownCache(), '_cacache');
    const { key } = await buildModule(SAMPLE, fake(), FINE);
    for (const entry of Object.values(await cacache.ls(dir))) {
      const content = await cacache.get.byDigest(dir, entry.integrity);
      const { bytes, metadata } = await damaged(entry.key, content);
      await cacache.put(dir, entry.key, Buffer.from(bytes), { metadata });
    }
    const warnings: string[] = [];
    const diagnostics = (text: string) => void warnings.push(text);
    expect(await buildModule(SAMPLE, fake(), FINE, { diagnostics })).toMatchObject({
      compiled: 2,
      repaired: 3,
      key,
    });
    expect(warnings.filter((text) => text.includes('is not what it should be'))).toHaveLength(3);
    warnings.length = 0;
    expect(await buildModule(SAMPLE, fake(), FINE, { diagnostics })).toMatchObject({
      compiled: 0,
      repaired: 0,
      key,
    });
    expect(warnings.join('')).not.toContain('cache');
  });

  test('has a bound: what was used least recently goes first', async () => {
    const dir = join(await ownCache(), '_cacache');
    const entry = (text: string) => ({ bytes: moduleThatSays(text.padEnd(100)), diagnostics: '' });
    const keys = Array.from({ length: 20 }, (_, i) => keyOf('object', i));
    const roomy = new Cache(null);
    for (const [i, key] of keys.entries()) {
      await roomy.put(key, entry(String(i)));
      const { path } = (await cacache.get.info(dir, key))!;
      await utimes(path, i + 1, i + 1);
    }
    // Used just now, though it is the oldest.
    expect(await roomy.get(keys[0]!)).toMatchObject(entry('0'));
    const bound = 10 * entry('').bytes.length;
    await new Cache(null, bound).put(keyOf('object', 'last'), entry('last'));
    const { bytes, entries } = await cacheInfo();
    expect(bytes).toBeLessThanOrEqual(bound);
    expect(bytes).toBeGreaterThan(bound / 2);
    expect(entries).toBe(bytes / entry('').bytes.length);
    const cache = new Cache(null);
    for (const key of [keys[0]!, ...keys.slice(-6)]) expect(await cache.get(key), key).toBeDefined();
    for (const key of keys.slice(1, 10)) expect(await cache.get(key), key).toBeUndefined();
    await cache.put(keys[5]!, entry('5'));
    expect(await cache.get(keys[5]!)).toMatchObject(entry('5'));
  });

  test('that cannot be written is no obstacle, and is mentioned once', async () => {
    const dir = await ownCache();
    await writeFile(join(dir, 'file'), 'not a directory');
    vi.stubEnv('LOSTBIT_CACHE', join(dir, 'file', 'below'));
    const warnings: string[] = [];
    for (let i = 0; i < 2; i++) {
      const { compiled } = await buildModule(SAMPLE, fake(), FINE, {
        diagnostics: (text) => warnings.push(text),
      });
      expect(compiled).toBe(2);
    }
    expect(warnings.filter((text) => text.includes('building without a cache'))).toHaveLength(1);
  });

  test('says how much it holds, and clears nothing but itself', async () => {
    const dir = await ownCache();
    await writeFile(join(dir, 'mine.txt'), 'keep');
    await mkdir(join(dir, 'tmp'));
    expect(await cacheInfo()).toMatchObject({ bytes: 0, entries: 0 });
    await buildModule(SAMPLE, fake(), FINE);
    const held = await cacheInfo();
    expect(held.entries).toBe(3);
    expect(held.bytes).toBeGreaterThan(0);
    expect(await clearCache()).toEqual({ dir: held.dir, bytes: held.bytes });
    expect(await cacheInfo()).toMatchObject({ bytes: 0, entries: 0 });
    expect((await readdir(dir)).sort()).toEqual(['mine.txt', 'tmp']);
    expect(await buildModule(SAMPLE, fake(), FINE)).toMatchObject({ compiled: 2 });
  });

  test('lies in the user’s own cache directory by default', () => {
    vi.stubEnv('LOSTBIT_CACHE', '');
    vi.stubEnv('XDG_CACHE_HOME', '/home/somebody/.cache');
    expect(cacheRoot()).toMatch(/\blostbit$/i);
    vi.stubEnv('LOSTBIT_CACHE', '/elsewhere');
    expect(cacheRoot()).toBe('/elsewhere');
    vi.unstubAllEnvs();
  });
});

describe('the cache, shared by processes', () => {
  const program = (name: string, ...args: string[]) =>
    spawn(process.execPath, [fileURLToPath(new URL(`programs/${name}`, import.meta.url)), ...args], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });

  test('serves two that build at once', async () => {
    const dir = await ownCache();
    const file = join(dir, 'tree.json');
    await writeFile(file, JSON.stringify(Object.fromEntries(SAMPLE)));
    const name = await quickest;
    const outputs = await Promise.all([1, 2].map(() => outputOf(program('build.mjs', file, name))));
    const [one, two] = outputs.map(
      (text) => JSON.parse(text) as { key: string; cached: number; compiled: number },
    );
    expect(one?.key).toBe(two?.key);
    const third = JSON.parse(await outputOf(program('build.mjs', file, name)));
    expect(third).toEqual({ key: one?.key, cached: 2, compiled: 0 });
  });

  test('survives a writer that is killed', async () => {
    await ownCache();
    for (let round = 0; round < 3; round++) {
      const writer = program('put.mjs');
      await once(writer.stdout, 'data');
      await new Promise((resolve) => setTimeout(resolve, 20 + 30 * round));
      writer.kill('SIGKILL');
      await once(writer, 'exit');
      const cache = new Cache(() => {});
      let found = 0;
      for (let i = 0; i < 50; i++) {
        const entry = await cache.get(`lowered:${i}`);
        if (!entry) continue;
        found++;
        const written = Number(entry.diagnostics);
        expect(entry.bytes.length).toBe(1 << 20);
        expect(entry.bytes.every((byte) => byte === written % 256)).toBe(true);
      }
      expect(found).toBeGreaterThan(0);
      await cache.put('lowered:after', { bytes: new Uint8Array([1]), diagnostics: '' });
      expect(await cache.get('lowered:after')).toMatchObject({ bytes: new Uint8Array([1]) });
    }
  });
});

async function outputOf(child: ReturnType<typeof spawn>): Promise<string> {
  let text = '';
  child.stdout?.on('data', (chunk: Buffer) => {
    text += chunk;
  });
  const [status] = await once(child, 'close');
  expect(status).toBe(0);
  return text;
}
