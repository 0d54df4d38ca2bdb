// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { call, irq, scenario, subject } from 'lostbit';

export default subject({
  title: 'tty: what stops a terminal’s output',
  source: './tty-flow-bits.c',
  series: './fix.patch',
  reference: 'd7a855bd6ab2 ("tty: Convert tty_struct bitfield to ints")',
  scenarios: {
    'ioctl-vs-interrupt': scenario({
      title: 'A process stops the output by an ioctl while the port interrupts another CPU',
      setup: [call('serial_startup', '&uart')],
      actors: {
        ioctl: [call('tty_tcoff', '&tty')],
        cts: { context: 'irq', steps: [irq(4)] },
      },
      observe: { flow_stopped: 'tty.flow_stopped', hw_stopped: 'tty.hw_stopped' },
      outcomes: [
        { when: { flow_stopped: 1, hw_stopped: 1 }, grade: 'acceptable', note: 'both stop it' },
        { when: { flow_stopped: 0 }, grade: 'forbidden', note: 'output goes on that its user has stopped' },
        { when: { hw_stopped: 0 }, grade: 'forbidden', note: 'sent although the other side has no room' },
      ],
      expect: { failsThrough: 'base' },
    }),
    'ioctl-interrupted': scenario({
      title: 'A process stops the output by an ioctl, and the port interrupts it',
      setup: [call('serial_startup', '&uart')],
      actors: {
        ioctl: { cpu: 0, steps: [call('tty_tcoff', '&tty')] },
        cts: { context: 'irq', cpu: 0, steps: [irq(4)] },
      },
      observe: { flow_stopped: 'tty.flow_stopped', hw_stopped: 'tty.hw_stopped' },
      outcomes: [
        { when: { flow_stopped: 1, hw_stopped: 1 }, grade: 'acceptable', note: 'both stop it' },
        { when: { flow_stopped: 0 }, grade: 'forbidden', note: 'output goes on that its user has stopped' },
        { when: { hw_stopped: 0 }, grade: 'forbidden', note: 'sent although the other side has no room' },
      ],
      expect: { failsThrough: 'base' },
    }),
  },
});
