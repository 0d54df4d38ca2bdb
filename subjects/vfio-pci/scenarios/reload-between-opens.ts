// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import {
  bind,
  close,
  type FieldPath,
  load,
  observe,
  open,
  type ParameterName,
  sequence,
  unload,
  vgaNotify,
} from 'lostbit/vfio';

/** Opened twice; between the two, vfio-pci is loaded with other parameters. */
const twice = (what: FieldPath<'A'>, before: readonly ParameterName[], after: readonly ParameterName[]) =>
  [
    load('vfio-pci', ...before),
    bind('A', 'variant'),
    open('A'),
    observe('first', what),
    close('A'),
    unload('vfio-pci'),
    load('vfio-pci', ...after),
    open('A'),
    vgaNotify(1),
    observe('second', what),
  ] as const;

// Some of what follows from the parameters is written at open and never taken back, some is asked for anew each time,
// and the arbiter asks whenever an adapter comes or goes. Whatever a device was told first has to stay.
export default sequence({
  title: "vfio-pci is loaded with other parameters between two opens of a variant driver's device",
  reference: 'fact 41',
  devices: { A: { intx: true, vga: true, belowBridge: true } },
  setup: [load('variant')],
  sequences: {
    'nointxmask on': twice('A.pci_2_3', [], ['nointxmask']),
    'nointxmask off': twice('A.pci_2_3', ['nointxmask'], []),
    'disable_vga on for the region': twice('A.has_vga', [], ['disable_vga']),
    'disable_vga off for the region': twice('A.has_vga', ['disable_vga'], []),
    'disable_vga on for decoding': twice('A.vga.decodes', [], ['disable_vga']),
    'disable_vga off for decoding': twice('A.vga.decodes', ['disable_vga'], []),
  },
  outcomes: [
    ...[0, 1, 0xc, 0xf].map((value) => ({
      when: { first: value, second: value },
      grade: 'acceptable' as const,
      note: 'as it was first opened',
    })),
    { when: {}, grade: 'forbidden', note: 'the same device, bound but once, behaves differently' },
  ],
  expect: { failsThrough: 'p4' },
});
