// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { bind, disableVf, load, migStateSet, open, reset, scenario } from 'lostbit/vfio';

// The PF tells its VFs' drivers before it goes. What they note of that lies beside the mark of a reset.
export default scenario({
  title: 'A PF goes down while one of its VFs is reset',
  reference: 'fact 33',
  devices: { A: { mlx5: true } },
  setup: [load('mlx5'), bind('A', 'mlx5'), open('A'), migStateSet('A', 'stop')],
  actors: {
    pf: [disableVf('A')],
    resetter: [reset('A')],
  },
  observe: { mdev_detach: 'A.mdev_detach', mig_state: 'A.mig_state' },
  outcomes: [
    {
      when: { mdev_detach: 1, mig_state: 2 },
      grade: 'acceptable',
      note: 'detached, and running after the reset',
    },
    {
      when: { mdev_detach: 0 },
      grade: 'forbidden',
      note: 'detach lost: commands go to a PF that is being torn down',
    },
    {
      when: { mig_state: 1 },
      grade: 'forbidden',
      note: 'reset lost: the state stays what it was, and migration files stay open',
    },
  ],
  expect: { failsThrough: 'p3' },
});
