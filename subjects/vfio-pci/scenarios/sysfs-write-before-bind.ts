// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { bind, load, observe, open, paramWrite, sequence } from 'lostbit/vfio';

const usage = 'A.pdev.dev.power.usage_count';
const maskable = 'A.pci_2_3';

// Both parameters can be written in sysfs. Whoever writes one expects it to hold for what is bound from then on.
export default sequence({
  title: "A parameter of vfio-pci's is written in sysfs before a device is bound",
  reference: 'fact 38',
  devices: { A: { intx: true } },
  sequences: {
    'stay awake': [
      load('vfio-pci'),
      observe('written', paramWrite('disable_idle_d3', 'Y')),
      bind('A'),
      observe('usage_awake', usage),
    ],
    idle: [
      load('vfio-pci', 'disable_idle_d3'),
      observe('written', paramWrite('disable_idle_d3', 'N')),
      bind('A'),
      observe('usage_idle', usage),
    ],
    'do not mask INTx': [
      load('vfio-pci'),
      observe('written', paramWrite('nointxmask', 'Y')),
      bind('A'),
      open('A'),
      observe('pci_2_3_denied', maskable),
    ],
    'mask INTx': [
      load('vfio-pci', 'nointxmask'),
      observe('written', paramWrite('nointxmask', 'N')),
      bind('A'),
      open('A'),
      observe('pci_2_3_allowed', maskable),
    ],
  },
  outcomes: [
    { when: { written: 0, usage_awake: 1 }, grade: 'acceptable', note: 'it stays awake' },
    { when: { written: 0, usage_idle: 0 }, grade: 'acceptable', note: 'it may idle' },
    {
      when: { written: 0, pci_2_3_denied: 0 },
      grade: 'acceptable',
      note: 'INTx is masked at the controller',
    },
    { when: { written: 0, pci_2_3_allowed: 1 }, grade: 'acceptable', note: 'INTx is masked in the device' },
    { when: { written: 0 }, grade: 'forbidden', note: 'the write succeeded, and reached nobody' },
  ],
  expect: { failsThrough: 'p4' },
});
