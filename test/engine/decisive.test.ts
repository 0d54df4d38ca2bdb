// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { describe, expect, test } from 'vitest';
import { decisiveAccesses } from '../../src/engine/decisive.js';
import type { Access } from '../../src/engine/interleaving.js';
import { access, flag, flags, lock, lostBarWrite } from '../report/executions.js';

const virqDisabled = { address: flags.address, bytes: 1, mask: 0x04n };
const bardirty = { address: flags.address, bytes: 1, mask: 0x20n };
const at = (actor: number, of: Partial<Access> = {}) => access({ actor, ...of });
const load = (actor: number, value: bigint, of: Partial<Access> = {}) =>
  at(actor, { before: value, after: value, ...of });
const store = (actor: number, before: bigint, after: bigint, of: Partial<Access> = {}) =>
  at(actor, { kind: 'store', before, after, ...of });

describe('what decides an execution', () => {
  test('is of a lost update the load, what was written since, and the store over it', () => {
    expect(decisiveAccesses(lostBarWrite.accesses, [], [])).toEqual(lostBarWrite.decisive);
    expect(decisiveAccesses(lostBarWrite.accesses, [virqDisabled, bardirty], [])).toEqual(
      lostBarWrite.decisive,
    );
  });

  test('is a lost count, and no count that was read again before it was written', () => {
    expect(decisiveAccesses([load(0, 5n), load(1, 5n), store(1, 5n, 6n), store(0, 6n, 7n)], [], [])).toEqual([
      0, 2, 3,
    ]);
    const kept = [load(1, 5n), store(1, 5n, 6n), load(0, 6n), store(0, 6n, 7n)];
    const locks = ['A.igate'];
    expect(
      decisiveAccesses(
        kept.map((one) => ({ ...one, locks })),
        [],
        [],
      ),
    ).toEqual([]);
  });

  test('is of what is observed the last change, and that of the other actor before it', () => {
    const accesses = [
      store(0, 0n, 0x20n, flag('bardirty')),
      store(0, 0x20n, 0x24n, flag('virq_disabled')),
      store(1, 0x24n, 0x20n, {
        ...flag('virq_disabled'),
        actor: 1,
        kind: 'store',
        before: 0x24n,
        after: 0x20n,
      }),
      store(1, 0x20n, 0x20n, {
        ...flag('virq_disabled'),
        actor: 1,
        kind: 'store',
        before: 0x20n,
        after: 0x20n,
      }),
    ].map((one, i) => ({
      ...one,
      kind: 'store' as const,
      before: [0n, 0x20n, 0x24n, 0x20n][i]!,
      after: [0x20n, 0x24n, 0x20n, 0x20n][i]!,
      locks: ['A.igate'],
    }));
    expect(decisiveAccesses(accesses, [virqDisabled], [])).toEqual([1, 2]);
    expect(decisiveAccesses(accesses, [bardirty], [])).toEqual([0]);
    // Where nothing has changed it, it is the last that meant it.
    expect(decisiveAccesses(accesses.slice(3), [virqDisabled], [])).toEqual([0]);
    expect(decisiveAccesses(accesses.slice(3), [bardirty], [])).toEqual([]);
  });

  test('is a value that is read twice and changes in between, where nothing else shows two actors', () => {
    const policy = [load(0, 0n), store(1, 0n, 1n), load(0, 1n)];
    expect(decisiveAccesses(policy, [], [])).toEqual([0, 1, 2]);
    const other = policy.map((one, i) => ({ ...one, step: i }));
    // Of two steps each has its own look: what is left is that nothing orders them.
    expect(decisiveAccesses(other, [], [])).toEqual([0, 1, 2]);
    const held = policy.map((one) => ({ ...one, locks: ['A.igate'] }));
    expect(decisiveAccesses(held, [], [])).toEqual([]);
    const atomic = policy.map((one) => ({
      ...one,
      kind: one.kind === 'store' ? ('atomic.store' as const) : ('atomic.load' as const),
    }));
    expect(decisiveAccesses(atomic, [], [])).toEqual([]);
  });

  test('is what was caught, and a lock never', () => {
    expect(decisiveAccesses([at(0), at(1)], [], [1])).toEqual([1]);
    const locked = [
      lock('acquire', { actor: 0 }),
      lock('release', { actor: 0 }),
      lock('acquire', { actor: 1 }),
    ];
    expect(decisiveAccesses(locked, [{ address: locked[0]!.address, bytes: 4, mask: 0xffffn }], [])).toEqual(
      [],
    );
  });

  test('is found among accesses of any width', () => {
    const fill = at(1, {
      kind: 'memory.fill',
      bytes: 64,
      before: null,
      after: null,
      mask: (1n << 512n) - 1n,
    });
    expect(decisiveAccesses([load(0, 0n), fill, store(0, 0n, 1n)], [], [])).toEqual([0, 1, 2]);
  });
});
