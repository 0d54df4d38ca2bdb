// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { bind, load, sequence } from 'lostbit/vfio';

// Registration can fail after the arbiter was told of the driver; what was told it stays told until patch 2.
export default sequence({
  title: 'Any call fails while a driver is bound to a VGA adapter',
  reference: 'fact 18',
  devices: { A: { vga: true, belowBridge: true } },
  setup: [load('vfio-pci', 'disable_vga'), load('variant')],
  sequences: { 'vfio-pci': [bind('A')], variant: [bind('A', 'variant')] },
  sweepFaults: true,
  expect: { failsThrough: 'p1' },
});
