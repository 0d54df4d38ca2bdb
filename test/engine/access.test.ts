// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { afterAll, describe, expect, test } from 'vitest';
import { clearViolations } from '../../src/engine/violations.js';
import { StructView } from '../../src/machine/struct-view.js';
import { bind, load, unbind } from '../../subjects/vfio-pci/index.js';
import { OneMachine } from '../support/one-machine.js';
import { build, closeToolchains } from '../support/race.js';

afterAll(closeToolchains);

/** A machine with a device bound, its device structs' places, and a way to report accesses of it. */
async function bound(shadow = true) {
  const one = await OneMachine.start(await build('p5'), { A: { intx: true } }, { shadow });
  const { machine } = one;
  await one.runAll([load('vfio-pci'), bind('A')]);
  const arena = new StructView(
    machine.debugInfo.struct('stub_arena'),
    machine.memory,
    machine.global('lab_instances').get('start'),
  );
  const vdev = one.field('slots[0].vdev');
  const { size } = machine.debugInfo.struct('vfio_pci_core_device');
  const access = (address: number, bytes: number, how: 0 | 1 | 2 = 0) =>
    machine.call(0, 'stub_check_access', address, bytes, how);
  return { one, machine, arena, vdev, size, access };
}

describe('an access', () => {
  test('of what is there passes', async () => {
    const { one, machine, arena, vdev, size, access } = await bound();
    for (const bytes of [1, 2, 4, 8]) {
      await access(vdev, bytes);
      await access(vdev + size - bytes, bytes, 1);
    }
    await access(vdev, size, 1);
    await access(vdev + 5, 7, 2);
    await access(vdev, 0);
    await access(arena.address, arena.type.size);
    await access(arena.get('own'), 16);
    await access(machine.global('lab_scenario').address, 4096);
    await access(machine.debugInfo.variable('stub_spins').address, 4);
    await access(4096, 4);
    expect(one.found).toEqual([]);
    await one.stop();
  });

  test.each([
    [0, 4, 0, 'a load of 4 bytes'],
    [16, 1, 1, 'a store of 1 byte)'],
    [4095, 8, 2, 'an atomic access of 8 bytes'],
  ] as const)('through a NULL pointer is caught: %i, %i bytes', async (address, bytes, how, message) => {
    const { one, access } = await bound();
    await access(address, bytes, how);
    expect(one.found).toMatchObject([
      { kind: 'null-access', object: `0x${address.toString(16)}`, message: expect.stringContaining(message) },
    ]);
    await one.stop();
  });

  test('is caught with its own stack alone, however many were caught and cleared before', async () => {
    const { one, machine, access } = await bound();
    await access(0, 4);
    const [first] = one.found;
    for (let i = 0; i < 30; i++) {
      clearViolations(machine);
      await access(0, 4);
      expect(one.found).toEqual([first]);
    }
    await one.stop();
  });

  test('of freed memory is caught, from its first byte to its last', async () => {
    const { one, vdev, size, access } = await bound();
    await one.run(unbind('A'));
    for (const at of [0, 3, 8, size - 1]) await access(vdev + at, 1);
    expect(one.found).toMatchObject([{ kind: 'use-after-free', count: 4 }]);
    await one.stop();
  });

  test('beside objects is caught', async () => {
    const { one, machine, arena, vdev, size, access } = await bound();
    // A header in front, and what was never given out.
    const wrong: [number, number][] = [
      [vdev - 1, 1],
      [vdev - 4, 8],
      [vdev + size - 1, 2],
      [vdev + size, 1],
      [vdev, size + 1],
      [arena.get('first.next') + 64, 4],
      [arena.get('end') - 1, 1],
    ];
    for (const [address, bytes] of wrong) await access(address, bytes, 1);
    expect(one.found.map(({ kind }) => kind).filter((kind) => kind !== 'out-of-bounds')).toEqual([]);
    expect(machine.global('stub_violations').get('count')).toBe(wrong.length);
    await access(arena.get('end'), 4);
    expect(machine.global('stub_violations').get('count')).toBe(wrong.length);
    await one.stop();
  });

  test('is held against what memory is after it was put back', async () => {
    const { one, machine, vdev, access } = await bound();
    const used = await machine.call(0, 'lab_instance_bytes');
    machine.global('lab_instances').set('snapshot', machine.allocate(used));
    await machine.call(0, 'lab_snapshot');
    await one.run(unbind('A'));
    await machine.call(0, 'lab_restore', 0);
    await access(vdev, 4);
    expect(one.found).toEqual([]);
    await one.run(unbind('A'));
    await access(vdev, 4);
    expect(one.violations).toEqual(['use-after-free']);
    await one.stop();
  });

  test('is not looked at without a shadow, but for NULL pointers', async () => {
    const { one, vdev, access } = await bound(false);
    await one.run(unbind('A'));
    await access(vdev, 4);
    await access(vdev - 1, 1);
    expect(one.found).toEqual([]);
    await access(0, 4);
    expect(one.violations).toEqual(['null-access']);
    await one.stop();
  });
});

test('no data of a module lies in the first page', async () => {
  const { one, machine } = await bound(false);
  for (const name of ['lab_scenario', 'lab_workers', 'stub_violations', 'stub_spins'])
    expect(machine.debugInfo.variable(name).address).toBeGreaterThanOrEqual(4096);
  await one.stop();
});
