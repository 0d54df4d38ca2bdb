// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { type ComparedLayout, compareLayouts, type SharedBy } from '../../src/layout/compare.js';
import { fieldsOf, holesOf } from '../../src/layout/fields.js';
import { recordLayout, recordLayouts } from '../../src/layout/record-layouts.js';
import { type TargetName, targetOf } from '../../src/layout/targets.js';
import type { ByteRange } from '../../src/layout/types.js';
import { closeToolchains, programAt, toolchain } from '../support/race.js';
import { reportSeed } from './compile.js';
import { PRELUDE, randomStructs } from './random-struct.js';
import { tags, torture } from './torture.js';

afterAll(closeToolchains);

const TYPES =
  'typedef unsigned char u8; typedef unsigned short u16; typedef unsigned u32; typedef unsigned long long u64;';

async function layoutsOf(text: string, target: TargetName = 'x86_64') {
  const source = await recordLayouts(
    await toolchain(),
    new Map([['s.c', `${TYPES}\n${text}\n`]]),
    's.c',
    targetOf(target),
  );
  const { littleEndian } = targetOf(target);
  return (tag: string): ComparedLayout => ({ struct: source.struct(tag), littleEndian });
}

/** The comparison of two lists of members. */
async function compared(before: string, after: string) {
  const layout = await layoutsOf(`struct a { ${before} }; struct b { ${after} };`);
  return compareLayouts(layout('a'), layout('b'));
}

const stage = async (name: string, struct: string): Promise<ComparedLayout> => ({
  struct: await recordLayout(await toolchain(), (await programAt(name)).tree, struct, targetOf('x86_64')),
  littleEndian: true,
});

describe('the driver’s third patch', () => {
  const both = async () =>
    compareLayouts(await stage('base', 'vfio_pci_core_device'), await stage('p3', 'vfio_pci_core_device'));

  it('fills the two bytes behind bar_mmap_supported exactly, and makes the struct eight bytes larger', async () => {
    const { size, holes } = await both();
    expect(size).toEqual({ before: 1464, after: 1472 });
    expect(holes[0]).toEqual({
      change: 'filled',
      bits: { before: 16, after: 0 },
      before: [{ start: 1118 * 8, bits: 16, behind: 'bar_mmap_supported', ahead: 'pci_config_map' }],
      after: [],
      by: ['virq_disabled', 'bardirty'],
      left: [],
    });
    // Where the bytes come from: one is not enough for the flags that shared a byte.
    expect(holes.at(-1)).toMatchObject({ change: 'grown', bits: { before: 8, after: 56 }, by: [] });
    expect(holes.at(-1)?.after[0]).toMatchObject({ behind: 'sriov_active', ahead: 'pci_saved_state' });
  });

  it('takes the flags that change at run time out of one memory location', async () => {
    const { split, merged } = await both();
    expect(split.find(({ by }) => by === 'location')).toEqual({
      by: 'location',
      range: { offset: 1252, size: 2 },
      fields: expect.arrayContaining(['virq_disabled', 'has_dyn_msix', 'pm_runtime_engaged']),
      parts: [
        ['virq_disabled'],
        ['bardirty'],
        ['has_dyn_msix', 'pci_2_3', 'reset_works', 'extended_caps', 'has_vga', 'nointx', 'needs_pm_restore'],
        ['needs_reset'],
        ['pm_intx_masked'],
        ['pm_runtime_engaged'],
      ],
    });
    expect(merged.filter(({ by }) => by === 'location')).toEqual([]);
  });

  it('says of each field once what became of it', async () => {
    const { fields, shifts, crossed } = await both();
    const texts = fields.map(({ path, change, shift, reordered }) => [path, change, shift, reordered]);
    expect(texts).toEqual([
      ['virq_disabled', 'widened', (1118 - 1252) * 8 - 2, true],
      ['bardirty', 'widened', (1119 - 1252) * 8 - 5, true],
      ['disable_idle_d3', 'added', null, false],
      ['needs_reset', 'widened', 1, true],
      ['pm_intx_masked', 'widened', 6, false],
      ['pm_runtime_engaged', 'widened', 13, false],
    ]);
    expect(fields[0]?.after).toMatchObject({ declaration: 'bool virq_disabled', offset: 1118, bit: null });
    expect(shifts.at(-1)).toMatchObject({ bits: 64, fields: { length: 14 } });
    expect(shifts.at(-1)?.fields[0]).toBe('pci_saved_state');
    expect(crossed).toContainEqual({ path: 'virq_disabled', before: [19, 19], after: [17, 17] });
  });

  it('leaves the wider access of code split too, where that is known', async () => {
    const wide = { offset: 1252, size: 2 };
    const before = new Map([
      ['virq_disabled', wide],
      ['pm_intx_masked', wide],
      ['bardirty', wide],
    ]);
    const after = new Map([
      ['virq_disabled', { offset: 1118, size: 1 }],
      ['pm_intx_masked', { offset: 1254, size: 1 }],
    ]);
    const { split } = compareLayouts(
      { ...(await stage('base', 'vfio_pci_core_device')), spans: before },
      { ...(await stage('p3', 'vfio_pci_core_device')), spans: after },
    );
    expect(split.filter(({ by }) => by === 'span')).toEqual([
      {
        by: 'span',
        range: wide,
        fields: ['virq_disabled', 'pm_intx_masked'],
        parts: [['virq_disabled'], ['pm_intx_masked']],
      },
    ]);
  });
});

