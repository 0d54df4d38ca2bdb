// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { type Access, isWrite } from '../engine/interleaving.js';

/** In hexadecimal, as wide as the bytes are. */
export const spanValue = (value: bigint, bytes: number) =>
  `0x${value.toString(16).padStart(2 * Math.min(bytes, 8), '0')}`;

export const bytesText = (bytes: number) => `${bytes} byte${bytes === 1 ? '' : 's'}`;

/** Fields that a store writes back as they were read: what another actor wrote there meanwhile is lost. */
export interface WrittenBack {
  readonly field: string;
  readonly value: bigint;
  /** What is lost: the value that lay there. `null` where it is the same. */
  readonly over: bigint | null;
}

/** The neighbours in the span of a store, which it does not mean to write. */
export function writtenBack({ kind, span, mask, before, after }: Access): WrittenBack[] {
  if (kind !== 'store' || before === null || after === null) return [];
  return span
    .filter((field) => (field.mask & mask) === 0n)
    .map((field) => {
      const [was, value] = [part(before, field.mask), part(after, field.mask)];
      return { field: field.name, value, over: was === value ? null : was };
    });
}

/**
 * An access in a line: `A.virq_disabled -> 0` is read, `A.bardirty = 1` is written.
 *
 * @param isShared whether a neighbour in the span is worth mentioning where it is written back unchanged.
 */
export function accessText(access: Access, isShared: (field: string) => boolean): string {
  const { kind, object, contended, before, after } = access;
  if (kind === 'acquire') return `acquire ${object}${contended ? ' (waited)' : ''}`;
  if (kind === 'try-acquire') return `try-acquire ${object}${contended ? ' (fails)' : ''}`;
  if (kind === 'release') return `release ${object}`;

  const marked = kind.startsWith('atomic.') ? ' (atomic)' : '';
  if (kind === 'atomic.cmpxchg' && before === after) return `${reading(access)} (cmpxchg changes nothing)`;
  if (kind === 'atomic.rmw' || kind === 'atomic.cmpxchg')
    return `${names(access)}: ${valueIn(access, before)} -> ${valueIn(access, after)}${marked}`;
  if (!isWrite(access)) return reading(access) + marked;
  const back = writtenBack(access)
    .filter(({ field, over }) => over !== null || isShared(field))
    .map(({ field, value, over }) => {
      const lost = over === null ? '' : ` over ${shown(over)}`;
      return `${besides(field, access)} = ${shown(value)}${lost}`;
    });
  return `${assignment(access, ' = ')}${marked}${back.length > 0 ? ` (writes back ${back.join(', ')})` : ''}`;
}

const reading = (access: Access) => assignment(access, ' -> ');

/** One or two fields each with its value; of more, the first and the last with the value of them all. */
function assignment(access: Access, sign: string): string {
  const { fields, span, after } = access;
  if (fields.length !== 2 || after === null) return names(access) + sign + valueIn(access, after);
  return fields
    .map((name, i) => {
      const field = span.find((one) => one.name === name);
      const value = part(after, field?.mask ?? access.mask);
      return (i === 0 ? name : besides(name, access)) + sign + shown(value);
    })
    .join(', ');
}

/** What an access touches: its field, the first and the last of its fields, or its object. */
export function names(access: Access): string {
  const { fields, oneOf, object } = access;
  const [first, second] = fields;
  const [possible, ...others] = oneOf;
  if (possible !== undefined) {
    const all = [possible, ...others.map((field) => besides(field, { fields: oneOf }))].join(', ');
    return first === undefined ? `one of ${all}` : `${names({ ...access, oneOf: [] })} (and perhaps ${all})`;
  }
  if (first === undefined) return object;
  if (second === undefined) return first;
  return `${first}${fields.length === 2 ? ', ' : '..'}${besides(fields.at(-1)!, access)}`;
}

/** A field's name without what it has in common with the first field of an access beside it. */
function besides(field: string, { fields: [first = ''] }: Pick<Access, 'fields'>): string {
  const common = first.slice(0, first.lastIndexOf('.') + 1);
  return field.startsWith(common) ? field.slice(common.length) : field;
}

function valueIn({ fields: [field, ...more], span, mask, bytes }: Access, value: bigint | null): string {
  if (value === null) return bytesText(bytes);
  const own = more.length > 0 ? undefined : span.find(({ name }) => name === field)?.mask;
  return shown(own === undefined ? value & mask : part(value, own));
}

/** The bits of a value that a mask covers, moved down. */
function part(value: bigint, mask: bigint): bigint {
  if (mask === 0n) return 0n;
  let [low, bits] = [value & mask, mask];
  for (; (bits & 1n) === 0n; bits >>= 1n) low >>= 1n;
  return low;
}

const shown = (value: bigint) => (value < 10n ? String(value) : `0x${value.toString(16)}`);
