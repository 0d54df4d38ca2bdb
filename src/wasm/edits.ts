// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { uleb } from './leb.js';
import type { Section } from './sections.js';

/** A replacement in a module: `bytes` instead of the `remove` bytes from `at` on. */
export interface Edit {
  readonly at: number;
  readonly remove: number;
  readonly bytes: readonly number[];
}

export interface Edited {
  readonly bytes: Uint8Array<ArrayBuffer>;
  /**
   * Where the byte at an offset of the result comes from, as an offset of what was edited; what an edit has put
   * in comes from where that edit is. Offsets grow with offsets.
   */
  original(offset: number): number;
  /** Where a byte of what was edited is in the result; of one that was removed, where the next one is. */
  moved(offset: number): number;
}

/** A module as it is. */
export function unedited(bytes: Uint8Array<ArrayBuffer>): Edited {
  return { bytes, original: (offset) => offset, moved: (offset) => offset };
}

/** Bytes by which edits change what they are made in. */
export function growth(edits: readonly Edit[]): number {
  return edits.reduce((sum, { bytes, remove }) => sum + bytes.length - remove, 0);
}

/** The edit of a section's size that belongs to edits inside of it. */
export function resized({ start, counted, end }: Section, growth: number): Edit {
  return { at: start + 1, remove: counted - start - 1, bytes: uleb(end - counted + growth) };
}

/** Two edits, the second made of the first's result, as one. */
export function chained(first: Edited, second: Edited): Edited {
  return {
    bytes: second.bytes,
    original: (offset) => first.original(second.original(offset)),
    moved: (offset) => second.moved(first.moved(offset)),
  };
}

/** Carries out edits, which do not overlap; those at one place in the order given. */
export function applyEdits(source: Uint8Array, edits: readonly Edit[]): Edited {
  const sorted = [...edits].sort((a, b) => a.at - b.at);
  const bytes = new Uint8Array(source.length + growth(edits));
  /** Where each copied run begins in the result, where it comes from, and how long it is. */
  const runs: { start: number; from: number; length: number }[] = [];
  let done = 0;
  let position = 0;
  const copyTo = (end: number) => {
    runs.push({ start: position, from: done, length: end - done });
    bytes.set(source.subarray(done, end), position);
    position += end - done;
  };
  for (const { at, remove, bytes: put } of sorted) {
    copyTo(at);
    bytes.set(put, position);
    position += put.length;
    done = at + remove;
  }
  copyTo(source.length);

  /** The last run that begins at an offset or before it; the first one where none does. */
  function runAt(offset: number, begins: 'start' | 'from') {
    let low = 0;
    let high = runs.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (runs[middle]![begins] <= offset) low = middle + 1;
      else high = middle;
    }
    return { run: runs[low - 1] ?? runs[0]!, next: runs[low] };
  }

  return {
    bytes,
    original(offset) {
      const { run } = runAt(offset, 'start');
      return run.from + Math.min(Math.max(offset - run.start, 0), run.length);
    },
    moved(offset) {
      const { run, next } = runAt(offset, 'from');
      const inside = offset - run.from;
      return inside < run.length || next === undefined ? run.start + inside : next.start;
    },
  };
}
