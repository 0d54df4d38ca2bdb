// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { afterAll, describe, expect, test } from 'vitest';
import {
  bind,
  close,
  configRead,
  configWrite,
  type DeviceSpec,
  doorbell,
  errorEventfd,
  fail,
  faultCalls,
  hotResetInfo,
  interrupt,
  interruptServed,
  intxDisable,
  intxEnable,
  ioeventfd,
  irqInfo,
  load,
  message,
  msiDisable,
  msiEnable,
  msixDisable,
  msixEnable,
  open,
  PCI_COMMAND,
  PCI_COMMAND_INTX_DISABLE,
  PCI_COMMAND_MEMORY,
  pciError,
  regionRead,
  regionWrite,
  requestEventfd,
  type Step,
  setIrqs,
  signals,
  unbind,
  unmask,
  unmaskEventfd,
  VFIO_IRQ_SET_ACTION_TRIGGER,
  VFIO_IRQ_SET_DATA_BOOL,
  VFIO_IRQ_SET_DATA_EVENTFD,
  VFIO_IRQ_SET_DATA_NONE,
} from '../../subjects/vfio-pci/index.js';
import { OneMachine } from '../support/one-machine.js';
import { build, closeToolchains } from '../support/race.js';

afterAll(closeToolchains);

const opened = [load('vfio-pci'), bind('A'), open('A')];

/** What the steps return on an open device, after which it is closed; nothing may be caught meanwhile. */
async function returned(spec: DeviceSpec, ...steps: Step[]): Promise<number[]> {
  const one = await OneMachine.start(await build('base'), { A: spec });
  try {
    expect(await one.runAll(opened)).toEqual([0, 0, 0]);
    const all = await one.runAll(steps);
    await one.run(close('A'));
    expect(await one.runAll([open('A'), configRead('A', 0, 4), close('A'), unbind('A')])).not.toContainEqual(
      expect.toSatisfy((value: number) => value < 0),
    );
    expect(one.violations).toEqual([]);
    return all;
  } finally {
    await one.stop();
  }
}

const trigger = VFIO_IRQ_SET_ACTION_TRIGGER;
const byEventfd = VFIO_IRQ_SET_DATA_EVENTFD | trigger;

describe('MSI', () => {
  test('signals each vector its own eventfd, and none after it is taken away', async () => {
    expect(
      await returned(
        { msi: 4 },
        irqInfo('A', 'msi'),
        message('A', 1),
        msiEnable('A', 4),
        message('A', 1),
        message('A', 1),
        signals('A', 'msi', 0),
        setIrqs('A', 'msi', { flags: byEventfd, start: 1, count: 1, fd: -1 }),
        message('A', 1),
        msiDisable('A'),
        message('A', 0),
      ),
    ).toEqual([0x409, 0, 0, 1, 2, 0, 0, 2, 0, 0]);
  });
  test('is tried out by a trigger without a device: all vectors, or those that are true', async () => {
    expect(
      await returned(
        { msi: 2 },
        msiEnable('A', 2),
        setIrqs('A', 'msi', { flags: VFIO_IRQ_SET_DATA_NONE | trigger, count: 2 }),
        setIrqs('A', 'msi', { flags: VFIO_IRQ_SET_DATA_BOOL | trigger, start: 1, count: 1 }),
        signals('A', 'msi', 0),
        signals('A', 'msi', 1),
      ),
    ).toEqual([0, 0, 0, 1, 2]);
  });
  test('a close takes it away', async () => {
    const one = await OneMachine.start(await build('base'), { A: { msi: 1 } });
    await one.runAll([...opened, msiEnable('A'), close('A')]);
    expect(await one.runAll([message('A'), open('A'), message('A'), msiEnable('A'), message('A')])).toEqual([
      0, 0, 0, 0, 1,
    ]);
    expect(one.violations).toEqual([]);
    await one.stop();
  });
  test('is exclusive of INTx', async () => {
    expect(
      await returned(
        { msi: 1, intx: true },
        intxEnable('A'),
        msiEnable('A'),
        intxDisable('A'),
        msiEnable('A'),
        intxEnable('A'),
        msiDisable('A'),
        intxEnable('A'),
      ),
    ).toEqual([0, -22, 0, 0, -22, 0, 0]);
  });
  test('where the platform has fewer vectors, it says how many', async () => {
    expect(await returned({ msix: 100 }, msixEnable('A', 32, 60), msixEnable('A', 4))).toEqual([64, 0]);
  });
  test('its capability announces no more than the ioctl has set up', async () => {
    const flags = 0xa2;
    expect(
      await returned(
        { msi: 8 },
        configWrite('A', flags, 2, 0x31),
        configRead('A', flags, 2),
        msiEnable('A', 3),
        configWrite('A', flags, 2, 0x31),
        configRead('A', flags, 2),
      ),
    ).toEqual([0, 0x00, 0, 0, 0x21]);
  });
  test('a vector whose line cannot be had takes those before it along', async () => {
    expect(
      await returned(
        { msi: 4 },
        fail('request_irq', 3),
        msiEnable('A', 4),
        message('A', 0),
        msiEnable('A', 4),
        message('A', 0),
        faultCalls('request_irq'),
      ),
    ).toEqual([0, -16, 0, 0, 1, 7]);
  });
});

