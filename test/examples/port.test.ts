// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { expect, test } from 'vitest';
import { quickly } from '../support/quickly.js';

test("a newcomer's file fails, and holds with a fix of two lines", async () => {
  const { status, stdout, stderr } = await quickly([
    'verify',
    '--scenario',
    'examples/port/port.ts',
    '--series',
    'examples/port/fix.patch',
    '-q',
  ]);
  expect(status, stderr).toBe(0);
  expect(stdout.replace(/in \d+\.\d s/, 'in N s')).toMatchInlineSnapshot();
});
