// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { bind, disableVf, enableVf, load, migStateSet, open, reset, scenario } from 'lostbit/vfio';

// The same with the way back: the PF's driver goes down and comes up again, as when the adapter is reset.
export default scenario({
  title: 'A PF goes down and comes up again while one of its VFs is reset',
  reference: 'fact 33',
  devices: { A: { mlx5: true } },
  setup: [load('mlx5'), bind('A', 'mlx5'), open('A'), migStateSet('A', 'stop')],
  actors: {
    pf: [disableVf('A'), enableVf('A')],
    resetter: [reset('A')],
  },
  observe: { mdev_detach: 'A.mdev_detach', mig_state: 'A.mig_state' },
  outcomes: [
    {
      when: { mdev_detach: 0, mig_state: 2 },
      grade: 'acceptable',
      note: 'attached, and running after the reset',
    },
    {
      when: { mdev_detach: 1 },
      grade: 'forbidden',
      note: 'attach lost: every command returns -ENOTCONN for good',
    },
    {
      when: { mig_state: 1 },
      grade: 'forbidden',
      note: 'reset lost: the state stays what it was, and migration files stay open',
    },
  ],
  expect: { failsThrough: 'p3' },
});
