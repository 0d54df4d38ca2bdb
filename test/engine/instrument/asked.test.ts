// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { memoryAccesses } from '../../../src/engine/instrument/memory-accesses.js';
import { sitesOf } from '../../../src/engine/instrument/sites.js';
import { compileWasm } from '../../layout/compile.js';

const sources = Object.fromEntries(
  ['asked.c', 'asked-of.c'].map((name) => [
    name,
    readFileSync(new URL(`fixtures/${name}`, import.meta.url), 'utf8'),
  ]),
);

/** The bits that each function's stores mean, from the pointer that it has been given. */
const meant: Readonly<Record<string, bigint>> = {
  set_to_bool: 0x04n,
  set_to_either: 0x04n,
  set_to_int: 0x04n,
  set_number: 0x70n,
  first_to_bool: 0x01n,
  first_to_not_bool: 0x01n,
  first_to_either: 0x01n,
  // What is declared to return a bool, and is defined to return an int, may return anything.
  first_to_promised: 0xffn,
  first_by_pointer: 0xffn,
  place_int: 0xfcn,
  place_sum: 0xfcn,
  clear_while_set: 0x04n,
  set_until_cleared: 0x02n,
  count_while_set: 0xffn,
};

async function stores(flags: readonly string[]) {
  const module = await compileWasm(sources, flags);
  const accesses = memoryAccesses(module);
  const sites = sitesOf(module).filter(({ kind, variantOf }) => kind === 'store' && variantOf === undefined);
  return (name: string) =>
    sites
      .filter((site) => site.function === name)
      .map(({ site, mask }) => mask << BigInt(accesses[site]!.immediate * 8));
}

describe.each(
  ['-O1', '-O2', '-Os'].flatMap((level) => ['fine', 'wide'].map((access) => [level, access] as const)),
)('compiled with %s, %s bit-fields', async (level, access) => {
  const flags = [level, ...(access === 'fine' ? ['-ffine-grained-bitfield-accesses'] : [])];
  const of = await stores(['-g', ...flags]);

  it.each(Object.entries(meant))('%s means 0x%x', (name, bits) => {
    const masks = of(name);
    expect(masks.length).toBeGreaterThan(0);
    for (const mask of masks) expect(mask).toBe(bits);
  });

  it('claims nothing of functions of which nothing says what they return', async () => {
    const blind = await stores(flags);
    expect(blind('first_to_bool')).toEqual([0xffn]);
    expect(blind('clear_while_set')).toEqual(of('clear_while_set'));
  });
});
