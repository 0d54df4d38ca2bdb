// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { bind, disableVf, load, logStart, logStop, open, scenario } from 'lostbit/vfio';

// The control: log_active and mdev_detach share a byte too, but both are written under state_mutex. The VF is
// closed and detached under two holds of it, and a start may come between them.
export default scenario({
  title: 'Control: a PF goes down while the VMM stops and starts logging dirty pages',
  reference: 'fact 34',
  devices: { A: { mlx5: true } },
  setup: [load('mlx5'), bind('A', 'mlx5'), open('A'), logStart('A')],
  actors: {
    logger: [logStop('A'), logStart('A')],
    pf: [disableVf('A')],
  },
  observe: { log_active: 'A.log_active', mdev_detach: 'A.mdev_detach' },
  outcomes: [
    { when: { log_active: 0, mdev_detach: 1 }, grade: 'acceptable', note: 'both kept, nothing logs' },
    {
      when: { log_active: 1, mdev_detach: 1 },
      grade: 'interesting',
      note: 'both kept, and a tracker that nobody will free in good time',
    },
  ],
  expect: 'holds',
});
