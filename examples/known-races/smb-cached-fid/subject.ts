// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { call, scenario, subject } from 'lostbit';

export default subject({
  title: 'smb: the handle of a directory that is kept open under a lease',
  source: './smb-cached-fid.c',
  series: './fix.patch',
  reference: 'ec306600d5ba ("smb: client: split cached_fid bitfields to avoid shared-byte RMW races")',
  scenarios: {
    'open-vs-lease-break': scenario({
      title: 'A process marks a handle open while the socket’s thread, another process, ends its lease',
      actors: {
        opener: [call('open_cached_dir', '&cfid')],
        cifsd: [call('cached_dir_lease_break', '&cfids', '&cfid')],
      },
      observe: { is_open: 'cfid.is_open', has_lease: 'cfid.has_lease', on_list: 'cfid.on_list' },
      outcomes: [
        { when: { is_open: 1, has_lease: 0, on_list: 0 }, grade: 'acceptable', note: 'open, and given up' },
        { when: { is_open: 0 }, grade: 'forbidden', note: 'never closed on the server' },
        { when: { has_lease: 1 }, grade: 'forbidden', note: 'its reference is dropped a second time' },
        { when: { on_list: 1 }, grade: 'forbidden', note: 'taken off the list a second time' },
      ],
      expect: { failsThrough: 'base' },
    }),
  },
});
