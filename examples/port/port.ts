// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { call, scenario } from 'lostbit';

//   npx lostbit verify --scenario examples/port/port.ts --series examples/port/fix.patch
export default scenario({
  title: 'A port is throttled while it sends',
  source: './port.c',
  actors: {
    sender: [call('port_send', '&port')],
    receiver: [call('port_throttle', '&port')],
  },
  observe: { busy: 'port.busy', stopped: 'port.stopped' },
  outcomes: [
    { when: { busy: 1, stopped: 1 }, grade: 'acceptable', note: 'both kept' },
    { when: { busy: 0 }, grade: 'forbidden', note: 'a second sender begins' },
    { when: { stopped: 0 }, grade: 'forbidden', note: 'the other side sends on' },
  ],
  expect: { failsThrough: 'base' },
});
