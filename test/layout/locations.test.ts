// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { afterAll, describe, expect, it } from 'vitest';
import { fieldsOf, holesOf } from '../../src/layout/fields.js';
import { locationsOf } from '../../src/layout/locations.js';
import { recordLayouts } from '../../src/layout/record-layouts.js';
import { type TargetName, targetOf } from '../../src/layout/targets.js';
import type { Member, StructType } from '../../src/layout/types.js';
import { closeToolchains, toolchain } from '../support/race.js';

afterAll(closeToolchains);

const structOf = async (members: string, target: TargetName = 'x86_64', kind = 'struct') => {
  const text = `typedef unsigned char u8; typedef unsigned short u16; typedef unsigned u32;\n${kind} s { ${members} };\n`;
  return (await recordLayouts(await toolchain(), new Map([['s.c', text]]), 's.c', targetOf(target))).struct(
    's',
  );
};

/** Fields of one location together, in order. */
function together(struct: StructType, littleEndian = true): string[] {
  const locations = locationsOf(struct, littleEndian);
  const groups = new Map<unknown, { names: string[]; range: string }>();
  for (const member of struct.members) {
    const location = locations.get(member) ?? null;
    const range = location === null ? 'several' : `${location.offset}+${location.size}`;
    const group = groups.get(location ?? member) ?? { names: [], range };
    group.names.push(member.name ?? '');
    groups.set(location ?? member, group);
  }
  return [...groups.values()].map(({ names, range }) => `${names.join(' ')} ${range}`);
}

/** As debug information has it: without what stands between bit-fields. */
const untold = (struct: StructType): StructType => ({
  ...struct,
  members: struct.members.map(({ afterZeroWidth: _, ...member }): Member => member),
});

describe('a memory location', () => {
  it('is a scalar, or a run of bit-fields whatever their types', async () => {
    const struct = await structOf(
      'u8 a; u8 b : 3; u8 c : 5; u16 d : 9; u32 e : 2; u8 f; u8 g : 1; void *h; enum { X } i;',
    );
    expect(together(struct)).toEqual(['a 0+1', 'b c d e 1+3', 'f 4+1', 'g 5+1', 'h 8+8', 'i 16+4']);
    expect(together(untold(struct))).toEqual(together(struct));
  });

  it('ends at a bit-field of width zero, and not at an unnamed one', async () => {
    const struct = await structOf('u8 a : 1; u8 : 0; u8 b : 1; u8 : 7; u8 c : 1; u32 : 0; u32 d : 1;');
    expect(together(struct)).toEqual(['a 0+1', 'b c 1+2', 'd 4+1']);
  });

  it('is guessed where zero widths are not recorded: room for a bit-field was left up to a unit of its type', async () => {
    const apart = await structOf('u8 a : 1; u8 : 0; u8 b : 1;');
    expect(together(untold(apart))).toEqual(['a 0+1', 'b 1+1']);
    // No room was left: the bit-field goes on where the compiler must put it.
    const full = await structOf('u8 a : 5; u8 b : 4; u32 c : 20; u32 d : 13;');
    expect(together(untold(full))).toEqual(['a b c d 0+6']);
    // An unnamed one that happens to end where a unit does looks the same.
    const unnamed = await structOf('u8 a : 1; u8 : 7; u8 b : 1;');
    expect([together(unnamed), together(untold(unnamed))]).toEqual([['a b 0+2'], ['a 0+1', 'b 1+1']]);
  });

  it('does not go from a struct into one that it holds, nor out of it', async () => {
    const struct = await structOf(
      'u8 a : 1; struct { u8 b : 1; u8 c : 1; }; u8 d : 1; struct { u8 e : 1; } n;',
    );
    const of = (path: string) => fieldsOf(struct).find((field) => field.path === path)?.location;
    expect(['a', 'b', 'c', 'd', 'n.e'].map(of)).toEqual([
      { offset: 0, size: 1 },
      { offset: 1, size: 1 },
      { offset: 1, size: 1 },
      { offset: 2, size: 1 },
      { offset: 3, size: 1 },
    ]);
  });

  it('is not one where there are several, and is each member’s own in a union', async () => {
    expect(together(await structOf('u8 a[2]; struct { u8 x; } b[1]; struct t { u8 y; } c; u8 d;'))).toEqual([
      'a several',
      'b several',
      'c several',
      'd 4+1',
    ]);
    const union = await structOf('u8 a : 1; u8 b : 2; u32 c;', 'x86_64', 'union');
    expect(together(union)).toEqual(['a 0+1', 'b 0+1', 'c 0+4']);
  });

  it('is the same bytes on big endian', async () => {
    const struct = await structOf('u8 a; u8 b : 3; u16 d : 9; u8 f;', 's390x');
    expect(together(struct, false)).toEqual(['a 0+1', 'b d 1+3', 'f 4+1']);
  });
});

describe('holes', () => {
  it('are whole bytes and bits of bytes, padding apart', async () => {
    const members = 'u8 a; u16 b; u8 c : 3; u8 : 2; u8 d : 1; void *e; u8 f;';
    const whole = { bit: null, bits: null, padding: false };
    const bits = { size: 1, padding: false };
    expect(holesOf(await structOf(members))).toEqual([
      { offset: 1, size: 1, ...whole },
      { offset: 4, bit: 3, bits: 2, ...bits },
      { offset: 4, bit: 6, bits: 2, ...bits },
      { offset: 5, size: 3, ...whole },
      { offset: 17, size: 7, ...whole, padding: true },
    ]);
    expect(holesOf(await structOf(members, 's390x'), false).slice(1, 3)).toEqual([
      { offset: 4, bit: 3, bits: 2, ...bits },
      { offset: 4, bit: 0, bits: 2, ...bits },
    ]);
  });

  it('are none where unions and bit-fields fill a struct', async () => {
    expect(holesOf(await structOf('union { u32 a; u8 b; }; u32 c : 31; u32 d : 1;'))).toEqual([]);
  });
});
