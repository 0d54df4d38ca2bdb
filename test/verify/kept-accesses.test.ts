// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { afterAll, expect, test, vi } from 'vitest';
import { keptAccesses } from '../../src/verify/kept-accesses.js';
import type { Cell } from '../../src/verify/verify.js';
import { directoryOf } from '../source/fixture.js';
import { build, closeToolchains } from '../support/race.js';
import { selected } from '../support/selected.js';

afterAll(closeToolchains);

const cell = (name: string): Cell => ({ ...selected(name), stage: 'base' });

test('what was seen once is known, of the same modules in the same scenarios alone', async () => {
  const [base, p3] = [await build('base'), await build('p3')];
  vi.stubEnv('LOSTBIT_CACHE', await directoryOf({}));
  const look = async (names: readonly string[], module = base) => {
    let worked = 0;
    const warn = vi.fn();
    const accesses = await keptAccesses(names.map(cell), () => module, { warn, progress: () => worked++ });
    expect(warn).not.toHaveBeenCalled();
    return { accesses, worked: worked > 0 };
  };
  const race = 'intx-mask-vs-bar-write';
  const first = await look([race]);
  expect(first.worked).toBe(true);
  expect(first.accesses.unordered.length).toBeGreaterThan(0);
  const again = await look([race]);
  expect(again.worked).toBe(false);
  expect(again.accesses).toEqual(first.accesses);
  expect(typeof again.accesses.writes[0]!.mask).toBe('bigint');

  expect((await look([race, 'open-fails-halfway'])).worked).toBe(true);
  expect((await look([race], p3)).worked).toBe(true);
  vi.unstubAllEnvs();
});
