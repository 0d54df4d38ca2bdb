// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createTwoFilesPatch, parsePatch, type StructuredPatch } from 'diff';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { placeHunks } from '../../src/source/place.js';
import { onPath } from '../../src/toolchain/execute.js';
import { directoryOf } from './fixture.js';

const letters = [...'abcdefghijklmnopqrst'];
const textOf = (lines: readonly string[]) => lines.map((line) => `${line}\n`).join('');

const hunksOf = (...lines: string[]): StructuredPatch =>
  parsePatch(['--- a/x', '+++ b/x', ...lines, ''].join('\n'))[0]!;

const inside = ['@@ -8,7 +8,7 @@', ' h', ' i', ' j', '-k', '+K', ' l', ' m', ' n'];
const where = (file: readonly string[], ...lines: string[]) => {
  const { text: after, ...rest } = placeHunks(textOf(file), hunksOf(...lines));
  return { after: after?.trimEnd().split('\n').join('') ?? null, ...rest };
};

describe('a hunk', () => {
  test('is where it says', () => {
    expect(where(letters, ...inside)).toEqual({
      after: 'abcdefghijKlmnopqrst',
      placed: [{ hunk: 1, offset: 0, fuzz: 0, others: [] }],
    });
  });

  test('has moved, and those behind it with it', () => {
    const moved = ['x', 'y', ...letters];
    const { after, placed } = placedOf(where(moved, ...inside, '@@ -16,3 +16,3 @@', ' p', '-q', '+Q', ' r'));
    expect(after).toBe('xyabcdefghijKlmnopQrst');
    expect(placed).toEqual([
      { hunk: 1, offset: 2, fuzz: 0, others: [] },
      { hunk: 2, offset: 2, fuzz: 0, others: [] },
    ]);
  });

  test.each([
    ['one line in front', { h: 'X' }, 1],
    ['one line behind', { n: 'X' }, 1],
    ['two lines in front', { i: 'X' }, 2],
    ['two lines at either end', { h: 'X', i: 'Y', m: 'X', n: 'Y' }, 2],
  ])('fits where context differs in %s', (_, changed, fuzz) => {
    const file = letters.map((line) => (changed as Record<string, string>)[line] ?? line);
    const { after, placed } = placedOf(where(file, ...inside));
    expect(after).toBe(file.join('').replace('k', 'K'));
    expect(placed).toEqual([{ hunk: 1, offset: 0, fuzz, others: [] }]);
  });

  test.each([
    ['the line that is taken away', { k: 'X' }],
    ['the line right before it', { j: 'X' }],
    ['the line right behind it', { l: 'X' }],
  ])('does not where %s differs', (_, changed) => {
    const file = letters.map((line) => (changed as Record<string, string>)[line] ?? line);
    expect(where(file, ...inside)).toEqual({ after: null, failed: 0, equal: [] });
  });

  test('never fits anywhere, with nothing left of it', () => {
    expect(where(letters, '@@ -8,2 +8,3 @@', ' X', '+K', ' Y')).toMatchObject({ after: null });
  });

  test('is refused at one of two places that are as near, and says where it would fit where one is nearer', () => {
    const twice = [...'..k.....k.......k...'];
    expect(where(twice, '@@ -6,1 +6,1 @@', '-k', '+K')).toEqual({
      after: null,
      failed: 0,
      equal: [3, 9, 17],
    });
    expect(where(twice, '@@ -7,1 +7,1 @@', '-k', '+K')).toEqual({
      after: '..k.....K.......k...',
      placed: [{ hunk: 1, offset: 2, fuzz: 0, others: [3, 17] }],
    });
  });

  test('with lines that differ is refused where it fits in several places, unless one is where it says', () => {
    const half = (lead: string) => [lead, 'i', 'j', 'k', 'l', 'm', 'n'];
    const file = [...'abcdefg', ...half('X'), ...'1234', ...half('Y')];
    expect(where(file, ...inside)).toMatchObject({ placed: [{ offset: 0, fuzz: 1, others: [20] }] });
    expect(where(['0', ...file], ...inside)).toEqual({ after: null, failed: 0, equal: [10, 21] });
  });

  test('with less context at one end is at that end of its file, where lines differ', () => {
    const first = ['@@ -1,4 +1,4 @@', '-a', '+A', ' b', ' c', ' X'];
    expect(placedOf(where(letters, ...first)).after).toBe('Abcdefghijklmnopqrst');
    expect(where(['0', ...letters], ...first)).toMatchObject({ after: null });
  });

  test('behind the end of a file without a last newline is none', () => {
    expect(placeHunks('a', hunksOf('@@ -1,0 +2 @@', '+b'))).toMatchObject({ text: null });
    const ended = hunksOf('@@ -1 +1,2 @@', '-a', '\\ No newline at end of file', '+a', '+b');
    expect(placeHunks('a', ended)).toMatchObject({ text: 'a\nb\n' });
    expect(placeHunks('a\n', ended)).toMatchObject({ text: null });
  });
});

