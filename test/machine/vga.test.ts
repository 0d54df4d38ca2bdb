// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { afterAll, describe, expect, test } from 'vitest';
import {
  bind,
  close,
  deviceInfo,
  fail,
  load,
  open,
  paramWrite,
  regionInfo,
  regionRead,
  regionWrite,
  type Step,
  unload,
  VFIO_PCI_VGA_REGION_INDEX as VGA,
  vgaNotify,
} from '../../subjects/vfio-pci/index.js';
import { OneMachine } from '../support/one-machine.js';
import { build, closeToolchains, subjectOf, type Variant } from '../support/race.js';

afterAll(closeToolchains);

/** The kernel's configuration without the VGA ranges. */
const without: Variant = {
  config: { CONFIG_VFIO_PCI_VGA: false },
};

/** What the steps return on an adapter below a bridge that is bound and open. */
async function returned(stage: string, variant: Variant, steps: Step[], ...on: 'disable_vga'[]) {
  const one = await OneMachine.start(await build(stage, variant), {
    A: { vga: true, belowBridge: true, bus: 1 },
  });
  try {
    expect(await one.runAll([load('vfio-pci', ...on), bind('A'), open('A')])).toEqual([0, 0, 0]);
    const all = await one.runAll(steps);
    await one.run(close('A'));
    expect(one.violations).toEqual([]);
    return all;
  } finally {
    await one.stop();
  }
}

const memory = 0xa0000;
const ports = 0x3c0;

describe.each(['base', 'p5'])('the VGA region at %s', (stage) => {
  test('holds the legacy ranges, memory and ports', async () => {
    expect(
      await returned(stage, {}, [
        regionInfo('A', VGA),
        regionWrite('A', VGA, memory, 4, 0x1234_5678),
        regionRead('A', VGA, memory, 4),
        regionRead('A', VGA, ports, 4),
        regionWrite('A', VGA, ports, 1, 0xab),
        regionRead('A', VGA, ports, 1),
        regionRead('A', VGA, memory, 4),
      ]),
    ).toEqual([(0xc0000 << 8) | 3, 0, 0x1234_5678, 0, 0, 0xab, 0x1234_5678]);
  });
  test('has nothing between them', async () => {
    const outside = [0, 0x3af, 0x3bc, 0x3bf, 0x3e0, 0x9ffff, 0xc0000, 0xffff_ffff];
    expect(
      await returned(
        stage,
        {},
        outside.map((offset) => regionRead('A', VGA, offset, 1)),
      ),
    ).toEqual(outside.map(() => -22));
  });
  test('fails as the ranges do, and gives back what it has', async () => {
    const read = regionRead('A', VGA, memory, 4);
    expect(
      await returned(stage, {}, [
        ...[fail('vga_get_interruptible'), read],
        ...[fail('ioremap'), read],
        ...[fail('ioport_map'), regionRead('A', VGA, ports, 1)],
        ...[read, regionRead('A', VGA, ports, 1)],
      ]),
    ).toEqual([0, -512, 0, -12, 0, -12, 0, 0]);
  });
  test('is not there where it is disabled', async () => {
    expect(
      await returned(stage, {}, [regionInfo('A', VGA), regionRead('A', VGA, ports, 1)], 'disable_vga'),
    ).toEqual([-22, -22]);
  });
});

describe('without CONFIG_VFIO_PCI_VGA', () => {
  test('all stages compile', async () => {
    for (const stage of (await subjectOf('vfio-pci')).stages.names)
      expect((await build(stage, without)).bytes.length).toBeGreaterThan(0);
  });
  test.each(['base', 'p5'])(
    'at %s the VGA region is never exposed, and there is no parameter for it',
    async (stage) => {
      const info = regionInfo('A', VGA);
      expect(
        await returned(stage, without, [
          deviceInfo('A'),
          info,
          regionRead('A', VGA, ports, 1),
          regionWrite('A', VGA, memory, 4, 1),
          paramWrite('disable_vga', '0'),
          close('A'),
          unload('vfio-pci'),
          load('vfio-pci', 'disable_vga'),
          bind('A'),
          open('A'),
          info,
          vgaNotify(1),
        ]),
      ).toEqual([0x050902, -22, -22, -22, -2, 0, 0, 0, 0, 0, -22, 1]);
    },
  );
  test.each(['base', 'p5'])('at %s an adapter leaves the legacy ranges to others', async (stage) => {
    const decodes = async (variant: Variant) => {
      const one = await OneMachine.start(await build(stage, variant), {
        A: { vga: true, belowBridge: true, bus: 1 },
      });
      await one.runAll([load('vfio-pci'), bind('A')]);
      const is = one.field('slots[0].vga.decodes');
      await one.stop();
      return is;
    };
    expect(await decodes({})).toBe(0xf);
    expect(await decodes(without)).toBe(0xc);
  });
});
