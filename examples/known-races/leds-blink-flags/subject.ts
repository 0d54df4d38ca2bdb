// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { call, returned, scenario, subject, timer } from 'lostbit';

export default subject({
  title: 'leds: an LED blinks once while its brightness is set',
  source: './leds-blink-flags.c',
  series: './fix.patch',
  reference: 'a9c6ce57ec2f ("led: core: Use atomic bit-field for the blink-flags")',
  scenarios: {
    'timer-vs-brightness': scenario({
      title: 'The blink timer, a softirq, ends the blinking while a process sets the brightness',
      setup: [call('led_blink_set_oneshot', '&led')],
      actors: {
        timer: { context: 'softirq', steps: [timer(), call('led_blink_stops', '&led')] },
        user: [call('led_set_brightness', '&led', 128), call('led_brightness_changes', '&led')],
      },
      observe: { stops: returned('timer', 1), changes: returned('user', 1) },
      outcomes: [
        { when: { stops: 1, changes: 1 }, grade: 'acceptable', note: 'both kept' },
        { when: { stops: 0 }, grade: 'forbidden', note: 'it blinks on' },
        { when: { changes: 0 }, grade: 'forbidden', note: 'the new brightness is never used' },
      ],
      expect: { failsThrough: 'base' },
    }),
  },
});
