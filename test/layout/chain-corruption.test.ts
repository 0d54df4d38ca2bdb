// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { customSections } from '../../src/wasm/sections.js';
import { damaged } from '../support/seed.js';
import { sampleKernel, sampleModule } from './btf-samples.js';
import { askAll } from './chain.js';
import { compileOutside, compileWasm, onPath } from './compile.js';
import { damage } from './damage.js';
import { buildElf } from './elf-builder.js';

const driver = readFileSync(new URL('fixtures/driver.c', import.meta.url), 'utf8');

/** Milliseconds; a file takes a few. Not a measurement: it catches what never ends. */
const PATIENCE = 20_000;

const compiled = (...steps: (readonly string[])[]) => compileOutside(driver, steps);
const gcc = (...flags: string[]) => ['gcc', '-x', 'c', '-w', '-c', ...flags, '{in}', '-o', '{out}'];
const wasm = (flag: string) => compileWasm({ 'driver.c': driver }, ['-O2', flag]);
const inElf = async () =>
  buildElf(
    [...customSections(await wasm('-gdwarf-5'))].map(([name, bytes]) => ({ name, bytes })),
    {
      is64: false,
      machine: 3,
      type: 2,
    },
  );
const module = () => buildElf([{ name: '.BTF', bytes: sampleModule(sampleKernel()).bytes() }]);

const hasGcc = onPath('gcc');
const hasPahole = hasGcc && onPath('pahole') && onPath('objcopy');

/** What a file is made of, how many of it are damaged, and whether it can be made here. */
const files: readonly [string, number, boolean, () => Uint8Array | Promise<Uint8Array>][] = [
  ['a WebAssembly module, DWARF 4', 375, true, () => wasm('-gdwarf-4')],
  ['a WebAssembly module, DWARF 5', 375, true, () => wasm('-gdwarf-5')],
  ['a linked ELF file', 250, true, inElf],
  ['a kernel module with BTF', 500, true, module],
  ['bare BTF', 375, true, () => sampleKernel().btf.bytes()],
  ['an object of gcc, DWARF 5', 250, hasGcc, () => compiled(gcc('-gdwarf-5'))],
  ['an object of gcc, packed, DWARF 4', 125, hasGcc, () => compiled(gcc('-gdwarf-4', '-gz=zlib'))],
  ['an object of gcc, type units', 100, hasGcc, () => compiled(gcc('-gdwarf-5', '-fdebug-types-section'))],
  ['an object of gcc, 64-bit DWARF 3', 100, hasGcc, () => compiled(gcc('-gdwarf-3', '-gdwarf64'))],
  [
    'an object with BTF of pahole',
    250,
    hasPahole,
    () =>
      compiled(
        ['gcc', '-x', 'c', '-w', '-g', '-fPIC', '-nostdlib', '-shared', '{in}', '-o', '{out}'],
        ['sh', '-c', 'cp {in} {out} && pahole -J {out} && objcopy -g {out}'],
      ),
  ],
];

describe('a damaged file, from its bytes to all that is printed of it, is refused or reported', () => {
  it.each(files.filter(([, , here]) => here))('%s', async (_, numRuns, __, make) => {
    const file = new Uint8Array(await make());
    expect(await askAll(file)).toBeGreaterThan(0);
    await fc.assert(
      fc.asyncProperty(damage, async (change) => {
        const started = performance.now();
        await askAll(change(file.slice()));
        expect(performance.now() - started).toBeLessThan(PATIENCE);
      }),
      { numRuns: damaged(numRuns) },
    );
  });
});
