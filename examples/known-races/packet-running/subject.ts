// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { call, scenario, subject } from 'lostbit';

/** What may come of it, whoever registers the hook. */
const runningAndOption = {
  observe: { running: 'po.running', auxdata: 'po.auxdata' },
  outcomes: [
    { when: { running: 1, auxdata: 1 }, grade: 'acceptable', note: 'both kept' },
    { when: { running: 0 }, grade: 'forbidden', note: 'the hook is registered a second time' },
    { when: { auxdata: 0 }, grade: 'forbidden', note: 'option lost' },
  ],
  expect: { failsThrough: 'base' },
} as const;

export default subject({
  title: 'packet: a socket is bound while options are set',
  source: './packet-running.c',
  series: './fix.patch',
  reference: 'a6361f0ca4b2 ("packet: fix bitfield update race")',
  scenarios: {
    'device-up-vs-option': scenario({
      title:
        'A process brings a device up while another process sets an option of a socket that is bound to it',
      actors: {
        up: [call('packet_notifier_up', '&po')],
        option: [call('packet_set_auxdata', '&po', 1)],
      },
      ...runningAndOption,
    }),
    'bind-vs-option': scenario({
      title: 'A process binds a socket while another process sets an option of it',
      actors: {
        bind: [call('packet_do_bind', '&po')],
        option: [call('packet_set_auxdata', '&po', 1)],
      },
      ...runningAndOption,
    }),
    'two-options': scenario({
      title: 'Two processes set an option each',
      actors: {
        auxdata: [call('packet_set_auxdata', '&po', 1)],
        origdev: [call('packet_set_origdev', '&po', 1)],
      },
      observe: { auxdata: 'po.auxdata', origdev: 'po.origdev' },
      outcomes: [{ when: { auxdata: 1, origdev: 1 }, grade: 'acceptable', note: 'both kept' }],
      expect: { failsThrough: 'base' },
    }),
  },
});
