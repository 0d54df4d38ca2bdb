// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { bind, load, logStart, migStateSet, open, reset, scenario } from 'lostbit/vfio';

// A reset marks itself as deferred under a spinlock of its own, and leaves the rest to whoever holds
// state_mutex; that one, starting to log, sets a flag beside the mark. The device is stopped before, so that
// a reset which was heeded shows: it runs again.
export default scenario({
  title: 'The VMM starts logging dirty pages while a VF is reset',
  reference: 'fact 31',
  devices: { A: { mlx5: true } },
  setup: [load('mlx5'), bind('A', 'mlx5'), open('A'), migStateSet('A', 'stop')],
  actors: {
    logger: [logStart('A')],
    resetter: [reset('A')],
  },
  observe: { log_active: 'A.log_active', mig_state: 'A.mig_state' },
  outcomes: [
    {
      when: { log_active: 1, mig_state: 2 },
      grade: 'acceptable',
      note: 'logging, and running after the reset',
    },
    {
      when: { log_active: 0 },
      grade: 'forbidden',
      note: 'start lost: nothing frees the tracker, and the next start overwrites it',
    },
    {
      when: { mig_state: 1 },
      grade: 'forbidden',
      note: 'reset lost: the state stays what it was, and migration files stay open',
    },
  ],
  expect: { failsThrough: 'p3' },
});
