// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { bare, type StructType, type Type } from '../layout/types.js';
import type { SpanField } from './interleaving.js';
import { endsOpen, hex, type MemoryNames } from './memory-names.js';

/** What an access covers. */
export interface Span {
  /** As {@link MemoryNames.nameOf} says it. */
  readonly object: string;
  /** `A+0x110`, or the bare address. */
  readonly place: string;
  /** That innermost object; `null` where none has a name. */
  readonly within: Within | null;
  /** The fields in it, with their bits of it; none where it is wider than 8 bytes. */
  readonly fields: readonly SpanField[];
}

/** A place in an object that has a name. */
export interface Within {
  /** The path that leads there: `A`, `A.pdev`, `A.vconfig`. */
  readonly name: string;
  /** The tag of its struct; empty where it is not a struct. */
  readonly tag: string;
  /** Bytes from its start. */
  readonly offset: number;
}

/** Names the bytes from an address on. */
export function spanOf(names: MemoryNames, address: number, bytes: number): Span {
  const object = names.objectAt(address);
  const name = names.nameOf(address);
  if (object === null) return { object: name, place: name, within: null, fields: [] };
  const offset = address - object.address;
  const type = bare(object.type);
  return {
    object: name,
    place: `${object.name}+${hex(offset)}`,
    within: { name: object.name, tag: ('name' in type && type.name) || '', offset },
    fields: bytes > 8 ? [] : [...fieldsOf(type, object.name, 0, offset, bytes, object.bytes)],
  };
}

/**
 * The scalars of a type that lies at a byte, as far as they lie in the bytes [start, start + bytes) of a whole that ends at
 * `end`, as does an array without a length.
 */
function* fieldsOf(
  type: Type,
  name: string,
  at: number,
  start: number,
  bytes: number,
  end: number,
): Generator<SpanField> {
  const inner = bare(type);
  if (inner.kind === 'void') return;
  const isOpen = inner.kind === 'array' && (inner.count === null || inner.count === 0);
  const size = isOpen || endsOpen(inner) ? end - at : inner.size;
  if (at >= start + bytes || at + size <= start) return;
  if (inner.kind === 'struct' || inner.kind === 'union') {
    yield* fieldsIn(inner, name, at, start, bytes, end);
  } else if (inner.kind === 'array') {
    const { element } = inner;
    if (element.size === 0) return;
    const count = isOpen ? Math.floor(size / element.size) : inner.count!;
    const first = Math.max(0, Math.floor((start - at) / element.size));
    const last = Math.min(count - 1, Math.floor((start + bytes - 1 - at) / element.size));
    for (let i = first; i <= last; i++)
      yield* fieldsOf(element, `${name}[${i}]`, at + i * element.size, start, bytes, end);
  } else yield* clipped(name, at * 8, inner.size * 8, start, bytes);
}

function* fieldsIn(
  struct: StructType,
  name: string,
  at: number,
  start: number,
  bytes: number,
  end: number,
): Generator<SpanField> {
  for (const member of struct.members) {
    const path = member.name === null || member.name === '' ? name : `${name}.${member.name}`;
    const own = at + member.offset;
    const isLast = struct.kind === 'union' || member === struct.members.at(-1);
    if (member.bits === null)
      yield* fieldsOf(member.type, path, own, start, bytes, isLast ? end : own + member.type.size);
    else yield* clipped(path, (at + member.offset) * 8 + (member.bit ?? 0), member.bits, start, bytes);
  }
}

/** Bits [bit, bit + bits) of the whole, as those of the span that they are. */
function* clipped(
  name: string,
  bit: number,
  bits: number,
  start: number,
  bytes: number,
): Generator<SpanField> {
  const from = Math.max(bit, start * 8) - start * 8;
  const to = Math.min(bit + bits, (start + bytes) * 8) - start * 8;
  if (from < to) yield { name, mask: ((1n << BigInt(to - from)) - 1n) << BigInt(from) };
}
