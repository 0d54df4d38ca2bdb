// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { type Call, symbolOf } from '../source/calls.js';
import { isCall, type Step } from './step.js';

const callOf = ({ call, args }: Step & { readonly call: string }): Call => ({
  function: call,
  args: args.map((arg) => (typeof arg === 'string' ? arg : null)),
});

/** The calls that steps make, each once, in an order that does not depend on the steps'. */
export function callsIn(steps: readonly Step[]): Call[] {
  const found = new Map(steps.filter(isCall).map((step) => [symbolOf(callOf(step)), callOf(step)]));
  return [...found].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, call]) => call);
}

/** What the C calls the step function of a call. */
export const callSymbol = (step: Step & { readonly call: string }): string => symbolOf(callOf(step));
