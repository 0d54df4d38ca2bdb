// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { type Arg, nameOf, type Step } from './step.js';

const hex = (value: number) => (value < 10 ? String(value) : `0x${value.toString(16)}`);

/** A step as a line for people: `config_write A 4 2 0x400`, `port_irq(3, &port)`. */
export function describeStep(step: Step): string {
  const words = wordsOf(step);
  if (step.call !== undefined) return `${step.call}(${words.join(', ')})`;
  return [nameOf(step), ...words].filter((word) => word !== '').join(' ');
}

function wordsOf({ op, args }: Step): string[] {
  const [first, second] = args;
  if (op === 'fault' && first !== undefined) return [`${word(first)}:${String(second)}`];
  return args.map(word);
}

function word(arg: Arg): string {
  if (typeof arg === 'number') return hex(arg);
  if (typeof arg === 'string') return arg;
  return 'fault' in arg ? arg.fault : arg.shown;
}
