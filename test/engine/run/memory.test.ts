// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Build } from '../../../src/toolchain/build.js';
import { bind, load, open } from '../../../subjects/vfio-pci/index.js';
import { does, type MemoryPart, memoryBuild } from '../../support/memory-parts.js';
import { closeToolchains } from '../../support/race.js';
import { closeSessions, runOn } from '../../support/run.js';
import { sequenceOf } from '../../support/vfio.js';

let base: Build;
beforeAll(async () => {
  base = await memoryBuild();
});
afterAll(async () => {
  await closeSessions();
  await closeToolchains();
});

const caught = async (...parts: MemoryPart[]) => {
  const { violations } = await runOn(
    base,
    sequenceOf({
      title: 'memory',
      devices: { A: { intx: true } },
      setup: [load('vfio-pci'), bind('A'), open('A')],
      steps: parts.map(does),
      outcomes: [{ when: {}, grade: 'acceptable', note: 'whatever' }],
    }),
  );
  return violations;
};

/** A mutant with a violation, and its twin that does the same as it should. */
describe.each<[kind: string, mutant: MemoryPart[], twin: MemoryPart[]]>([
  ['use-after-free', ['make', 'free', 'use'], ['make', 'use', 'free']],
  ['use-after-free', ['free and use'], ['use and free']],
  ['double-free', ['free twice'], ['use and free']],
  [
    'out-of-bounds',
    ['make', 'index behind the end', 'write at index', 'free'],
    ['make', 'index at the end', 'write at index', 'free'],
  ],
  ['uninitialised-read', ['make unwritten', 'read', 'free'], ['make unwritten', 'write', 'read', 'free']],
  ['uninitialised-read', ['make unwritten', 'use', 'free'], ['make', 'use', 'free']],
  [
    'uninitialised-read',
    ['make unwritten', 'read plainly', 'free'],
    ['make unwritten', 'write', 'read plainly', 'free'],
  ],
  [
    'uninitialised-read',
    ['make unwritten', 'test flags', 'free'],
    ['make unwritten', 'set flags', 'test flags', 'free'],
  ],
  ['use-after-return', ['leave a local behind', 'use the local'], ['hand out a local', 'use the local']],
  ['stack-overflow', ['go deep'], ['go less deep']],
])('%s', (kind, mutant, twin) => {
  test(`is caught: ${mutant.join(', ')}`, async () => {
    const found = await caught(...mutant);
    expect([...new Set(found.map((violation) => violation.kind))]).toEqual([kind]);
    expect(found[0]).toMatchObject({ task: 'user', context: 'process' });
    expect(found[0]!.message).toContain("by 'user'");
    expect(found[0]!.stack.map(({ file }) => file)).toContain('subjects/vfio-pci/parts.c');
  });

  test(`is not: ${twin.join(', ')}`, async () => {
    expect(await caught(...twin)).toEqual([]);
  });
});

test.each<[MemoryPart[]]>([[['make', 'free', 'use']], [['free twice']]])(
  'which task freed it is reported: %j',
  async (parts) => {
    const [found] = await caught(...parts);
    expect(found!.message).toMatch(
      /, freed by 'user' in give_back \(subjects\/vfio-pci\/parts\.c:\d+\) < op_part \(subjects\/vfio-pci\/parts\.c:\d+\)/,
    );
  },
);

test('what is written over it is not read: neither a flag’s neighbours, nor what is only copied', async () => {
  expect(await caught('make unwritten', 'set flags', 'copy it', 'free', 'drop the copy')).toEqual([]);
});

test('a copy of what was never written is no more written than that', async () => {
  const found = await caught('make unwritten', 'copy it', 'free', 'read the copy', 'drop the copy');
  expect(found.map(({ kind }) => kind)).toEqual(['uninitialised-read']);
});

test('a stack that overflows is reported with the calls that have filled it', async () => {
  const [found] = await caught('go deep');
  expect(found!.stack.filter(({ function: name }) => name === 'deep').length).toBeGreaterThan(10);
  expect(found!.message).toBe("the stack has no room for another call, by 'user'");
});
