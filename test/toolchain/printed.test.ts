// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { chmod, copyFile, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { printedBy } from '../../src/toolchain/printed.js';

let dir: string;
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'lostbit-printed-'));
});
afterEach(() => rm(dir, { recursive: true }));

test('a program is asked once, and again where another one lies there', async () => {
  const program = join(dir, 'program');
  await copyFile('/bin/echo', program);
  await chmod(program, 0o755);
  expect(await printedBy(program, ['one'])).toBe('one\n');
  // What cannot be run any more is known by what it printed before.
  await chmod(program, 0o600);
  expect(await printedBy(program, ['one'])).toBe('one\n');
  await expect(printedBy(program, ['two'])).rejects.toMatchObject({ code: 'E_TOOLCHAIN' });
  await rm(program);
  await copyFile('/bin/true', program);
  await chmod(program, 0o755);
  expect(await printedBy(program, ['one'])).toBe('');
});

test('a script is asked every time', async () => {
  const script = join(dir, 'script');
  await writeFile(script, `#!/bin/sh\ncat ${join(dir, 'said')}\n`, { mode: 0o755 });
  for (const said of ['first', 'second']) {
    await writeFile(join(dir, 'said'), said);
    expect(await printedBy(script, [])).toBe(said);
  }
});

test('what fails is not kept', async () => {
  const program = join(dir, 'program');
  await copyFile('/bin/cat', program);
  await chmod(program, 0o755);
  const file = join(dir, 'later');
  expect(await printedBy(program, [file])).toBe('');
  await writeFile(file, 'there');
  expect(await printedBy(program, [file])).toBe('there');
});
