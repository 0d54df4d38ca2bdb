// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { bareFlags, faults, modules, parameters, type Step } from './steps.js';

const hex = (value: number) => (Math.abs(value) < 10 ? String(value) : `0x${(value >>> 0).toString(16)}`);

/** A step as a line for people: `config_write A 4 2 0x400`, `load vfio-pci disable_idle_d3`. */
export function describeStep({ op, device, args }: Step): string {
  return [op, device ?? '', ...words(op, args)].filter((word) => word !== '').join(' ');
}

/** The arguments, those that stand for names by these. */
function words(op: Step['op'], args: readonly number[]): string[] {
  const [first = 0, second = 0] = args;
  switch (op) {
    case 'load':
      return [modules[first] ?? '?', ...parameters.filter((_, bit) => (second >> bit) & 1)];
    case 'unload':
    case 'bind':
      return [modules[first] ?? '?'];
    case 'param_write':
      return [parameters[first] ?? '?', JSON.stringify(unpacked(second))];
    case 'fault':
      return [`${faults[first] ?? '?'}:${second}`];
    case 'flag_write':
      return [bareFlags[first] ?? '?', String(second)];
    default:
      return args.map(hex);
  }
}

/** The up to four characters of a word. */
function unpacked(word: number): string {
  const bytes = [0, 8, 16, 24].map((shift) => (word >>> shift) & 0xff);
  return new TextDecoder().decode(Uint8Array.from(bytes.filter((byte) => byte !== 0)));
}
