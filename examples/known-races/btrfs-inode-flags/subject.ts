// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { call, returned, scenario, subject } from 'lostbit';

export default subject({
  title: 'btrfs: flags of an inode, each with another lock',
  source: './btrfs-inode-flags.c',
  series: './fix.patch',
  reference: '72ac3c0d7921 ("Btrfs: convert the inode bit field to use the actual bit operations")',
  scenarios: {
    'defrag-vs-reserve': scenario({
      title: 'A process has an inode defragmented while another process reserves metadata for it',
      actors: {
        defrag: [call('btrfs_add_inode_defrag', '&inode'), call('btrfs_inode_in_defrag', '&inode')],
        writer: [
          call('btrfs_delalloc_reserve_metadata', '&inode'),
          call('btrfs_inode_meta_reserved', '&inode'),
        ],
      },
      observe: { in_defrag: returned('defrag', 1), delalloc_meta_reserved: returned('writer', 1) },
      outcomes: [
        { when: { in_defrag: 1, delalloc_meta_reserved: 1 }, grade: 'acceptable', note: 'both kept' },
        { when: { in_defrag: 0 }, grade: 'forbidden', note: 'queued a second time' },
        {
          when: { delalloc_meta_reserved: 0 },
          grade: 'forbidden',
          note: 'the reservation is never given back',
        },
      ],
      expect: { failsThrough: 'base' },
    }),
  },
});
