// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import {
  bind,
  close,
  errorEventfd,
  interrupt,
  intxDisable,
  intxEnable,
  load,
  message,
  msiDisable,
  msiEnable,
  msixEnable,
  open,
  requestEventfd,
  sequence,
  unmask,
  unmaskEventfd,
} from 'lostbit/vfio';

export default sequence({
  title: 'Any call fails while interrupts are set up, changed and taken away',
  devices: { A: { intx: true, msi: 4, msix: 4, dynMsix: true, express: true } },
  setup: [load('vfio-pci'), bind('A'), open('A')],
  sequences: {
    INTx: [
      intxEnable('A'),
      unmaskEventfd('A'),
      interrupt('A'),
      unmask('A'),
      intxEnable('A'),
      intxDisable('A'),
    ],
    MSI: [msiEnable('A', 3), message('A', 1), msiEnable('A', 1, 1), msiDisable('A')],
    'MSI-X': [msixEnable('A', 2), msixEnable('A', 1, 3), message('A', 3)],
    'errors and requests': [
      errorEventfd('A'),
      requestEventfd('A'),
      requestEventfd('A'),
      errorEventfd('A', false),
    ],
    'until the close': [msiEnable('A', 2), errorEventfd('A'), close('A')],
  },
  sweepFaults: true,
  expect: 'holds',
});