function placedOf(found: ReturnType<typeof where>) {
  if (!('placed' in found)) throw new Error('it was not placed');
  return found;
}

/** A text, what a patch makes of it, and what has become of it meanwhile. */
const drifted = (unique: boolean) => {
  const line = unique ? fc.nat(10_000).map(String) : fc.constantFrom('{', '}', 'a', 'b', '');
  const edit = fc.record({ at: fc.nat(40), remove: fc.nat(2), add: fc.array(line, { maxLength: 2 }) });
  const edits = (most: number) => fc.array(edit, { minLength: 1, maxLength: most });
  return fc
    .tuple(fc.array(line, { minLength: 12, maxLength: 40 }), edits(2), edits(3))
    .map(([old, change, drift]) => {
      const after = (lines: readonly string[], all: typeof change) => {
        const now = [...lines];
        for (const { at, remove, add } of all) now.splice(at % now.length, remove, ...add);
        return textOf(now);
      };
      return { old: textOf(old), wanted: after(old, change), now: after(old, drift) };
    })
    .filter(({ old, wanted }) => old !== wanted);
};

const patchProgram = onPath('patch');

test.skipIf(patchProgram === undefined)('what is placed without doubt is where patch(1) has it', async () => {
  const cases = [...fc.sample(drifted(true), 120), ...fc.sample(drifted(false), 60)].map((one, i) => ({
    ...one,
    i,
    diff: createTwoFilesPatch('a/x', 'b/x', one.old, one.wanted, '', '', { context: 3 }),
  }));
  const dir = await directoryOf({});
  for (const { i, now, diff } of cases) {
    writeFileSync(join(dir, `${i}.txt`), now);
    writeFileSync(join(dir, `${i}.diff`), diff);
  }
  const script =
    'for n in "$@"; do patch -s -f -r - -o $n.out $n.txt $n.diff >$n.log 2>&1; echo $? >$n.rc; done';
  execFileSync('sh', ['-c', script, 'sh', ...cases.map(({ i }) => String(i))], { cwd: dir, stdio: 'ignore' });
  const read = (i: number, what: string) => readFileSync(join(dir, `${i}.${what}`), 'utf8');
  const counts = { same: 0, fuzzy: 0, refused: 0 };
  for (const { i, now, diff } of cases) {
    const ours = placeHunks(now, parsePatch(diff)[0]!);
    if (ours.text === null) {
      counts.refused++;
      continue;
    }
    // patch(1) takes a hunk with less context at one end to be at that end of its file even if it fits as it is.
    if (ours.placed.some(({ others }) => others.length > 0) || read(i, 'rc').trim() !== '0') continue;
    expect(read(i, 'out'), diff).toBe(ours.text);
    counts.same++;
    if (ours.placed.some(({ fuzz }) => fuzz > 0)) counts.fuzzy++;
  }
  expect(counts.same).toBeGreaterThan(30);
  expect(counts.fuzzy).toBeGreaterThan(0);
  expect(counts.refused).toBeGreaterThan(0);
});

test('what fits exactly, and nowhere else, is found wherever it has moved to', () => {
  fc.assert(
    fc.property(
      fc.uniqueArray(fc.nat(1000), { minLength: 8, maxLength: 30 }),
      fc.array(fc.constantFrom('x', 'y'), { maxLength: 12 }),
      fc.nat(),
      (lines, lead, at) => {
        const old = lines.map(String);
        const place = at % old.length;
        const wanted = old.with(place, 'new');
        const diff = parsePatch(
          createTwoFilesPatch('a', 'b', textOf(old), textOf(wanted), '', '', { context: 3 }),
        )[0]!;
        expect(placeHunks(textOf([...lead, ...old]), diff)).toEqual({
          text: textOf([...lead, ...wanted]),
          placed: [{ hunk: 1, offset: lead.length, fuzz: 0, others: [] }],
        });
      },
    ),
  );
});
