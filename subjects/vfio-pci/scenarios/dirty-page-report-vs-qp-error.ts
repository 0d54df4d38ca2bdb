// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import {
  bind,
  load,
  logReadAndClear,
  logStart,
  objectChange,
  open,
  qpError,
  returned,
  scenario,
} from 'lostbit/vfio';

// Whoever reads the dirty pages waits, uninterruptibly and holding state_mutex, for a report or an error. Each
// event sets a flag and wakes the reader, which clears one of the two. The first event comes in the set-up, so
// that there is something to clear; no report ever comes.
export default scenario({
  title: 'The queue pair of a page tracker breaks while the VMM reads the dirty pages',
  reference: 'fact 35',
  devices: { A: { mlx5: true } },
  setup: [load('mlx5'), bind('A', 'mlx5'), open('A'), logStart('A'), objectChange('A')],
  actors: {
    reader: [logReadAndClear('A')],
    adapter: [qpError('A')],
  },
  observe: {
    read: returned('reader'),
    is_err: 'A.tracker.is_err',
    object_changed: 'A.tracker.object_changed',
  },
  outcomes: [
    {
      when: { read: -5, is_err: 1, object_changed: 0 },
      grade: 'acceptable',
      note: 'the read ends with -EIO',
    },
    {
      when: { read: -5, is_err: 1 },
      grade: 'acceptable',
      note: 'the same, and the change is left for the next read to ask about',
    },
    {
      when: { is_err: 0 },
      grade: 'forbidden',
      note: 'error lost: the reader waits forever, with state_mutex held',
    },
  ],
  expect: { failsThrough: 'p3' },
});
