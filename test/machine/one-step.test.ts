// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { afterAll, describe, expect, test } from 'vitest';
import { bind, close, configRead, load, open, PCI_VENDOR_ID } from '../../subjects/vfio-pci/index.js';
import { OneMachine } from '../support/one-machine.js';
import { build, closeToolchains } from '../support/race.js';

afterAll(closeToolchains);

describe('a machine driven step by step', () => {
  test('returns what each step does, and goes on after one that fails', async () => {
    const one = await OneMachine.start(await build('base'), { A: {} });
    const returned = await one.runAll([
      open('A'),
      load('vfio-pci'),
      bind('A'),
      open('A'),
      configRead('A', PCI_VENDOR_ID, 2),
      close('A'),
    ]);
    expect(returned).toEqual([-19, 0, 0, 0, 0x1b36, 0]);
    expect(one.violations).toEqual([]);
    await one.stop();
  });
});