describe('MSI-X', () => {
  test('cannot grow while it is in use, unless the platform can', async () => {
    const grow = [msixEnable('A', 1), msixEnable('A', 1, 5), message('A', 5), message('A', 0)];
    expect(await returned({ msix: 8 }, irqInfo('A', 'msix'), ...grow)).toEqual([0x809, 0, -22, 0, 1]);
    expect(await returned({ msix: 8, dynMsix: true }, irqInfo('A', 'msix'), ...grow)).toEqual([
      0x801, 0, 0, 1, 1,
    ]);
  });
  test('its table is neither read nor written through the BAR', async () => {
    // BAR 1 begins with the table: 16 bytes a vector.
    expect(
      await returned(
        { msix: 4 },
        regionWrite('A', 1, 0x20, 4, 0x1234),
        regionRead('A', 1, 0x20, 4),
        regionRead('A', 1, 0x40, 4),
        regionWrite('A', 1, 0x40, 4, 0x5678),
        regionRead('A', 1, 0x40, 4),
        msixEnable('A', 4),
        msixDisable('A'),
      ),
    ).toEqual([0, 0xffff_ffff, 0, 0, 0x5678, 0, 0]);
  });
  test('memory that the user has switched off is on while vectors are set up, and off afterwards', async () => {
    const [, , command] = await returned(
      { msix: 2 },
      configWrite('A', PCI_COMMAND, 2, 0),
      msixEnable('A', 2),
      configRead('A', PCI_COMMAND, 2),
    );
    expect(command! & PCI_COMMAND_MEMORY).toBe(0);
  });
});

describe('INTx', () => {
  test('is unmasked by an eventfd, which passes on what came meanwhile', async () => {
    expect(
      await returned(
        { intx: true },
        intxEnable('A'),
        unmaskEventfd('A'),
        interrupt('A'),
        unmask('A'),
        signals('A', 'intx'),
        interruptServed('A'),
        unmask('A'),
        interrupt('A'),
        unmaskEventfd('A'),
        unmaskEventfd('A', false),
        interruptServed('A'),
        unmask('A'),
        interrupt('A'),
      ),
    ).toEqual([0, 0, 1, 0, 2, 2, 0, 3, -16, 0, 3, 0, 3]);
  });
  test('stays masked while the guest has it disabled', async () => {
    expect(
      await returned(
        { intx: true },
        intxEnable('A'),
        unmaskEventfd('A'),
        configWrite('A', PCI_COMMAND, 2, PCI_COMMAND_MEMORY | PCI_COMMAND_INTX_DISABLE),
        unmask('A'),
        interrupt('A'),
      ),
    ).toEqual([0, 0, 0, 0, 0]);
  });
});

