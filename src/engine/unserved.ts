// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import type { Machine } from '../machine/machine.js';

/** What a kernel does by itself, by the enumerators of the C side, and the step that does it here. */
const kinds = [
  { kind: 'LAB_WORK', what: 'a work item was queued', step: 'work()' },
  { kind: 'LAB_TIMER', what: 'a timer was armed', step: 'timer()' },
  { kind: 'LAB_TASKLET', what: 'a tasklet was scheduled', step: 'tasklet()' },
] as const;

/**
 * What was due where no actor could go on, and how to have it done.
 *
 * @param mask of the C side's `lab_due_kind`.
 */
export function describeUnserved(
  machine: Machine,
  mask: number,
): { readonly what: string; readonly hint: string } {
  const due = kinds.filter(({ kind }) => (mask & machine.enumerator('lab_due_kind', kind)) !== 0);
  const steps = due.map(({ step }) => `'${step}'`).join(' or ');
  return {
    what: due.map(({ what }) => what).join(', and '),
    hint: `give an actor one more ${steps} step`,
  };
}
