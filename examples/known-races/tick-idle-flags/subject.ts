// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { call, scenario, subject } from 'lostbit';

export default subject({
  title: 'time: flags of a CPU that is idle',
  source: './tick-idle-flags.c',
  series: './fix.patch',
  reference: '3ce74f1a8566 ("tick: Move got_idle_tick away from common flags")',
  scenarios: {
    'idle-loop-interrupted': scenario({
      title: 'The idle loop, a process, asks what woke the CPU, and an interrupt comes in between',
      actors: {
        idle: { cpu: 0, steps: [call('tick_nohz_idle_got_tick')] },
        interrupt: { context: 'irq', cpu: 0, steps: [call('tick_irq_enter')] },
      },
      observe: { idle_active: 'tick_cpu_sched.idle_active', got_idle_tick: 'tick_cpu_sched.got_idle_tick' },
      outcomes: [
        { when: { idle_active: 0, got_idle_tick: 0 }, grade: 'acceptable', note: 'both kept' },
        { when: { idle_active: 1 }, grade: 'forbidden', note: 'what follows is counted as idle' },
      ],
      expect: { failsThrough: 'base' },
    }),
  },
});
