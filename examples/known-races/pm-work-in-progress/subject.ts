// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { call, scenario, subject } from 'lostbit';

export default subject({
  title: 'power: what devices that suspend do to their parent',
  source: './pm-work-in-progress.c',
  series: './fix.patch',
  reference: '0491f3f9f664 ("PM: sleep: core: Avoid bit field races related to work_in_progress")',
  scenarios: {
    'two-children': scenario({
      title: 'Two workers suspend two children of a device at the same time',
      actors: {
        keyboard: { context: 'workqueue', steps: [call('async_suspend', '&keyboard')] },
        disk: { context: 'workqueue', steps: [call('async_suspend', '&disk')] },
      },
      observe: { wakeup_path: 'hub.power.wakeup_path', work_in_progress: 'hub.power.work_in_progress' },
      outcomes: [
        { when: { wakeup_path: 1, work_in_progress: 1 }, grade: 'acceptable', note: 'both kept' },
        { when: { wakeup_path: 0 }, grade: 'forbidden', note: 'the keyboard does not wake the system up' },
        { when: { work_in_progress: 0 }, grade: 'forbidden', note: 'the parent is suspended twice' },
      ],
      expect: { failsThrough: 'base' },
    }),
  },
});
