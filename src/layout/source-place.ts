// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only

/** Where in its source some code is. */
export interface SourcePlace {
  /** Relative to the C root (`kernel/slab.c`); null where the module does not say. */
  readonly file: string | null;
  /** From 1; null where the module does not say. */
  readonly line: number | null;
  /** The code was made from several lines, and so is of none: this is the nearest one of its function. */
  readonly nearest?: true | undefined;
}

/** `drivers/port.c:344`, `… (nearest line)` where the code itself is of no line; empty where nothing is known. */
export function placeText({ file, line, nearest }: SourcePlace): string {
  if (file === null) return '';
  if (line === null) return file;
  return `${file}:${line}${nearest ? ' (nearest line)' : ''}`;
}
