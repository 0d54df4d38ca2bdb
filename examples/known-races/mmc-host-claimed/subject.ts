// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { call, scenario, subject } from 'lostbit';

export default subject({
  title: 'mmc: who claims a host, and whether it is tuned again',
  source: './mmc-host-claimed.c',
  series: './fix.patch',
  reference: '901084c51a0a ("mmc: core: Avoid bitfield RMW for claim/retune flags")',
  scenarios: {
    'claim-vs-request': scenario({
      title: 'A process claims the host while the block layer’s worker hands over a request',
      actors: {
        claimer: [call('mmc_claim_host', '&host')],
        kblockd: { context: 'workqueue', steps: [call('mmc_mq_queue_rq', '&host')] },
      },
      observe: { claimed: 'host.claimed', retune_now: 'host.retune_now' },
      outcomes: [
        { when: { claimed: 1, retune_now: 1 }, grade: 'acceptable', note: 'both kept' },
        { when: { claimed: 0 }, grade: 'forbidden', note: 'claim lost: mmc_release_host() warns' },
        { when: { retune_now: 0 }, grade: 'forbidden', note: 'not tuned again before the next request' },
      ],
      expect: { failsThrough: 'base' },
    }),
  },
});
