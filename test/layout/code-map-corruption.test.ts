// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { LostbitError } from '../../src/errors.js';
import { CodeMap } from '../../src/layout/code-map.js';
import { codeSection } from '../../src/wasm/function-bodies.js';
import { type Section, SectionId, sectionsOf } from '../../src/wasm/sections.js';
import { damaged } from '../support/seed.js';
import { compileWasm } from './compile.js';

const calls = readFileSync(new URL('fixtures/calls.c', import.meta.url), 'utf8');

/** Milliseconds; a sound module takes one. Not a measurement: it catches what never ends. */
const PATIENCE = 10_000;

/** What is read of a module; nothing else of it can matter. */
const isRead = ({ id, name }: Section) =>
  id === SectionId.import || id === SectionId.code || name === 'name' || name.startsWith('.debug_');

describe.each(['-gdwarf-4', '-gdwarf-5'])('a map of a corrupt module, %s', (dwarf) => {
  let sound: Uint8Array;
  let read: Section[];
  let offsets: number[];

  beforeAll(async () => {
    sound = await compileWasm({ 'calls.c': calls }, ['-O2', dwarf]);
    read = sectionsOf(sound).filter(isRead);
    const { start, bodies } = codeSection(sound);
    offsets = Array.from({ length: bodies.at(-1)!.end - start }, (_, i) => start + i);
  });

  /** Asks all that can be asked; each question may be refused, but only as a LostbitError. */
  function interrogate(module: Uint8Array): boolean {
    const started = performance.now();
    try {
      const map = CodeMap.fromWasm(module);
      for (const offset of offsets) map.frames(offset);
      for (const offset of offsets) {
        const index = map.functionAt(offset)?.index ?? 0;
        map.fileOf(index);
        map.unitOf(index);
      }
      return true;
    } catch (error) {
      if (!(error instanceof LostbitError)) throw error;
      return false;
    } finally {
      expect(performance.now() - started).toBeLessThan(PATIENCE);
    }
  }

  it('is made when nothing has changed', () => {
    expect(interrogate(sound)).toBe(true);
  });

  it('is refused or made, when bytes have changed', () => {
    const edit = fc.tuple(fc.nat(), fc.nat(), fc.nat(255));
    let refused = 0;
    fc.assert(
      fc.property(fc.array(edit, { minLength: 1, maxLength: 6 }), (edits) => {
        const bytes = sound.slice();
        for (const [which, where, value] of edits) {
          const { start, end } = read[which % read.length]!;
          bytes[start + (where % (end - start))] = value;
        }
        if (!interrogate(bytes)) refused++;
      }),
      { numRuns: damaged(500) },
    );
    expect(refused).toBeGreaterThan(0);
  });

  it('is refused or made, when single bits have flipped', () => {
    fc.assert(
      fc.property(fc.nat(), fc.nat(), fc.nat(7), (which, where, bit) => {
        const bytes = sound.slice();
        const { start, end } = read[which % read.length]!;
        bytes[start + (where % (end - start))]! ^= 1 << bit;
        interrogate(bytes);
      }),
      { numRuns: damaged(500) },
    );
  });

  it('is refused or made, when it is cut short', () => {
    for (let length = 0; length < sound.length; length += 1 + (length >> 5))
      interrogate(sound.subarray(0, length));
  });
});
