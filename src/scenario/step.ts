// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only

/** An enumerator of the C side's, by the tag of its enum: `{ enum: 'port_state', name: 'PORT_OPEN' }`. */
export interface Enumerator {
  readonly enum: string;
  readonly name: string;
}

/** What a module is asked for by name; of several, a bit each. No order or number in the C is ever repeated here. */
export type Word = number | Enumerator | { readonly bits: readonly Enumerator[] };

/** An argument that is shown by a name of its own: a device, a module. */
export interface Shown {
  readonly shown: string;
  readonly is: Word;
}

/** A function of the kernel's that can be made to fail. */
export interface FaultArg {
  readonly fault: string;
}

/**
 * An argument: a number, what goes by a name, or, where a function is called, an expression of its C: `'&port'`.
 */
export type Arg = number | string | Shown | FaultArg;

/** A step of a scenario: an op that the subject's C declares, or a function of it that is called as it is. */
export interface Step {
  readonly op?: string;
  readonly call?: string;
  readonly args: readonly Arg[];
}

/** An op of the subject: `LAB_OP(kick, u32 n)` is `op('kick', 3)`. Its arity and types are the C's. */
export const op = (name: string, ...args: Arg[]): Step => ({ op: name, args });

/**
 * Calls a function of the subject's C, a static one too: `call('port_irq', 3, '&port')`. A number is passed as one; a string is
 * an expression of the C, as it would stand in the call.
 */
export const call = (name: string, ...args: (number | string)[]): Step => ({ call: name, args });

/** Is it a step that calls a function? */
export const isCall = (step: Step): step is Step & { readonly call: string } => step.call !== undefined;

/** What a step is called by. */
export const nameOf = ({ op, call }: Step): string => op ?? call ?? '';

/** A worker takes an item from a workqueue and runs it; returns 1 if there was one. */
export const work = (): Step => op('work');

/** The next timer that is pending fires, in softirq context; returns 1 if there was one. */
export const timer = (): Step => op('timer');

/** The next tasklet that is scheduled, and not disabled, runs, in softirq context; returns 1 if there was one. */
export const tasklet = (): Step => op('tasklet');

/** An interrupt line's handler runs, unless the line is disabled or was never requested. Returns 1 if it did. */
export const irq = (line: number): Step => op('irq', line);

/**
 * Makes the `nth` call of a kernel function from now on fail, once; with 0 none does any more. Either way its
 * calls are counted from now on (see {@link faultCalls}).
 */
export const fail = (name: string, nth = 1): Step => op('fault', { fault: name }, nth);

/** Returns how often a function that can fail was called since {@link fail} named it (or, if none did, another one). */
export const faultCalls = (name: string): Step => op('fault_calls', { fault: name });

/** What was allocated and never freed is reported as a violation each; returns how much that is. */
export const leaks = (): Step => op('leaks');
