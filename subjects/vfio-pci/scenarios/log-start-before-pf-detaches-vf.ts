// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { bind, disableVf, load, logStart, logStop, open, scenario } from 'lostbit/vfio';

// No bit-field is to blame here, and no patch of the series is about it: when its PF goes down, a VF is closed,
// which frees its page tracker, and then marked as detached, under two holds of state_mutex. A start that comes
// between them succeeds; whatever ends it finds a tracker of a PF that has gone, and warns.
export default scenario({
  title: 'The VMM starts logging dirty pages between the two steps in which a PF takes a VF away',
  devices: { A: { mlx5: true } },
  setup: [load('mlx5'), bind('A', 'mlx5'), open('A')],
  actors: {
    logger: [logStart('A'), logStop('A')],
    pf: [disableVf('A')],
  },
  observe: { log_active: 'A.log_active', mdev_detach: 'A.mdev_detach' },
  outcomes: [{ when: { log_active: 0, mdev_detach: 1 }, grade: 'acceptable', note: 'both kept' }],
  expect: 'fails',
});
