// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { expect } from 'vitest';
import { LostbitError } from '../../src/errors.js';
import { type LayoutSource, openLayouts } from '../../src/layout/open-layouts.js';
import type { StructType } from '../../src/layout/types.js';
import { printableLines } from '../../src/printable.js';
import { byteMap } from '../../src/report/byte-map.js';
import { layoutJson } from '../../src/report/layout-schema.js';
import { paholeText } from '../../src/report/pahole.js';
import { paholeWithSpans } from '../../src/report/pahole-spans.js';
import { structC } from '../../src/report/struct-c.js';

type Source = Pick<LayoutSource, 'target' | 'structNames' | 'struct'>;

/** All that is printed of a struct. */
const REPORTS: Readonly<Record<string, (struct: StructType, source: Source) => string>> = {
  pahole: (struct, { target }) => paholeText(struct, { target }),
  text: (struct, { target }) => paholeWithSpans(struct, { target }),
  json: (struct, { target }) => {
    const layout = {
      name: '',
      struct,
      target,
      saysAlignment: true,
      incomplete: false,
      spans: null,
      gccSpans: null,
      given: [],
    };
    return JSON.stringify(layoutJson(layout, null, 'fine'));
  },
  c: (struct, { target }) => structC(struct, target),
  map: (struct, { target }) =>
    byteMap(struct, {
      target,
      title: struct.name ?? '',
      classes: [{ label: 'flags', fields: new Set(['is_open', 'state', 'm0']) }],
    }),
};

/** What each report comes to: `text`, or the code of the refusal. Anything else that is thrown is a defect. */
export function outcomesOf(struct: StructType, source: Source): Record<string, string> {
  return Object.fromEntries(
    Object.entries(REPORTS).map(([name, report]) => [
      name,
      refusable(() => {
        const text = report(struct, source);
        expect(text.length).toBeGreaterThan(0);
        // Whatever the names are.
        expect(printableLines(text)).toBe(text);
        return 'text';
      }),
    ]),
  );
}

/** Asks a file for its structs, some dozens at most, and all that is printed of them; returns how many were read. */
export async function askAll(file: Uint8Array, most = 24): Promise<number> {
  let source: LayoutSource;
  try {
    source = await openLayouts(file);
  } catch (error) {
    if (error instanceof LostbitError) return 0;
    throw error;
  }
  let read = 0;
  refusable(() => {
    for (const name of source.structNames().slice(0, most))
      refusable(() => {
        outcomesOf(source.struct(name), source);
        read++;
        return name;
      });
    return '';
  });
  return read;
}

function refusable(ask: () => string): string {
  try {
    return ask();
  } catch (error) {
    if (error instanceof LostbitError) return error.code;
    throw error;
  }
}
