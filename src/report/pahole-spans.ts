// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { checkExtent } from '../layout/extent.js';
import { type Field, fieldsOf } from '../layout/fields.js';
import type { ByteRange, LayoutTarget, StructType } from '../layout/types.js';
import { paholeText } from './pahole.js';

export interface PaholeSpansOptions {
  readonly target: LayoutTarget;
  /** See `PaholeOptions`. */
  readonly saysAlignment?: boolean;
  /** The bytes that compiled code reads and writes for a field, by its path. */
  readonly spans?: ReadonlyMap<string, ByteRange>;
  /** The same of gcc's code. */
  readonly gccSpans?: ReadonlyMap<string, ByteRange>;
}

/**
 * A struct as pahole prints it, with three columns more for each field: declared unit, access span, C11 location; and
 * gcc's access span, where it is known. Throws `E_LARGE_STRUCT`.
 */
export function paholeWithSpans(struct: StructType, options: PaholeSpansOptions): string {
  checkExtent(struct);
  const { target, spans, gccSpans } = options;
  const fields = fieldsOf(struct, target.littleEndian);
  const column = (head: string, rangeOf: (field: Field) => ByteRange | null | undefined) => {
    const texts = new Map(fields.map((field) => [field.path, rangeText(rangeOf(field) ?? null)]));
    const width = [...texts.values()].reduce((most, { length }) => Math.max(most, length), 0);
    return (path: string) => `${head} ${texts.get(path)!.padEnd(width)} `;
  };
  const columns = [
    column('unit', ({ unit }) => unit),
    ...(spans === undefined ? [] : [column('span', ({ path }) => spans.get(path))]),
    ...(gccSpans === undefined ? [] : [column('gcc', ({ path }) => gccSpans.get(path))]),
    column('location', ({ location }) => location),
  ];
  const paths = new Set(fields.map(({ path }) => path));
  const remark = (path: string) =>
    paths.has(path) ? ` /* ${columns.map((text) => text(path)).join('')}*/` : '';
  return paholeText(struct, { ...options, remark });
}

/** `1252+2`: two bytes from 1252 on. */
function rangeText(range: ByteRange | null): string {
  return range === null ? '-' : `${range.offset}+${range.size}`;
}
