// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { LostbitError } from '../errors.js';
import type { Machine } from '../machine/machine.js';
import { printable } from '../printable.js';
import type { Machinery } from '../scenario/scenario.js';
import type { Word } from '../scenario/step.js';
import { wordValue } from './encode.js';
import { ownAt, ownVariables, resolveField } from './variables.js';

/** What the variables of a machine were before any scenario gave them values. */
const pristine = new WeakMap<Machine, Uint8Array>();

/**
 * Says where what each instance of the machine has a copy of lies, and the pointers in it. Needs a started thread; once for all
 * scenarios, but again after memory was freed.
 *
 * @throws LostbitError `E_LIMIT` where a machine has no room for them.
 */
export function placeOwn(machine: Machine): void {
  const { own, memory } = machine;
  checkSize(machine);
  const instances = machine.global('lab_instances');
  instances.set('own_start', own.start);
  instances.set('own_bytes', own.end - own.start);
  instances.set('own_at', ownAt(machine));
  const pointers = machine.allocate(4 * own.pointers.length, 4);
  new Uint32Array(memory.buffer, pointers, own.pointers.length).set(own.pointers);
  instances.set('pointers', pointers);
  instances.set('nr_pointers', own.pointers.length);
  instances.set('init', machine.pointer('lab_initial') ?? 0);
}

/**
 * Makes ready what instances get a copy of: their variables as they are linked, with the values that a scenario gives them.
 *
 * @throws LostbitError `E_UNKNOWN_FIELD`; `E_BAD_SCENARIO` for a path that leads behind a pointer, and a value that does
 * not fit.
 */
export function giveValues(machine: Machine, { given = {} }: Pick<Machinery, 'given'>): void {
  const { own, memory } = machine;
  const linked = new Uint8Array(memory.buffer, own.start, own.end - own.start);
  const before = pristine.get(machine) ?? linked.slice();
  pristine.set(machine, before);
  linked.set(before);
  for (const [path, word] of Object.entries(given)) give(machine, path, word);
  for (const [name, { start, end }] of moduleRanges(machine)) {
    const data = moduleData(machine);
    give(machine, `module_${name}.${data}.base`, start);
    give(machine, `module_${name}.${data}.size`, end - start);
  }
}

/** Where a module has its variables: kernels before 6.4 have one place for all that it has. */
const moduleData = ({ debugInfo }: Machine): string =>
  debugInfo.struct('module').members.some(({ name }) => name === 'mem') ? 'mem[1]' : 'core_layout';

/** Bytes of variables that a machine has room for. */
const mostBytes = 1024 * 1024;

function checkSize(machine: Machine): void {
  const { start, end } = machine.own;
  if (end - start <= mostBytes) return;
  const [largest] = [...ownVariables(machine)].sort((a, b) => b.type.size - a.type.size);
  const which = largest === undefined ? '' : `, ${largest.type.size} of them in '${largest.name}'`;
  throw new LostbitError(
    'E_LIMIT',
    `the C has ${end - start} bytes of variables${which}; a machine has room for ${mostBytes}`,
    { hint: 'make its tables smaller: a race has hundreds of machines' },
  );
}

/** Where the variables of each of the subject's kernel modules lie, as the program is linked: those of its units. */
function moduleRanges(machine: Machine): [string, { start: number; end: number }][] {
  const all = ownVariables(machine);
  return Object.entries(machine.program.modules).flatMap(([name, units]) => {
    const own = all.filter(({ unit }) => units.includes(unit));
    if (own.length === 0 || !all.some((one) => one.name === `module_${name}`)) return [];
    const start = Math.min(...own.map(({ address }) => address));
    const end = Math.max(...own.map(({ address, type }) => address + type.size));
    return [[name, { start, end }]];
  });
}

/** As in C: a field takes what its bits can mean, signed or not. */
function checkFits(path: string, number: number, type: string, bits: number): void {
  const [low, high] = type === 'bool' ? [0, 1] : [-(2 ** (bits - 1)), 2 ** bits - 1];
  if (number >= low && number <= high) return;
  throw new LostbitError('E_BAD_SCENARIO', `given ${printable(path)}: ${number} does not fit`, {
    hint: `a ${printable(type)} of ${bits} ${bits === 1 ? 'bit' : 'bits'} takes ${low} to ${high}`,
  });
}

function give(machine: Machine, path: string, word: Word): void {
  const { hops, size, bit, bits, type } = resolveField(machine, {}, path);
  if (hops.length > 1)
    throw new LostbitError(
      'E_BAD_SCENARIO',
      `given ${printable(path)}: it lies behind a pointer, which leads nowhere yet`,
      { hint: 'let a step of the set-up write it' },
    );
  const at = machine.own.start + hops[0]! - ownAt(machine);
  const view = new DataView(machine.memory.buffer);
  const mask = bits === 64 ? ~0n : (1n << BigInt(bits)) - 1n;
  const number = wordValue(machine, word);
  checkFits(path, number, type, bits);
  const value = (BigInt(number) & mask) << BigInt(bit);
  const read = { 1: 'getUint8', 2: 'getUint16', 4: 'getUint32', 8: 'getBigUint64' } as const;
  const old = BigInt(view[read[size]](at, true));
  const now = BigInt.asUintN(64, (old & ~(mask << BigInt(bit))) | value);
  for (let i = 0; i < size; i++) view.setUint8(at + i, Number((now >> BigInt(8 * i)) & 0xffn));
}
