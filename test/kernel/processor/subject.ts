// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { type Actor, call, irq, returned, scenario, subject, timer } from 'lostbit';

const interrupt: Actor = { context: 'irq', cpu: 0, steps: [irq(3)] };
const softirq: Actor = { context: 'softirq', cpu: 0, steps: [timer()] };
/** What a handler has RCU call back comes as a softirq, behind it. */
const callback: Actor = { context: 'irq', cpu: 0, steps: [irq(4)] };

/** The function runs, and is interrupted. */
const of = (name: string, other: Actor, expect: 'fails' | 'holds') =>
  scenario({
    title: `${name}() is interrupted`,
    setup: [call('begin')],
    actors: { task: { cpu: 0, steps: [call(name)] }, other },
    observe: { task: 'flags.task', other: 'flags.other' },
    outcomes: [{ when: { task: 1, other: 1 }, grade: 'acceptable', note: 'both are set' }],
    expect,
  });

export default subject({
  title: 'A task and who interrupts it',
  source: './processor.c',
  scenarios: {
    'plain-interrupted': of('plain', interrupt, 'fails'),
    'irqs-off-interrupted': of('irqs_off', interrupt, 'holds'),
    'irqs-saved-interrupted': of('irqs_saved', interrupt, 'holds'),
    'irqs-on-too-early-interrupted': of('irqs_on_too_early', interrupt, 'fails'),
    'softirqs-off-interrupted': of('softirqs_off', interrupt, 'fails'),
    'locked-interrupted': of('locked', interrupt, 'fails'),
    'locked-irq-interrupted': of('locked_irq', interrupt, 'holds'),
    'locked-irqsave-interrupted': of('locked_irqsave', interrupt, 'holds'),
    'locked-bh-interrupted': of('locked_bh', interrupt, 'fails'),
    'waits-interrupted': of('waits', interrupt, 'holds'),
    'plain-softirq': of('plain', softirq, 'fails'),
    'irqs-off-softirq': of('irqs_off', softirq, 'holds'),
    'softirqs-off-softirq': of('softirqs_off', softirq, 'holds'),
    'locked-softirq': of('locked', softirq, 'fails'),
    'locked-irqsave-softirq': of('locked_irqsave', softirq, 'holds'),
    'locked-bh-softirq': of('locked_bh', softirq, 'holds'),
    'plain-callback': of('plain', callback, 'fails'),
    'irqs-off-callback': of('irqs_off', callback, 'holds'),
    'softirqs-off-callback': of('softirqs_off', callback, 'holds'),
    'locked-callback': of('locked', callback, 'fails'),
    'locked-bh-callback': of('locked_bh', callback, 'holds'),
    'frees-locked-bh-callback': of('frees_locked_bh', callback, 'holds'),
    'frees-locked-bh-softirq': of('frees_locked_bh', softirq, 'holds'),
    'written-softirq': of('written', softirq, 'fails'),
    'written-bh-softirq': of('written_bh', softirq, 'holds'),
    'own-processors': scenario({
      title: 'A task that names no processor, and an interrupt on the last one',
      actors: {
        task: [call('counts')],
        other: { context: 'irq', cpu: 7, steps: [call('counts')] },
      },
      observe: { task: returned('task', 0), other: returned('other', 0) },
      outcomes: [{ when: { task: 1, other: 1 }, grade: 'acceptable', note: 'each on its own' }],
      expect: 'holds',
    }),
  },
});