describe('errors and requests', () => {
  test('are signalled to whoever asked for it', async () => {
    expect(
      await returned(
        { express: true },
        pciError('A'),
        errorEventfd('A'),
        requestEventfd('A'),
        pciError('A'),
        pciError('A'),
        unbind('A'),
        signals('A', 'request'),
        errorEventfd('A', false),
        errorEventfd('A', false),
        pciError('A'),
        setIrqs('A', 'request', { flags: VFIO_IRQ_SET_DATA_NONE | trigger, count: 1 }),
        signals('A', 'request'),
      ),
    ).toEqual([0, 0, 0, 1, 2, -16, 1, 0, -22, 2, 0, 2]);
  });
  test.each(['variant', 'mlx5'] as const)('are so with the driver %s', async (driver) => {
    const one = await OneMachine.start(await build('base'), {
      A: { mlx5: driver === 'mlx5', express: true },
    });
    await one.runAll([load(driver), bind('A', driver), open('A'), errorEventfd('A'), requestEventfd('A')]);
    expect(await one.runAll([pciError('A'), unbind('A'), signals('A', 'request')])).toEqual([1, -16, 1]);
    await one.stop();
  });
  test('a close forgets both', async () => {
    const one = await OneMachine.start(await build('base'), { A: { express: true } });
    await one.runAll([...opened, errorEventfd('A'), requestEventfd('A'), close('A'), open('A')]);
    expect(await one.runAll([pciError('A'), unbind('A'), signals('A', 'request')])).toEqual([0, -16, 0]);
    await one.stop();
  });
});

describe('an ioeventfd', () => {
  const set = ioeventfd('A', 0, 0x10, 4, 0xcafe);
  test('writes when it is signalled, and no longer when it is taken away', async () => {
    expect(
      await returned(
        {},
        set,
        set,
        doorbell('A'),
        regionRead('A', 0, 0x10, 4),
        regionWrite('A', 0, 0x10, 4, 0),
        ioeventfd('A', 0, 0x10, 4, 0xcafe, { fd: -1 }),
        ioeventfd('A', 0, 0x10, 4, 0xcafe, { fd: -1 }),
        doorbell('A'),
        regionRead('A', 0, 0x10, 4),
      ),
    ).toEqual([0, -17, 0, 0xcafe, 0, 0, -19, 0, 0]);
  });
  test('is not heard where memory is off, nor after a close', async () => {
    const one = await OneMachine.start(await build('base'), { A: {} });
    await one.runAll(opened);
    expect(
      await one.runAll([
        set,
        configWrite('A', PCI_COMMAND, 2, 0),
        doorbell('A'),
        configWrite('A', PCI_COMMAND, 2, PCI_COMMAND_MEMORY),
        regionRead('A', 0, 0x10, 4),
        close('A'),
        open('A'),
        doorbell('A'),
        regionRead('A', 0, 0x10, 4),
        set,
      ]),
    ).toEqual([0, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
    expect(one.violations).toEqual([]);
    await one.stop();
  });
  test('waits for a lock that it cannot have at once', async () => {
    expect(
      await returned({}, set, fail('down_read_trylock'), doorbell('A'), regionRead('A', 0, 0x10, 4)),
    ).toEqual([0, 0, 0, 0xcafe]);
  });
});

describe('a hot reset', () => {
  test('takes along what is on the bus', async () => {
    const devices = { A: { bus: 1 }, B: {}, C: { bus: 1 } };
    const one = await OneMachine.start(await build('base'), devices);
    await one.runAll([...opened, bind('B'), open('B')]);
    // Room for one device where there are two: 12 bytes of header, 8 a device.
    expect(await one.runAll([hotResetInfo('A'), hotResetInfo('A', 20), hotResetInfo('B')])).toEqual([
      0b101, -28, -19,
    ]);
    await one.stop();
  });
});
