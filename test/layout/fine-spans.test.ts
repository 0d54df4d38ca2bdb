// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import type { AccessSpan } from '../../src/layout/access-spans.js';
import { accessSpans, gccSpans } from '../../src/layout/access-spans.js';
import { targetOf } from '../../src/layout/targets.js';
import { gccMachines } from '../../src/toolchain/bit-fields/gcc-rule.js';
import { closeToolchains, toolchain } from '../support/race.js';
import { reportSeed } from './compile.js';
import { randomStructs } from './random-struct.js';
import { allTogether, shown } from './spans.js';

afterAll(closeToolchains);

const machines = Object.keys(gccMachines) as (keyof typeof gccMachines)[];

/** What a write does. And a read, but of aarch64: there gcc's later passes narrow some of those. */
function shownAll(spans: ReadonlyMap<string, AccessSpan>, name: string): Record<string, string> {
  return Object.fromEntries(
    [...spans].map(([path, { read, write, span }]) => {
      const ranges = name === 'aarch64' ? [write, span] : [write, span, read];
      return [path, ranges.map(shown).join(' ')];
    }),
  );
}

describe.each(machines)('fine spans on %s', (name) => {
  const target = targetOf(name);

  it('are gcc’s, of structs of every kind and of random ones', async (test) => {
    await fc.assert(
      fc.asyncProperty(randomStructs(25, true), async (structs) => {
        const { struct, tree } = await allTogether(structs, target);
        const isBits = ({ bits }: { bits: number | null }) => bits !== null;
        const gcc = await gccSpans(tree, 'all.h', struct, target, undefined, isBits);
        test.skip(gcc === null, 'there is no gcc for it');
        const fine = await accessSpans(
          await toolchain(),
          tree,
          'all.h',
          struct,
          target,
          'fine',
          undefined,
          isBits,
        );
        const [own, theirs] = [fine, gcc!].map((spans) => shownAll(spans, name));
        const wrong = Object.keys(own!).filter((path) => own![path] !== theirs![path]);
        expect(wrong.map((path) => `${path}: ${own![path]} is ${theirs![path]} by gcc`)).toEqual([]);
      }),
      { numRuns: 1, endOnFailure: true, reporter: reportSeed },
    );
  });
});
