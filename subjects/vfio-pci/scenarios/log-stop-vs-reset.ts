// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { bind, load, logStart, logStop, migStateSet, open, reset, scenario } from 'lostbit/vfio';

// Whoever stops logging writes a flag beside the mark that a reset leaves. Where the flag is lost, the device
// seems to log still, and the second stop frees once more what the first one has freed: queues, and a
// reference on the page with the PF's doorbells, of which the PF keeps one for itself.
export default scenario({
  title: 'The VMM stops logging dirty pages, twice, while a VF is reset',
  reference: 'fact 32',
  devices: { A: { mlx5: true } },
  setup: [load('mlx5'), bind('A', 'mlx5'), open('A'), migStateSet('A', 'stop'), logStart('A')],
  actors: {
    logger: [logStop('A'), logStop('A')],
    resetter: [reset('A')],
  },
  observe: { doorbells: 'A.mdev.uar.ref_count', mig_state: 'A.mig_state' },
  outcomes: [
    {
      when: { doorbells: 1, mig_state: 2 },
      grade: 'acceptable',
      note: 'freed once, and running after the reset',
    },
    { when: { doorbells: 0 }, grade: 'forbidden', note: 'stop lost: the next stop frees the tracker again' },
    {
      when: { mig_state: 1 },
      grade: 'forbidden',
      note: 'reset lost: the state stays what it was, and migration files stay open',
    },
  ],
  expect: { failsThrough: 'p3' },
});
