// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { call, returned, scenario, subject } from 'lostbit';

export default subject({
  title: 'xfs: flags of a log item, one of them under the AIL’s lock',
  source: './xfs-log-item-flags.c',
  series: './fix.patch',
  reference: '22525c17ed13 ("xfs: log item flags are racy")',
  scenarios: {
    'ail-vs-abort': scenario({
      title: 'The log’s worker puts an item into the AIL while a process cancels a transaction with it',
      actors: {
        log: {
          context: 'workqueue',
          steps: [call('xfs_trans_ail_update', '&ail', '&item', 7), call('xfs_item_in_ail', '&item')],
        },
        cancel: [call('xfs_trans_free_items', '&item', 'true'), call('xfs_item_aborted', '&item')],
      },
      observe: { in_ail: returned('log', 1), aborted: returned('cancel', 1) },
      outcomes: [
        { when: { in_ail: 1, aborted: 1 }, grade: 'acceptable', note: 'both kept' },
        { when: { in_ail: 0 }, grade: 'forbidden', note: 'in the AIL, and inserted there again' },
        { when: { aborted: 0 }, grade: 'forbidden', note: 'written back although it is cancelled' },
      ],
      expect: { failsThrough: 'base' },
    }),
  },
});
