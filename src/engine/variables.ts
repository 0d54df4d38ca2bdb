// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { LostbitError } from '../errors.js';
import type { DebugInfo, PlacedVariable } from '../layout/debug-info.js';
import { bare, type Type } from '../layout/types.js';
import { type FieldAccess, fieldFrom, type Place, placeFrom } from '../machine/field-path.js';
import type { Machine } from '../machine/machine.js';
import { offer } from '../nearest.js';
import { printable } from '../printable.js';
import type { FieldPath, Machinery, NamedPath } from '../scenario/scenario.js';
import { offerOfSubject } from './unknown-name.js';

/** Names of a scenario's that paths can begin with, besides the C's variables. */
export type Names = Readonly<Record<string, NamedPath>>;

export const scenarioNames = ({ names = {} }: Pick<Machinery, 'names'>): Names => names;

/** A variable of which each machine has its own: one of the subject's, or of the stub kernel's. */
export interface OwnVariable {
  /** As paths begin: `port`, `port_irq.count` for what is static in a function. */
  readonly name: string;
  readonly unit: string;
  readonly type: Type;
  /** In the program as it is linked. */
  readonly address: number;
  /** It is the stub kernel's, or the lab's. */
  readonly isKernels: boolean;
}

const known = new WeakMap<DebugInfo, readonly OwnVariable[]>();

/** Those of a machine, the subject's first, by address. */
export function ownVariables({ debugInfo, own, program }: Machine): readonly OwnVariable[] {
  const before = known.get(debugInfo);
  if (before !== undefined) return before;
  const named = ({ name, owner }: PlacedVariable) => (owner === null ? name : `${owner.name}.${name}`);
  const all = debugInfo
    .variables()
    .filter(({ address }) => address >= own.start && address < own.end)
    .map((one) => ({
      name: named(one),
      unit: one.unit,
      type: one.type,
      address: one.address,
      isKernels: !program.own.includes(one.unit),
    }));
  const found = [...all.filter((one) => !one.isKernels), ...all.filter((one) => one.isKernels)];
  known.set(debugInfo, found);
  return found;
}

/** Where a machine's own variables are in its arena: an offset. */
export function ownAt({ debugInfo, own }: Machine): number {
  const align = Math.max(64, own.align);
  return Math.ceil(debugInfo.struct('stub_arena').size / align) * align;
}

/** Where the copy of one of them is, as an offset in the arena. */
export const offsetOf = (machine: Machine, { address }: Pick<OwnVariable, 'address'>): number =>
  ownAt(machine) + address - machine.own.start;

/**
 * Where a field is, from the start of a machine's arena on.
 *
 * @throws LostbitError `E_UNKNOWN_FIELD`.
 */
export function resolveField(machine: Machine, names: Names, field: FieldPath): FieldAccess {
  const { place, start } = beginning(machine, names, field);
  return fieldFrom(place, start, field);
}

/** Where any path leads, whatever is there. */
export function resolvePlace(machine: Machine, names: Names, path: string): Place {
  const { place, start } = beginning(machine, names, path);
  return placeFrom(place, start, path);
}

/** What a path begins with: the longest of the names that it does, or else a variable. */
function beginning(machine: Machine, names: Names, path: string): { place: Place; start: string } {
  const [name] = Object.keys(names)
    .filter((one) => path === one || path.startsWith(`${one}.`) || path.startsWith(`${one}[`))
    .sort((a, b) => b.length - a.length);
  if (name !== undefined) return { place: placeNamed(machine, names[name]!), start: name };
  const variable = variableOf(machine, names, path);
  const hops = [offsetOf(machine, variable)];
  return { place: { hops, pointers: [], type: variable.type, bits: null }, start: variable.name };
}

/** Where a name leads. */
export function placeNamed(machine: Machine, named: NamedPath): Place {
  if (typeof named === 'string') return resolvePlace(machine, {}, named);
  const place = resolvePlace(machine, {}, named.path);
  const target = machine.debugInfo.struct(named.as);
  const isPointer = bare(place.type).kind === 'pointer';
  return { ...place, type: isPointer ? { kind: 'pointer', size: 4, target } : target };
}

function variableOf(machine: Machine, names: Names, path: string): OwnVariable {
  const [first = '', second] = path.match(/\w+/g) ?? [];
  const all = ownVariables(machine);
  const called = (name: string) => {
    const found = all.filter((one) => one.name === name);
    // The subject's come before the stub kernel's.
    return found.filter((one) => one.isKernels === found[0]?.isKernels);
  };
  const [found, other] = [called(first), called(`${first}.${second}`)].find((some) => some.length > 0) ?? [];
  if (found === undefined) throw unknown(machine, names, path, first);
  if (other !== undefined)
    throw new LostbitError(
      'E_UNKNOWN_FIELD',
      `${printable(path)}: there are several variables '${found.name}': in ${found.unit} and ${other.unit}`,
      { hint: 'give them names of their own' },
    );
  return found;
}

function unknown(machine: Machine, names: Names, path: string, first: string): LostbitError {
  const all = ownVariables(machine).filter((one) => !one.isKernels);
  const refused = (what: string, hint: string) =>
    new LostbitError('E_UNKNOWN_FIELD', `${printable(path)}: ${what}`, { hint });
  const copies = `${first}_per_cpu`;
  if (all.some(({ name }) => name === copies))
    return refused(
      `each processor has a '${first}' of its own`,
      `they are an array: '${printable(path.replace(first, `${copies}[1]`))}' is that of processor 1`,
    );
  const other = machine.debugInfo.variables().find(({ name }) => name === first);
  if (other === undefined)
    return refused(
      `there is no variable '${first}' in the C`,
      `${offerOfSubject(first, [...Object.keys(names), ...all.map(({ name }) => name)])}; a variable that nothing uses is left out by the compiler`,
    );
  return machine.program.own.includes(other.unit)
    ? refused(`'${first}' is a constant`, 'observe what changes')
    : refused(
        `'${first}' is lostbit's own, and no machine's`,
        offer(
          first,
          all.map(({ name }) => name),
          'the C has no variable that can be observed',
        ),
      );
}
