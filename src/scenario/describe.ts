// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import type { Arg, Step } from './steps.js';

const hex = (value: number) => (Math.abs(value) < 10 ? String(value) : `0x${(value >>> 0).toString(16)}`);

/** A step as a line for people: `config_write A 4 2 0x400`, `load vfio-pci disable_idle_d3`. */
export function describeStep({ op, device, args }: Step): string {
  return [op, device ?? '', ...words(op, args)].filter((word) => word !== '').join(' ');
}

/** The arguments, those that are names as these. */
function words(op: Step['op'], args: readonly Arg[]): string[] {
  const [first, second] = args;
  if (op === 'param_write' && typeof second === 'number')
    return [...argWords(first ?? 0), JSON.stringify(unpacked(second))];
  if (op === 'fault') return [`${argWords(first ?? 0).join()}:${String(second)}`];
  return args.flatMap(argWords);
}

function argWords(arg: Arg): string[] {
  if (typeof arg === 'number') return [hex(arg)];
  return 'name' in arg ? [arg.name] : [...arg.names];
}

/** The up to four characters of a word. */
function unpacked(word: number): string {
  const bytes = [0, 8, 16, 24].map((shift) => (word >>> shift) & 0xff);
  return new TextDecoder().decode(Uint8Array.from(bytes.filter((byte) => byte !== 0)));
}
