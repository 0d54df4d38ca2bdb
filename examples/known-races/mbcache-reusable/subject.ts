// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { call, returned, scenario, subject, work } from 'lostbit';

export default subject({
  title: 'ext4: a cache of blocks that inodes share',
  source: './mbcache-reusable.c',
  series: './fix.patch',
  reference: 'a44e84a9b776 ("ext4: fix deadlock due to mbcache entry corruption")',
  scenarios: {
    'full-vs-shrink': scenario({
      title: 'A process takes the last use of a block while the cache’s worker shrinks it',
      setup: [call('mb_cache_entry_create', '&cache')],
      actors: {
        user: [call('ext4_xattr_block_set', '&ce'), call('mb_cache_entry_reusable', '&ce')],
        shrinker: { context: 'workqueue', steps: [work(), call('mb_cache_entry_referenced', '&ce')] },
      },
      observe: { reusable: returned('user', 1), referenced: returned('shrinker', 1) },
      outcomes: [
        { when: { reusable: 0, referenced: 0 }, grade: 'acceptable', note: 'both kept' },
        { when: { reusable: 1 }, grade: 'forbidden', note: 'found for ever, and never to be had' },
        { when: { referenced: 1 }, grade: 'forbidden', note: 'stays in the cache a round longer' },
      ],
      expect: { failsThrough: 'base' },
    }),
  },
});
