// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
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
}

/** Bytes by which edits change what they are made in. */
export function growth(edits: readonly Edit[]): number {
  return edits.reduce((sum, { bytes, remove }) => sum + bytes.length - remove, 0);
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

  return {
    bytes,
    original(offset) {
      let low = 0;
      let high = runs.length;
      while (low < high) {
        const middle = (low + high) >> 1;
        if (runs[middle]!.start <= offset) low = middle + 1;
        else high = middle;
      }
      const run = runs[low - 1] ?? runs[0]!;
      return run.from + Math.min(Math.max(offset - run.start, 0), run.length);
    },
  };
}
