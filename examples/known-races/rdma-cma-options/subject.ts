// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { call, scenario, subject } from 'lostbit';

export default subject({
  title: 'RDMA: options of a connection that were set',
  source: './rdma-cma-options.c',
  series: './fix.patch',
  reference: 'ca0c448d2b9f ("RDMA/cma: Protect RMW with qp_mutex")',
  scenarios: {
    'tos-vs-timeout': scenario({
      title: 'A process sets the type of service while another process sets the timeout',
      actors: {
        tos: [call('rdma_set_service_type', '&id', 32)],
        timeout: [call('rdma_set_ack_timeout', '&id', 14)],
      },
      observe: { tos_set: 'id.tos_set', timeout_set: 'id.timeout_set' },
      outcomes: [
        { when: { tos_set: 1, timeout_set: 1 }, grade: 'acceptable', note: 'both kept' },
        { when: { tos_set: 0 }, grade: 'forbidden', note: 'connects with the default type of service' },
        { when: { timeout_set: 0 }, grade: 'forbidden', note: 'connects with the default timeout' },
      ],
      expect: { failsThrough: 'base' },
    }),
  },
});