describe('a field', () => {
  it('is added, removed, widened, narrowed, retyped or moved', async () => {
    const { fields } = await compared(
      'u32 gone; u32 wide; u16 narrow; u32 other; u8 flag:1; u8 late; u32 same[2];',
      'u64 wide; u8 narrow; int other; u8 late; u8 flag; u8 fresh; u32 same[2];',
    );
    expect(fields.map(({ path, change }) => [path, change])).toEqual([
      ['wide', 'widened'],
      ['narrow', 'narrowed'],
      ['other', 'retyped'],
      ['flag', 'widened'],
      ['fresh', 'added'],
      ['gone', 'removed'],
    ]);
    expect(fields[3]).toMatchObject({
      before: { declaration: 'u8 flag:1', bits: 1 },
      after: { declaration: 'u8 flag', bits: null },
    });
  });

  it('that was pushed only is reported with its neighbours, and by bits where it is one', async () => {
    const { fields, shifts } = await compared(
      'u8 x; u8 a:1; u8 b:1; u32 c; u32 d; u8 e;',
      'u8 x; u8 a:1; u8 new:2; u8 b:1; u64 more; u32 c; u32 d; u8 e;',
    );
    expect(fields.map(({ path }) => path)).toEqual(['new', 'more']);
    expect(shifts).toEqual([
      { fields: ['b'], bits: 2 },
      { fields: ['c', 'd', 'e'], bits: 12 * 8 },
    ]);
  });

  it('that jumped over others is moved, and they are not', async () => {
    const { fields } = await compared('u32 a; u32 b; u32 c; u32 d;', 'u32 b; u32 c; u32 a; u32 d;');
    expect(fields).toMatchObject([{ path: 'a', change: 'moved', reordered: true, shift: 64 }]);
  });

  it('is retyped if a type without a tag is another inside', async () => {
    const { fields } = await compared(
      'struct { u8 a; u8 b; } list[2]; u8 z;',
      'struct { u8 a; u8 c; } list[2]; u8 z;',
    );
    expect(fields).toMatchObject([{ path: 'list', change: 'retyped' }]);
  });

  it('crosses a cache line where it begins or ends in another', async () => {
    const { crossed, lines } = await compared('u8 a[60]; u32 b; u8 c;', 'u8 a[62]; u8 c; u64 b; ');
    expect(lines).toEqual({ before: 2, after: 2 });
    expect(crossed).toEqual([
      { path: 'c', before: [1, 1], after: [0, 0] },
      { path: 'b', before: [0, 0], after: [1, 1] },
    ]);
  });
});

describe('a hole', () => {
  const changesIn = async (before: string, after: string) =>
    (await compared(before, after)).holes.map(({ change, bits, by, left }) => {
      return { change, bits: [bits.before, bits.after], by, left };
    });

  it('opens, grows and shrinks', async () => {
    expect(await changesIn('u32 a; u32 b; u8 c;', 'u32 a; u64 b; u8 c;')).toEqual([
      { change: 'opened', bits: [0, 32], by: [], left: [] },
      { change: 'grown', bits: [24, 56], by: [], left: [] },
    ]);
    expect(await changesIn('u8 a; u64 b;', 'u8 a; u16 n; u64 b;')).toEqual([
      { change: 'shrunk', bits: [56, 40], by: ['n'], left: [] },
    ]);
  });

  it('opens where a field went, which fills another', async () => {
    expect(await changesIn('u8 a; u32 b; u8 c; u32 d;', 'u8 a; u8 c; u32 b; u32 d;')).toEqual([
      { change: 'shrunk', bits: [24, 16], by: ['c'], left: [] },
      { change: 'closed', bits: [24, 0], by: [], left: ['c'] },
    ]);
  });

  it('closes without a field where what lay behind it is aligned to less', async () => {
    expect(await changesIn('u32 a; u64 b; u64 c;', 'u32 a; u32 b; u64 c;')).toEqual([
      { change: 'closed', bits: [32, 0], by: [], left: [] },
    ]);
  });

  it('of bits is one too', async () => {
    expect(await changesIn('u8 a:3; u8 b;', 'u8 a:3; u8 n:5; u8 b;')).toEqual([
      { change: 'filled', bits: [5, 0], by: ['n'], left: [] },
    ]);
  });
});

