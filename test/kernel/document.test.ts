// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { readFile } from 'node:fs/promises';
import { afterAll, expect, test } from 'vitest';
import { recordLayouts } from '../../src/layout/record-layouts.js';
import { targetOf } from '../../src/layout/targets.js';
import { readOwnC } from '../../src/source/own-c.js';
import { closeToolchains, toolchain } from '../support/race.js';
import { contractProgram } from './program.js';

afterAll(closeToolchains);

test('docs/stub.md names each header that there is, and no other', async () => {
  const text = await readFile('docs/stub.md', 'utf8');
  const rows = text.split('\n').filter((line) => line.startsWith('| ') && !line.startsWith('| ---'));
  const named = rows.flatMap((row) =>
    [...row.split('|')[2]!.matchAll(/`([^`]+\.h)`/g)].map(([, name]) => name!),
  );
  const headers = [...(await readOwnC()).keys()].filter((path) => path.startsWith('include/'));
  expect([...new Set(named)].sort()).toEqual(headers.map((path) => path.replace('include/', '')).sort());
});

test('types are as long as the kernel’s on 64 bits, as their headers say', async () => {
  const { tree } = await contractProgram();
  const layouts = await recordLayouts(await toolchain(), tree, 'contract.h', targetOf('x86_64'));
  const sizes = {
    mutex: 32,
    spinlock: 4,
    wait_queue_head: 24,
    work_struct: 32,
    timer_list: 40,
    tasklet_struct: 40,
  };
  for (const [tag, size] of Object.entries(sizes)) expect((await layouts.struct(tag)).size, tag).toBe(size);
});
