// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import type { ByteRange } from '../types.js';
import type { Accessor } from './accessors.js';
import { hullOf, type Touched } from './touched.js';

/** The bytes of a struct that compiled code touches for the sake of one field. */
export interface AccessSpan {
  /** What a read of the field reads. */
  readonly read: ByteRange | null;
  /** What a write of the field writes. */
  readonly write: ByteRange | null;
  /** All that a write of the field reads or writes. */
  readonly span: ByteRange | null;
  /** Why one of them is null although the field may be so accessed; null where none is for want of knowledge. */
  readonly unknown: string | null;
}

/** Puts together what the accessors were seen to do, by field. */
export function spansOf(
  accessors: readonly Accessor[],
  functions: ReadonlyMap<string, Touched>,
): Map<string, AccessSpan> {
  const spans = new Map<string, AccessSpan>();
  for (const { path, reader, writer } of accessors) {
    const read = rangesOf(functions.get(reader), 'reads', reader);
    const write = writer === null ? null : rangesOf(functions.get(writer), 'writes', writer);
    spans.set(path, {
      read: hullOf(read.ranges),
      write: write && hullOf(write.ranges),
      span: write && hullOf(write.all),
      unknown: read.problem ?? write?.problem ?? null,
    });
  }
  return spans;
}

interface Ranges {
  readonly ranges: readonly ByteRange[];
  readonly all: readonly ByteRange[];
  readonly problem: string | null;
}

function rangesOf(touched: Touched | undefined, kind: 'reads' | 'writes', name: string): Ranges {
  const none = (problem: string): Ranges => ({ ranges: [], all: [], problem });
  if (touched === undefined) return none(`the compiler made no ${name}`);
  if (touched.problem !== null) return none(touched.problem);
  const ranges = touched[kind];
  if (ranges.length === 0) return none(`${name} is not seen to access the field`);
  return { ranges, all: [...touched.reads, ...touched.writes], problem: null };
}
