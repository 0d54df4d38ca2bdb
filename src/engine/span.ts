// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { bare, type StructType, type Type } from '../layout/types.js';
import type { Machine } from '../machine/machine.js';
import type { Devices } from './encode.js';
import type { SpanField } from './interleaving.js';
import { locate, objectAt } from './locate.js';

/** What an access covers. */
export interface Span {
  /** As {@link locate} says it. */
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
  /** As a scenario's path begins: `A`, `A.pdev`. */
  readonly name: string;
  /** Of its struct. */
  readonly tag: string;
  /** Bytes from its start. */
  readonly offset: number;
}

/** Names the bytes from an address on, of the first instance of the machine. */
export function spanOf(machine: Machine, devices: Devices, address: number, bytes: number): Span {
  const object = objectAt(machine, devices, 0, address);
  if (object === null) {
    const hex = `0x${address.toString(16)}`;
    return { object: hex, place: hex, within: null, fields: [] };
  }
  const offset = address - object.address;
  return {
    object: locate(machine, devices, 0, address),
    place: `${object.name}+0x${offset.toString(16)}`,
    within: { name: object.name, tag: object.struct.name ?? '', offset },
    fields: bytes > 8 ? [] : [...fieldsIn(object.struct, object.name, 0, offset, bytes)],
  };
}

/** The scalars of a type that lies at a bit, as far as they lie in the bytes [start, start + bytes) of the whole. */
function* fieldsOf(type: Type, name: string, at: number, start: number, bytes: number): Generator<SpanField> {
  const inner = bare(type);
  if (at >= start + bytes || at + inner.size <= start) return;
  if (inner.kind === 'struct' || inner.kind === 'union') {
    yield* fieldsIn(inner, name, at, start, bytes);
  } else if (inner.kind === 'array') {
    const { element, count } = inner;
    if (element.size === 0 || count === null) return;
    const first = Math.max(0, Math.floor((start - at) / element.size));
    const last = Math.min(count - 1, Math.floor((start + bytes - 1 - at) / element.size));
    for (let i = first; i <= last; i++)
      yield* fieldsOf(element, `${name}[${i}]`, at + i * element.size, start, bytes);
  } else yield* clipped(name, at * 8, inner.size * 8, start, bytes);
}

function* fieldsIn(
  struct: StructType,
  name: string,
  at: number,
  start: number,
  bytes: number,
): Generator<SpanField> {
  for (const member of struct.members) {
    const path = member.name === null || member.name === '' ? name : `${name}.${member.name}`;
    if (member.bits === null) yield* fieldsOf(member.type, path, at + member.offset, start, bytes);
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
