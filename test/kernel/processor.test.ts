// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { expect, test } from 'vitest';
import { quickly } from '../support/quickly.js';

test('interrupts and softirqs stay off a processor as long as a task says so, and no longer', async () => {
  const { status, stdout } = await quickly(['verify', '--subject', 'test/kernel/processor']);
  expect(stdout).toContain('25 cells as expected');
  expect(status).toBe(0);
});
