// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { LostbitError } from '../../src/errors.js';
import { ImportKind, importsOf } from '../../src/wasm/imports.js';
import { dataSegments, linkingOf, relocationsIn } from '../../src/wasm/linking.js';
import { SectionId, sectionsOf } from '../../src/wasm/sections.js';
import { compileObject } from '../layout/compile.js';
import { damage } from '../layout/damage.js';
import { damaged } from '../support/seed.js';

const unit = `
unsigned numbers[4] = { 1, 2, 3 };
unsigned *third = &numbers[2];
static unsigned hidden[8] __attribute__((aligned(64)));
extern unsigned elsewhere;
unsigned sum(unsigned i) { return *third + hidden[i]++ + elsewhere; }
`;

let object: Uint8Array;
beforeAll(async () => {
  object = await compileObject('unit.c', unit, ['-O1']);
});

const readAll = (module: Uint8Array) => ({
  linking: linkingOf(module),
  code: relocationsIn(module, SectionId.code),
  data: relocationsIn(module, SectionId.data),
  segments: dataSegments(module),
});

describe('what a linker reads of an object', () => {
  it('are its variables, where they lie, and what points to them', () => {
    const { linking, code, data, segments } = readAll(object);
    const place = (name: string) => linking?.symbols.find((symbol) => symbol.name === name)?.place;
    expect(linking?.segments.map(({ name, align }) => [name, align])).toEqual([
      ['.data.numbers', 16],
      ['.data.third', 4],
      ['.bss.hidden', 64],
    ]);
    expect(place('numbers')).toEqual({ segment: 0, offset: 0, size: 16 });
    expect(place('hidden')).toMatchObject({ segment: 2, size: 32 });
    expect(place('elsewhere')).toBeNull();
    const pointed = (found: typeof code) => found.map(({ symbol }) => linking?.symbols[symbol]?.name);
    expect(pointed(data)).toEqual(['numbers']);
    expect(new Set(pointed(code))).toEqual(new Set(['third', 'hidden', 'elsewhere']));
    expect(segments.map(({ start, end }) => end - start)).toEqual([16, 4, 32]);
  });

  it('are its functions, those that it wants, and what may be missing', async () => {
    const calls = await compileObject(
      'calls.c',
      `
int far(int); __attribute__((weak)) int maybe(void);
static __attribute__((noinline)) int near(int i) { return far(i); }
int sum(int i) { return near(i) + (maybe ? maybe() : 0); }
`,
      ['-O1'],
    );
    const functions = (linkingOf(calls)?.symbols ?? []).filter(({ kind }) => kind === 'function');
    const imported = importsOf(calls).filter(({ kind }) => kind === ImportKind.function);
    const told = functions.map(({ name, isDefined, isWeak, isLocal, index }) => [
      isDefined ? name : imported[index]?.name,
      { isDefined, isWeak, isLocal },
    ]);
    expect(new Map(told as [string, unknown][])).toEqual(
      new Map([
        ['sum', { isDefined: true, isWeak: false, isLocal: false }],
        ['near', { isDefined: true, isWeak: false, isLocal: true }],
        ['far', { isDefined: false, isWeak: false, isLocal: false }],
        ['maybe', { isDefined: false, isWeak: true, isLocal: false }],
      ]),
    );
  });

  it('is refused or read where bytes have changed, and lies inside', () => {
    const read = sectionsOf(object).filter(
      ({ id, name }) => id === SectionId.data || name === 'linking' || name.startsWith('reloc.'),
    );
    let refused = 0;
    fc.assert(
      fc.property(damage, fc.nat(), (change, which) => {
        const { content, end } = read[which % read.length]!;
        const part = change(object.slice(content, end));
        const module = Uint8Array.from([
          ...object.slice(0, content),
          ...part,
          ...object.slice(content + part.length),
        ]);
        try {
          const { linking, code, data, segments } = readAll(module);
          for (const { offset } of [...code, ...data]) expect(offset).toBeLessThan(module.length);
          for (const segment of segments) expect(segment.end).toBeLessThanOrEqual(module.length);
          for (const { start, end, align } of linking?.segments ?? []) {
            expect(end).toBeGreaterThanOrEqual(start);
            expect(align).toBeGreaterThanOrEqual(1);
          }
        } catch (error) {
          if (!(error instanceof LostbitError)) throw error;
          expect(error.code).toBe('E_BAD_MODULE');
          refused++;
        }
      }),
      { numRuns: damaged(1000) },
    );
    expect(refused).toBeGreaterThan(50);
  });
});
