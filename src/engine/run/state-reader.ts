// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { LostbitError } from '../../errors.js';
import { bare, type Type } from '../../layout/types.js';
import type { FieldAccess } from '../../machine/field-path.js';
import type { Machine } from '../../machine/machine.js';
import { arenaStart, wordsOf } from '../heap.js';
import { placesOf } from '../locate.js';
import { type Names, placeNamed, resolveField } from '../variables.js';

/** Elements of an array that are read one by one. */
const mostElements = 8;

/** Reads numbers, flags and whether pointers are there, of what a scenario's names lead to, between two steps. */
export class StateReader {
  readonly #machine: Machine;
  readonly #fields: ReadonlyMap<string, FieldAccess>;

  /** @param besides fields behind each name: `pdev.dev.power.usage_count`. What a machine does not have is left out. */
  constructor(machine: Machine, names: Names, besides: readonly string[]) {
    this.#machine = machine;
    const fields = new Map<string, FieldAccess>();
    for (const [name, named] of Object.entries(names)) {
      // What a longer name leads to is some other object's.
      if (name.includes('.')) continue;
      const { type } = placeNamed(machine, named);
      for (const path of [...scalarsOf(type), ...besides]) {
        const field = resolved(machine, names, `${name}.${path}`);
        if (field !== null) fields.set(`${name}.${path}`, field);
      }
    }
    this.#fields = fields;
  }

  /** By path; `null` behind a pointer that is NULL. Of a pointer, whether it is there: 0 or 1. */
  read(): ReadonlyMap<string, number | null> {
    const words = wordsOf(this.#machine.memory);
    const start = arenaStart(this.#machine, 0);
    const view = new DataView(this.#machine.memory.buffer);
    const value = ({ hops, size, bit, bits, signed, pointer }: FieldAccess): number | null => {
      const [at] = placesOf(start, hops, words);
      if (at === undefined || at + size > view.byteLength) return null;
      let raw = 0n;
      for (let i = size - 1; i >= 0; i--) raw = (raw << 8n) | BigInt(view.getUint8(at + i));
      const field = BigInt.asUintN(bits, raw >> BigInt(bit));
      if (pointer) return Number(field !== 0n);
      return Number(signed ? BigInt.asIntN(bits, field) : field);
    };
    return new Map([...this.#fields].map(([path, field]) => [path, value(field)]));
  }
}

function resolved(machine: Machine, names: Names, path: string): FieldAccess | null {
  try {
    return resolveField(machine, names, path);
  } catch (error) {
    if (error instanceof LostbitError) return null;
    throw error;
  }
}

/** The members of a struct, or of one that is pointed to, that hold one value each, and elements of short arrays of such. */
function scalarsOf(type: Type): string[] {
  const inner = bare(type);
  const struct = inner.kind === 'pointer' ? bare(inner.target) : inner;
  if (struct.kind !== 'struct') return [];
  return struct.members.flatMap(({ name, type }) => {
    if (name === null || name === '') return [];
    const member = bare(type);
    if (isScalar(member)) return [name];
    const count = member.kind === 'array' && isScalar(bare(member.element)) ? (member.count ?? 0) : 0;
    return count > mostElements ? [] : Array.from({ length: count }, (_, i) => `${name}[${i}]`);
  });
}

const isScalar = ({ kind }: Type): boolean => kind === 'base' || kind === 'enum' || kind === 'pointer';
