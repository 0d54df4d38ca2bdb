// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { afterAll, describe, expect, test } from 'vitest';
import { listToolchains } from '../../src/toolchain/find.js';
import { build, caseOf, closeToolchains, race, raceUntilForbidden } from '../support/race.js';

afterAll(closeToolchains);

// The verdict is the code's and not the compiler's: every toolchain, with and without optimisation, in one access
// mode or the other. What `fine` keeps apart, only `wide` loses.
const found = new Map((await listToolchains()).map(({ name, version }) => [name, version]));

const variants = {
  llvm: ['2 fine', '2 wide', '0 fine'],
  emcc: ['2 fine'],
  clang: ['2 fine', '0 wide'],
} as const;

for (const toolchain of ['llvm', 'emcc', 'clang'] as const) {
  describe.skipIf(!found.get(toolchain))(`${toolchain} (skipped where it is not installed)`, () => {
    test.each(variants[toolchain])('-O%s', async (name) => {
      const [optimize, bitfieldAccess] = name.split(' ') as ['0' | '2', 'fine' | 'wide'];
      const variant = { toolchain, optimize, bitfieldAccess };
      const base = await build('base', variant);
      const p3 = await build('p3', variant);

      const before = await raceUntilForbidden(caseOf('intx-mask-vs-bar-write', 'base', base));
      expect(before.forbidden).toBeGreaterThan(0);
      const after = await race(caseOf('intx-mask-vs-bar-write', 'p3', p3));
      expect(after).toMatchObject({ forbidden: 0, violations: [] });

      const entry = caseOf('low-power-entry-vs-config-write', 'base', base);
      const raced = bitfieldAccess === 'wide' ? await raceUntilForbidden(entry) : await race(entry);
      expect(raced.verdict).toBe(bitfieldAccess === 'wide' ? 'fails' : 'holds');
    });
  });
}
