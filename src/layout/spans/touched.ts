// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import type { ByteRange } from '../types.js';

/** What a function does to the struct that its first argument points to. */
export class Touched {
  readonly reads: ByteRange[] = [];
  readonly writes: ByteRange[] = [];
  /** Why that is unknown; null where it is known. */
  problem: string | null = null;

  /** The first reason stays. */
  fail(problem: string): void {
    this.problem ??= problem;
  }
}

/** The bytes from the first to the last of all ranges; null where there are none. */
export function hullOf(ranges: readonly ByteRange[]): ByteRange | null {
  if (ranges.length === 0) return null;
  const offset = Math.min(...ranges.map((range) => range.offset));
  const end = Math.max(...ranges.map((range) => range.offset + range.size));
  return { offset, size: end - offset };
}
