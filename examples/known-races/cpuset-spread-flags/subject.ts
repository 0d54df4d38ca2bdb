// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { call, returned, scenario, subject } from 'lostbit';

export default subject({
  title: 'cpuset: flags that a task keeps for itself, and one that its cpuset writes there',
  source: './cpuset-spread-flags.c',
  series: './fix.patch',
  reference: '2ad654bc5e2b ("cpuset: PF_SPREAD_PAGE and PF_SPREAD_SLAB should be atomic flags")',
  scenarios: {
    'spread-vs-exec': scenario({
      title:
        'A process changes its cpuset’s memory_spread_page while another process in it executes a program',
      actors: {
        admin: [call('cpuset_update_task_spread_flag', '&tsk'), call('task_spread_page', '&tsk')],
        exec: [call('clear_used_math', '&tsk'), call('used_math', '&tsk')],
      },
      observe: { spread_page: returned('admin', 1), used_math: returned('exec', 1) },
      outcomes: [
        { when: { spread_page: 1, used_math: 0 }, grade: 'acceptable', note: 'both kept' },
        { when: { spread_page: 0 }, grade: 'forbidden', note: 'the task’s pages are not spread' },
        { when: { used_math: 1 }, grade: 'forbidden', note: 'registers are restored that nobody has saved' },
      ],
      expect: { failsThrough: 'base' },
    }),
  },
});
