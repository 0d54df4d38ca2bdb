// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { describe, expect, it } from 'vitest';
import { hasUnknown, withAssumedSizes } from '../../src/layout/assumed-sizes.js';
import { compareLayouts } from '../../src/layout/compare.js';
import { holesOf } from '../../src/layout/fields.js';
import type { BaseType, Member, StructType, Type } from '../../src/layout/types.js';

const unknown = (id: number, size = 0, sized = false): Type => ({ kind: 'unknown', id, size, sized });
const int: BaseType = { kind: 'base', name: 'int', size: 4, encoding: 'signed' };
const bool: BaseType = { kind: 'base', name: '_Bool', size: 1, encoding: 'bool' };

function member(name: string, type: Type, offset: number, bit: number | null = null): Member {
  return { name, type, offset, bit, bits: bit === null ? null : 1, storage: null };
}

const struct = (size: number, members: readonly Member[]): StructType => ({
  kind: 'struct',
  name: 's',
  size,
  complete: true,
  members,
});

describe('types that a file does not hold', () => {
  const read = struct(40, [
    member('lock', unknown(7), 0),
    member('count', int, 24),
    member('flag', unknown(9), 28, 3),
    member('last', unknown(8), 32),
  ]);

  it('reach as far as they can, so that no hole is claimed', () => {
    expect(hasUnknown(read)).toBe(true);
    const assumed = withAssumedSizes(read);
    expect(assumed.members.map(({ type }) => type.size)).toEqual([24, 4, 1, 8]);
    expect(assumed.members[0]!.type).toMatchObject({ kind: 'unknown', id: 7, sized: false });
    // What is left of the flag's byte, and behind it, is not any type's.
    expect(holesOf(assumed).every(({ offset }) => offset >= 28 && offset < 32)).toBe(true);
    expect(holesOf(read).some(({ offset, size }) => offset === 0 && size === 24)).toBe(true);
  });

  it('stay as they are where the layout leaves one size, or all is known', () => {
    const sized = struct(8, [member('a', unknown(3, 4, true), 0), member('b', int, 4)]);
    expect(withAssumedSizes(sized)).toEqual(sized);
    const known = struct(8, [member('a', bool, 0), member('b', int, 4)]);
    expect(hasUnknown(known)).toBe(false);
    expect(withAssumedSizes(known)).toEqual(known);
  });
});

describe('a comparison of what is known', () => {
  const compare = (before: readonly Member[], after: readonly Member[]) =>
    compareLayouts(
      { struct: struct(16, before), littleEndian: true },
      { struct: struct(16, after), littleEndian: true },
    ).fields.map(({ path, change }) => `${change} ${path}`);

  it('says nothing of types that one side does not hold, and takes names from the other side', () => {
    const known = [member('lock', int, 0), member('pdev', int, 4), member('flag', bool, 8)];
    const lacking = [
      member('lock', unknown(7, 4), 0),
      member('?1a2b', unknown(8, 4), 4),
      member('flag', unknown(9, 1), 8),
    ];
    expect(compare(known, lacking)).toEqual([]);
    expect(compare(lacking, known)).toEqual([]);
    const elsewhere = [
      member('lock', unknown(17, 4), 0),
      member('?3c', unknown(18, 4), 4),
      member('flag', unknown(19, 1), 8),
    ];
    expect(compare(lacking, elsewhere)).toEqual([]);
  });

  it('says what is known: a bit-field that became whole, and a field that is new', () => {
    const bits = [member('lock', unknown(7, 4), 0), member('flag', unknown(9, 1), 4, 0)];
    const whole = [member('lock', unknown(7, 4), 0), member('flag', unknown(9, 1), 4), member('?5', int, 8)];
    expect(compare(bits, whole)).toEqual(['widened flag', 'added ?1']);
    expect(compare(whole, bits)).toEqual(['narrowed flag', 'removed ?1']);
  });
});
