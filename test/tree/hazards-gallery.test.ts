// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { closeToolchains } from '../support/race.js';
import { hazardsOf, lacking, pairName, shownPairs } from './hazards.js';
import { knownRaces } from './known-races.js';

afterAll(closeToolchains);

test('ten races of the gallery are looked for', () => {
  const names = new Set(knownRaces.map(({ name }) => name));
  expect(names.size).toBe(10);
  for (const name of names) expect(existsSync(join('examples/known-races', name)), name).toBe(true);
});

describe.each(knownRaces)('$name, in Linux $tree', ({ tree, as, edits, units, struct, pairs }) => {
  const missing = lacking(tree, units);
  const wanted = pairs.map(pairName);
  const found = async (state: 'racy' | 'fixed') => {
    const shown = shownPairs(await hazardsOf(tree, units, as === state ? {} : edits), struct);
    return wanted.filter((pair) => shown.includes(pair));
  };

  test.skipIf(missing !== '')(`is found without its fix${missing}`, async () => {
    expect(await found('racy')).toEqual(wanted);
  });

  test.skipIf(missing !== '')(`is not found with it${missing}`, async () => {
    expect(await found('fixed')).toEqual([]);
  });
});
