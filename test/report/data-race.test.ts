// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { describe, expect, test } from 'vitest';
import type { DataRace, RaceSide } from '../../src/engine/interleaving.js';
import { dataRaceJson, dataRaceText } from '../../src/report/data-race.js';
import { access, flag, lostBarWrite } from './executions.js';
import { foundRace } from './results.js';

const [, , , , , , , , moved, , masked] = lostBarWrite.accesses;
const masker: RaceSide = { ...masked!, task: 'masker' };
const mover: RaceSide = { ...moved!, task: 'mover', locks: ['A.igate', 'A.irqlock'] };
const race: DataRace = {
  kind: 'bit-field',
  sides: [mover, masker],
  pairs: 1,
  count: 12,
  schedule: 'intx-mask-vs-bar-write@base.fine:3f2a9c01d2e4b5a6:A1zB2A9:2fae91ba',
};

/** The sentence that says what a race comes to. */
const sentence = (change: Partial<DataRace>) =>
  dataRaceText({ ...race, ...change }, 1000)
    .split('\n')
    .find((line) => /share|orders|overlap/.test(line));

describe('a data race', () => {
  test("has KCSAN's shape", () => {
    expect(dataRaceText(race, 80)).toMatchInlineSnapshot(`
      "==================================================================
      BUG: lostbit: data-race in follow_virtual_intx_disable / vfio_basic_config_write

      write to 0x10a510 (A.bardirty) of 1 bytes by task 'mover' (process):
       vfio_basic_config_write vfio/pci/vfio_pci_config.c:344
       vfio_pci_config_rw vfio/pci/vfio_pci_config.c:620
      locks held: A.igate, A.irqlock

      write to 0x10a510 (A.virq_disabled) of 1 bytes by task 'masker' (process):
       follow_virtual_intx_disable vfio/pci/vfio_pci_config.c:322
       vfio_pci_config_rw vfio/pci/vfio_pci_config.c:620
      no locks held

      value changed: 0x20 -> 0x04

      bardirty and virq_disabled share the byte at A+0x110: writing one also rewrites
        the other
        mover:  bits 0x20 of 0xff at A+0x110 (A.bardirty)
        masker: bits 0x04 of 0xff at A+0x110 (A.virq_disabled)
      seen in 12 executions
      schedule: intx-mask-vs-bar-write@base.fine:3f2a9c01d2e4b5a6:A1zB2A9:2fae91ba
      =================================================================="
    `);
  });

  test('takes the room there is', () => {
    expect(dataRaceText(race, 120)).toMatchInlineSnapshot(`
      "==================================================================
      BUG: lostbit: data-race in follow_virtual_intx_disable / vfio_basic_config_write

      write to 0x10a510 (A.bardirty) of 1 bytes by task 'mover' (process):
       vfio_basic_config_write vfio/pci/vfio_pci_config.c:344
       vfio_pci_config_rw vfio/pci/vfio_pci_config.c:620
      locks held: A.igate, A.irqlock

      write to 0x10a510 (A.virq_disabled) of 1 bytes by task 'masker' (process):
       follow_virtual_intx_disable vfio/pci/vfio_pci_config.c:322
       vfio_pci_config_rw vfio/pci/vfio_pci_config.c:620
      no locks held

      value changed: 0x20 -> 0x04

      bardirty and virq_disabled share the byte at A+0x110: writing one also rewrites the other
        mover:  bits 0x20 of 0xff at A+0x110 (A.bardirty)
        masker: bits 0x04 of 0xff at A+0x110 (A.virq_disabled)
      seen in 12 executions
      schedule: intx-mask-vs-bar-write@base.fine:3f2a9c01d2e4b5a6:A1zB2A9:2fae91ba
      =================================================================="
    `);
  });

  test('says which of two flags a single write takes along', () => {
    const reader = { ...flag('virq_disabled'), task: 'masker' };
    expect(sentence({ sides: [reader, mover] })).toBe(
      'virq_disabled and bardirty share the byte at A+0x110: a write of bardirty writes back the other',
    );
    const wide = { ...mover, bytes: 4 };
    expect(sentence({ sides: [masker, wide] })).toContain('share the 4 bytes at A+0x110: writing one');
  });

  test.each<[Partial<RaceSide>, Partial<RaceSide>, string, string]>([
    [{}, { kind: 'store' }, 'read to 0x300 (A.irq_type)', 'read by one and written by the other'],
    [{ kind: 'store' }, { kind: 'memory.fill' }, 'write to 0x300 (A.irq_type)', 'written by both'],
    [{ kind: 'atomic.rmw' }, { kind: 'store' }, 'read-write (marked) to 0x300', 'written by both'],
    [{ kind: 'atomic.store' }, {}, 'write (marked) to 0x300', 'read by one and written by the other'],
    [{ kind: 'atomic.load' }, { kind: 'store' }, 'read (marked) to 0x300', 'read by one'],
    [{ kind: 'atomic.cmpxchg', after: 1n }, {}, 'read-write (marked) to 0x300', 'read by one'],
    [{ kind: 'atomic.cmpxchg' }, { kind: 'store' }, 'read (marked) to 0x300', 'read by one'],
  ])('of one field, case %#', (one, other, head, meaning) => {
    const side = (task: string, of: Partial<RaceSide>) => ({
      ...access({ address: 0x300, fields: ['A.irq_type'] }),
      task,
      ...of,
    });
    const plain: DataRace = { ...race, kind: 'plain', sides: [side('a', one), side('b', other)] };
    expect(dataRaceText(plain, 80)).toContain(`\n${head}`);
    expect(sentence(plain)).toContain(`A.irq_type is ${meaning}`);
  });

  test('does not name one of two fields where nothing says which it is', () => {
    const oneOf = ['A.virq_disabled', 'A.bardirty'];
    const either = { ...masker, fields: [], oneOf, mask: 0x24n, unsure: 0x24n };
    const line = { file: 'vfio/pci/vfio_pci_config.c', line: 340, nearest: true } as const;
    const unclear: DataRace = {
      ...race,
      kind: 'unclear',
      sides: [mover, { ...either, stack: [{ function: 'either', ...line }] }],
    };
    const text = dataRaceText(unclear, 200);
    expect(text).toContain("(one of A.virq_disabled, bardirty) of 1 bytes by task 'masker'");
    expect(text).toContain('\n either vfio/pci/vfio_pci_config.c:340 (nearest line)\n');
    expect(sentence(unclear)).toBe(
      'bardirty and one of A.virq_disabled, bardirty share the byte at A+0x110, and may be the same field: the compiler has made one access of several',
    );
    expect(dataRaceJson(foundRace(unclear)).sides[1]).toMatchObject({ fields: [], oneOf });
    expect(dataRaceJson(foundRace(unclear)).sides[0]).not.toHaveProperty('oneOf');
  });

  test('of accesses of different widths names both', () => {
    const wide = { ...access({ address: 0x300, bytes: 4, place: 'A+0x200' }), task: 'a' };
    const narrow = { ...access({ address: 0x302, kind: 'store', place: 'A+0x202' }), task: 'b' };
    for (const sides of [
      [wide, narrow],
      [narrow, wide],
    ] as const) {
      expect(sentence({ kind: 'mixed-width', sides })).toBe(
        "the 4 bytes at A+0x200 and the 1 byte at A+0x202 overlap: one access covers part of the other's",
      );
    }
  });

  test('is titled by the functions in one order, and by ? where none is known', () => {
    const title = (...sides: [RaceSide, RaceSide]) => dataRaceText({ ...race, sides }, 80).split('\n')[1];
    expect(title(masker, mover)).toBe(title(mover, masker));
    expect(title({ ...masker, stack: [] }, mover)).toBe(
      'BUG: lostbit: data-race in ? / vfio_basic_config_write',
    );
  });

  test('shows the values of the later write, as far as they are known', () => {
    const values = (...sides: [RaceSide, RaceSide]) =>
      dataRaceText({ ...race, sides }, 80)
        .split('\n')
        .filter((line) => line.startsWith('value'));
    const reader = { ...flag('virq_disabled'), task: 'masker' };
    expect(values(mover, masker)).toEqual(['value changed: 0x20 -> 0x04']);
    expect(values(masker, mover)).toEqual(['value changed: 0x00 -> 0x20']);
    expect(values(mover, reader)).toEqual(['value changed: 0x00 -> 0x20']);
    expect(values({ ...mover, before: 0x20n }, reader)).toEqual(['value unchanged: 0x20']);
    expect(values({ ...mover, before: null, after: null, bytes: 64 }, reader)).toEqual([]);
    expect(dataRaceText({ ...race, sides: [{ ...mover, bytes: 64 }, reader] }, 80)).toContain(
      'mover:  all bits',
    );
  });
});
