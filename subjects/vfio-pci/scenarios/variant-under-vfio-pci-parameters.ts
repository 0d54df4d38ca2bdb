// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { bind, load, observe, open, type ParameterName, sequence, unload } from 'lostbit/vfio';

const usage = 'A.pdev.dev.power.usage_count';
const everything: ParameterName[] = ['nointxmask', 'disable_vga', 'disable_idle_d3'];

const seen = [
  observe('bound', usage),
  open('A'),
  observe('pci_2_3', 'A.pci_2_3'),
  observe('has_vga', 'A.has_vga'),
  observe('decodes', 'A.vga.decodes'),
] as const;

const loadedBefore = (...parameters: ParameterName[]) =>
  [load('vfio-pci', ...parameters), bind('A', 'variant'), ...seen] as const;

// vfio-pci's parameters are its own. A variant driver's devices behave the same without that module, with it, and with
// whatever parameters it has or had.
export default sequence({
  title: 'vfio-pci is loaded with parameters beside a variant driver',
  reference: 'fact 40',
  devices: { A: { intx: true, vga: true, belowBridge: true } },
  setup: [load('variant')],
  sequences: {
    'not loaded': [bind('A', 'variant'), ...seen],
    ...Object.fromEntries(everything.map((parameter) => [parameter, loadedBefore(parameter)])),
    'loaded and gone': [load('vfio-pci', ...everything), unload('vfio-pci'), bind('A', 'variant'), ...seen],
    'loaded after binding': [bind('A', 'variant'), load('vfio-pci', ...everything), ...seen],
  },
  outcomes: [
    {
      when: { bound: 0, pci_2_3: 1, has_vga: 1, decodes: 0xf },
      grade: 'acceptable',
      note: 'as without vfio-pci',
    },
    { when: { bound: 1 }, grade: 'forbidden', note: "it never idles, by another driver's policy" },
    { when: { pci_2_3: 0 }, grade: 'forbidden', note: "INTx cannot be shared, by another driver's policy" },
    { when: { has_vga: 0 }, grade: 'forbidden', note: "no VGA region, by another driver's policy" },
    { when: { decodes: 0xc }, grade: 'forbidden', note: "no legacy ranges, by another driver's policy" },
  ],
  expect: { failsThrough: 'p4' },
});
