// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { afterAll, describe, expect, test } from 'vitest';
import {
  bind,
  close,
  configRead,
  configWrite,
  type DeviceSpec,
  ioeventfd,
  irqInfo,
  load,
  open,
  PCI_BASE_ADDRESS_0,
  PCI_COMMAND,
  PCI_COMMAND_MEMORY,
  PCI_VENDOR_ID,
  regionRead,
  regionWrite,
} from '../../subjects/vfio-pci/index.js';
import { OneMachine } from '../support/one-machine.js';
import { build, closeToolchains } from '../support/race.js';

afterAll(closeToolchains);

async function returned(spec: DeviceSpec) {
  const one = await OneMachine.start(await build('base'), { A: spec });
  const all = await one.runAll([
    load('vfio-pci'),
    bind('A'),
    open('A'),
    configRead('A', PCI_VENDOR_ID, 4),
    configRead('A', PCI_COMMAND, 2),
    irqInfo('A', 'intx'),
    configWrite('A', PCI_BASE_ADDRESS_0, 4, 0xffff_ffff),
    configRead('A', PCI_BASE_ADDRESS_0, 4),
    configWrite('A', PCI_COMMAND, 2, 0),
    configRead('A', PCI_COMMAND, 2),
    regionWrite('A', 0, 0, 4, 7),
    regionRead('A', 0, 0, 4),
    ioeventfd('A', 0, 0, 4, 1),
    close('A'),
  ]);
  const violations = one.violations;
  await one.stop();
  return { all: all.slice(3), violations };
}

describe('a virtual function', () => {
  test('has no pin, and memory that is on whatever its COMMAND register says', async () => {
    expect(await returned({ intx: true, virtfn: true })).toEqual({
      all: [0x1057_1b36, PCI_COMMAND_MEMORY, 7, 0, 0xffff_0000, 0, 0, 0, 7, 0, 0],
      violations: [],
    });
  });
  test('is unlike a physical one in that', async () => {
    expect(await returned({ intx: true })).toEqual({
      all: [0x1057_1b36, PCI_COMMAND_MEMORY, 0x107, 0, 0xffff_0000, 0, 0, -5, -5, 0, 0],
      violations: [],
    });
  });
});
