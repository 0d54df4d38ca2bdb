// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
// Checked by the compiler alone: each expected error below must be one, or `npm run check` fails.

import * as vfio from 'lostbit/vfio';
import {
  bind,
  call,
  configRead,
  fail,
  load,
  observe,
  open,
  returned,
  scenario,
  sequence,
  work,
} from 'lostbit/vfio';

const good = {
  title: 'inference',
  setup: [],
  outcomes: [{ when: { x: 1 }, grade: 'acceptable', note: '' }],
} as const;

scenario({
  ...good,
  devices: { A: { intx: true, msi: 4, dynMsix: true, virtfn: false, denylisted: false }, B: {} },
  setup: [load('vfio-pci'), fail('kmalloc', 0), bind('A'), open('A')],
  actors: {
    one: [configRead('A', 0, 4)],
    two: { context: 'softirq', steps: [open('B'), work(), call('vfio_pci_probe', 0, 0)] },
  },
  observe: { x: 'A.virq_disabled', y: returned('one') },
  exclusive: ['A.virq_disabled', 'B.bardirty'],
  outcomes: [{ when: { x: 1, y: null }, grade: 'interesting', note: '' }],
  expect: { fine: 'holds', wide: { failsThrough: 'p2' } },
});

sequence({
  title: 'in order',
  devices: { A: {} },
  steps: [load('vfio-pci'), observe('x', 'A.bardirty'), observe('y', open('A')), observe('z', work())],
  outcomes: [{ when: { x: 1, y: 0, z: 0 }, grade: 'forbidden', note: '' }],
});

// @ts-expect-error a step that there is not
vfio.opne('A');
// @ts-expect-error a width that config space has not
configRead('A', 0, 3);
// @ts-expect-error a module that there is not
load('vfio-pcie');
// @ts-expect-error a fault that there is not
fail('kmaloc');
// @ts-expect-error a kind of interrupt that there is not
vfio.irqInfo('A', 'msi-x');

scenario({
  ...good,
  devices: { A: {} },
  // @ts-expect-error a device that is not plugged in
  actors: { one: [open('B')], two: [] },
  observe: { x: 'A.virq_disabled' },
});

scenario({
  ...good,
  devices: { A: {} },
  actors: { one: [open('A')], two: [] },
  // @ts-expect-error a misspelt actor
  observe: { x: returned('tow') },
});

scenario({
  ...good,
  devices: { A: {} },
  actors: { one: [open('A')], two: [] },
  // @ts-expect-error a field of a device that is not plugged in
  observe: { x: 'B.virq_disabled' },
});

scenario({
  ...good,
  devices: { A: {} },
  actors: { one: [open('A')], two: [] },
  observe: { x: 'A.virq_disabled' },
  // @ts-expect-error a field of a device that is not plugged in
  exclusive: ['B.virq_disabled'],
});

scenario({
  ...good,
  devices: { A: {} },
  actors: { one: [open('A')], two: [] },
  observe: { x: 'A.virq_disabled' },
  // @ts-expect-error a wrong grade
  outcomes: [{ when: {}, grade: 'forbiden', note: '' }],
});

scenario({
  ...good,
  devices: { A: {} },
  actors: { one: [open('A')], two: [] },
  observe: { x: 'A.virq_disabled' },
  // @ts-expect-error an observation that there is not
  outcomes: [{ when: { z: 1 }, grade: 'forbidden', note: '' }],
});

sequence({
  title: 'in order',
  devices: { A: {} },
  // @ts-expect-error a step on a device that is not plugged in
  steps: [observe('x', open('B'))],
});

sequence({
  title: 'in order',
  devices: { A: {} },
  steps: [observe('x', open('A'))],
  // @ts-expect-error an observation that there is not
  outcomes: [{ when: { z: 1 }, grade: 'forbidden', note: '' }],
});
