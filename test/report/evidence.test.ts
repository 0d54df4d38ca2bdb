// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { expect, test } from 'vitest';
import type { Access } from '../../src/engine/interleaving.js';
import { evidence } from '../../src/report/matrix.js';
import { access, flag, lostBarWrite } from './executions.js';
import { raced } from './results.js';

/** What is said of writes that decide an outcome, where something orders them. */
function lastWritesIn(preemptions: number, writes: readonly Access[]): string[] {
  const interleaving = {
    ...lostBarWrite,
    accesses: writes,
    decisive: writes.map((_, i) => i),
    preemptions,
  };
  return evidence([{ ...raced, engine: 'simulate', interleaving }])
    .split('\n')
    .filter((line) => / writes /.test(line));
}

const masked = flag('virq_disabled', { actor: 0, kind: 'store' });
const moved = flag('bardirty', { actor: 1, kind: 'store' });

test('the last writes to bytes in which actors meet are named', () => {
  const lines = lastWritesIn(1, [flag('bardirty', { actor: 0, kind: 'store' }), masked, moved]);
  expect(lines.map((line) => line.trim())).toEqual([
    expect.stringMatching(/^'masker' writes A\.virq_disabled/),
    expect.stringMatching(/^'mover' writes A\.bardirty/),
  ]);
});

test('two lines of C are not blamed where the order of steps decides, or nothing is shared', () => {
  expect(lastWritesIn(0, [masked, moved])).toEqual([]);
  expect(lastWritesIn(1, [masked, access({ actor: 1, kind: 'store' })])).toEqual([]);
});
