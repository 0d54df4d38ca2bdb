// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { call, returned, scenario, subject } from 'lostbit';

export default subject({
  title: 'bridge: an entry of the forwarding table',
  source: './bridge-fdb-local.c',
  series: './fix.patch',
  reference: '6869c3b02b59 ("net: bridge: fdb: convert is_local to bitops")',
  scenarios: {
    'local-vs-packet': scenario({
      title: 'A process makes an entry local while a softirq receives a packet from its address',
      actors: {
        admin: [call('fdb_add_entry', '&br', '&fdb'), call('fdb_is_local', '&fdb')],
        receive: { context: 'softirq', steps: [call('br_fdb_update', '&fdb', '&br_port')] },
      },
      observe: { is_local: returned('admin', 1), moved: 'fdb.dst', ext_learn: 'fdb.added_by_external_learn' },
      outcomes: [
        { when: { is_local: 0 }, grade: 'forbidden', note: 'not local: what is sent there leaves the host' },
        {
          when: { moved: 1, ext_learn: 1 },
          grade: 'forbidden',
          note: 'moved, but still the hardware’s to age',
        },
        { when: { moved: 1, ext_learn: 0 }, grade: 'acceptable', note: 'moved, then made local' },
        { when: { moved: 0, ext_learn: 1 }, grade: 'acceptable', note: 'local, so that it is not moved' },
      ],
      expect: { failsThrough: 'base' },
    }),
  },
});
