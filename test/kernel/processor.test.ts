// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { expect, test } from 'vitest';
import { quickly } from '../support/quickly.js';

test('interrupts and softirqs stay off a processor as long as a task says so, and no longer', async () => {
  const { status, stdout } = await quickly(['verify', '--subject', 'test/kernel/processor']);
  expect(stdout).toContain('26 cells as expected');
  expect(status).toBe(0);
});

test('a task has a processor of its own, or is told that there is none', async () => {
  const verify = (scenario: string) =>
    quickly(['verify', '--subject', 'test/kernel/processor/nine.ts', '--scenario', scenario]);
  expect(await verify('eight')).toMatchObject({ status: 0 });
  const { status, stdout } = await verify('nine');
  expect(stdout).toContain('E_LIMIT: code asks for the number of its processor');
  expect(status).toBe(2);
});