/** Pairs that share bytes, found one by one. */
function pairs({ struct, littleEndian }: ComparedLayout, by: Exclude<SharedBy, 'span'>): Set<string> {
  const ranges = fieldsOf(struct, littleEndian)
    .filter(({ start, end }) => end > start)
    .map((field): { path: string; range: ByteRange } => {
      const offset = Math.floor(field.start / 8);
      const range = field[by] ?? { offset, size: Math.ceil(field.end / 8) - offset };
      return { path: field.path, range };
    });
  const found = new Set<string>();
  for (const a of ranges)
    for (const b of ranges)
      if (
        a.path < b.path &&
        a.range.offset < b.range.offset + b.range.size &&
        b.range.offset < a.range.offset + a.range.size
      )
        found.add(`${a.path} ${b.path}`);
  return found;
}

/** What must be true of any two layouts. @returns how many pairs of fields were parted. */
function expectSound(a: ComparedLayout, b: ComparedLayout): number {
  const context = `${a.struct.name} and ${b.struct.name}`;
  const there = compareLayouts(a, b);
  const back = compareLayouts(b, a);
  expect(there.split, context).toEqual(back.merged);

  // Every field is reported once, or lies where it lay.
  const starts = new Map(fieldsOf(a.struct, a.littleEndian).map(({ path, start }) => [path, start]));
  const pushed = new Map(there.shifts.flatMap(({ fields, bits }) => fields.map((path) => [path, bits])));
  const changed = new Map(there.fields.map(({ path, shift }) => [path, shift]));
  for (const { path, start } of fieldsOf(b.struct, b.littleEndian)) {
    const shift = starts.has(path) ? start - starts.get(path)! : null;
    expect(pushed.has(path) && changed.has(path), `${context}: ${path}`).toBe(false);
    expect(shift, `${context}: ${path}`).toBe(pushed.get(path) ?? changed.get(path) ?? (shift && 0));
  }
  const removed = there.fields.filter(({ change }) => change === 'removed').length;
  const added = there.fields.filter(({ change }) => change === 'added').length;
  expect(fieldsOf(b.struct).length - fieldsOf(a.struct).length).toBe(added - removed);

  // What became of the holes is all the difference between them.
  const unused = ({ struct, littleEndian }: ComparedLayout) =>
    holesOf(struct, littleEndian).reduce((sum, { size, bits }) => sum + (bits ?? size * 8), 0);
  const grown = there.holes.reduce((sum, { bits }) => sum + bits.after - bits.before, 0);
  expect(grown, context).toBe(unused(b) - unused(a));

  let count = 0;
  for (const by of ['unit', 'location'] as const) {
    const parted = new Set<string>();
    for (const { parts } of there.split.filter((split) => split.by === by)) {
      const all = [...new Set(parts.flat())];
      const together = (x: string, y: string) => parts.some((part) => part.includes(x) && part.includes(y));
      for (const x of all) for (const y of all) if (x < y && !together(x, y)) parted.add(`${x} ${y}`);
    }
    const now = pairs(b, by);
    const inBoth = (pair: string) => pair.split(' ').every((path) => isField(b, path));
    const expected = [...pairs(a, by)].filter((pair) => inBoth(pair) && !now.has(pair));
    expect(parted, `${context} ${by}`).toEqual(new Set(expected));
    count += parted.size;
  }

  const same = compareLayouts(a, a);
  expect([same.fields, same.shifts, same.split, same.merged, same.holes, same.crossed].flat()).toEqual([]);
  return count;
}

const isField = ({ struct, littleEndian }: ComparedLayout, path: string) =>
  fieldsOf(struct, littleEndian).some((field) => field.path === path && field.end > field.start);

describe('the comparison agrees with the layouts', () => {
  it('of structs of every kind on one machine and on another', async () => {
    const [wide, narrow] = [await layoutsOf(torture), await layoutsOf(torture, 'i386')];
    for (const tag of tags.filter((one) => one !== 'wide_scalars')) expectSound(wide(tag), narrow(tag));
  });

  it('of random structs whose fields have the same names', async () => {
    let parted = 0;
    await fc.assert(
      fc.asyncProperty(randomStructs(60, true), async (random) => {
        const text = random.map(({ definition }) => definition).join('\n');
        const layout = await layoutsOf(`${PRELUDE}\n${text}`);
        for (const [i, { tag }] of random.slice(1).entries())
          parted += expectSound(layout(random[i]!.tag), layout(tag));
      }),
      { numRuns: 3, endOnFailure: true, reporter: reportSeed },
    );
    expect(parted).toBeGreaterThan(10);
  });
});
