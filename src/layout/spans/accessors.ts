// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { LostbitError } from '../../errors.js';
import { withCNames } from '../c-names.js';
import { type Field, fieldsOf } from '../fields.js';
import { bare, type StructType, type Type } from '../types.js';

/** The functions that read and write a field; each takes a pointer to the struct, then one to a value. */
export interface Accessor {
  /** {@link Field.path}. */
  readonly path: string;
  readonly reader: string;
  /** Null of a field that is const. */
  readonly writer: string | null;
}

export interface AccessorUnit {
  readonly path: string;
  readonly text: string;
  readonly accessors: readonly Accessor[];
}

/** Which fields are looked at. */
export type Wanted = (field: Field) => boolean;

/**
 * A translation unit with a function that reads and one that writes each scalar field of a struct that is
 * wanted; the file at `path` defines the struct. Values come and go through memory, so that no calling convention has a say. It does not compile
 * where the struct has another size. It is what `structC` makes of the struct: names are those of `withCNames`. Throws `E_UNKNOWN_TYPE` for a struct without a tag.
 */
export function accessorUnit(struct: StructType, path: string, wanted: Wanted, front = ''): AccessorUnit {
  if (struct.name === null) {
    throw new LostbitError('E_UNKNOWN_TYPE', `a ${struct.kind} without a tag has no name to access it by`);
  }
  const { struct: named } = withCNames(struct);
  const type = `${named.kind} ${named.name}`;
  // The same fields, by what they are called here.
  const inC = fieldsOf(named);
  const accessors: Accessor[] = [];
  const lines = [
    `#include "${path}"`,
    `_Static_assert(sizeof(${type}) == ${struct.size}, "another ${type}");`,
  ];
  for (const [i, field] of fieldsOf(struct).entries()) {
    if (!wanted(field)) continue;
    const { path: declared, member } = inC[i]!;
    const value = valueType({ ...field, member });
    if (value === null) continue;
    const reader = `lostbit_read_${i}`;
    const writer = isConst(field.member.type) ? null : `lostbit_write_${i}`;
    lines.push(`void ${reader}(${type} *p, ${value} *v) { *v = p->${declared}; }`);
    if (writer !== null) lines.push(`void ${writer}(${type} *p, ${value} *v) { p->${declared} = *v; }`);
    accessors.push({ path: field.path, reader, writer });
  }
  return { path: 'lostbit-accessors.c', text: `${front}${lines.join('\n')}\n`, accessors };
}

/** A type that a field's values convert to and from; null where it is no scalar. */
function valueType({ member, bits }: Field): string | null {
  const type = bare(member.type);
  switch (type.kind) {
    case 'pointer':
      return 'void *';
    case 'base':
      // To some compilers they are all just `complex`.
      if (type.name.startsWith('complex')) return `_Complex ${COMPLEX[type.size] ?? 'long double'}`;
      if (type.encoding === 'float' || type.encoding === 'other') return type.name;
      return integerOf(bits ?? type.size * 8);
    case 'enum':
      return integerOf(bits ?? type.size * 8);
    default:
      return null;
  }
}

const COMPLEX: Readonly<Record<number, string>> = { 8: 'float', 16: 'double' };
const integerOf = (bits: number) => (bits > 64 ? 'unsigned __int128' : 'unsigned long long');

function isConst(type: Type): boolean {
  let inner = type;
  while (inner.kind === 'typedef' || inner.kind === 'qualified') {
    if (inner.kind === 'qualified' && inner.qualifier === 'const') return true;
    inner = inner.target;
  }
  return false;
}
