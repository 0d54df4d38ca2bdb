// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { expect, test } from 'vitest';
import { start } from '../support/lostbit.js';
import { quickest } from '../support/race.js';

test("a newcomer's file fails, and holds with a fix of two lines", async () => {
  const given = ['--scenario', 'examples/port/port.ts', '--series', 'examples/port/fix.patch'];
  const { status, stdout, stderr } = await start(['verify', ...given, '--toolchain', await quickest]).ended;
  expect(status, stderr).toBe(0);
  expect(stdout.replace(/in \d+\.\d s/, 'in N s')).toContain(`
scenario  engine    base    p1
port      simulate  fails   holds

2 cells as expected, in N s
`);
  expect(stdout).toContain('busy and stopped share the byte at port+0x8');
});
