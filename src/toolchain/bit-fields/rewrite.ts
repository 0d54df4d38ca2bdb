// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { Emitter, type PlacedPieces } from './emitter.js';
import { type GccAccess, type GccMachine, gccAccess, gccMachines } from './gcc-rule.js';
import { IrTypes } from './ir-types.js';
import {
  type Bits,
  bitsRead,
  integerStore,
  type Unit,
  unitLoad,
  withoutLoad,
  writeBehind,
} from './patterns.js';
import { globalsIn, type Place, Places } from './places.js';
import { type RecordField, type RecordLayout, recordsIn } from './records.js';
import { Variables } from './variables.js';

/** A module whose bit-fields are accessed as gcc does it. */
export interface Rewritten {
  readonly module: string;
  /** Accesses that were changed. */
  readonly changed: number;
  /** Accesses that are what gcc's are. */
  readonly kept: number;
  /** Accesses of bit-fields that were left alone because they, or their fields, were not recognised. */
  readonly unknown: readonly string[];
}

/**
 * Rewrites each access of a bit-field in LLVM's textual IR, as the front end makes it and before any optimisation, to
 * one of the bytes that gcc would access. A read is a load of the whole run with the field shifted out; a write is
 * one too, with the field put in, and a store. Each is known by the names that clang gives to its values
 * (`-fno-discard-value-names`), and what it does is read from its instructions; whatever differs is left alone.
 *
 * @param printed what the front end printed for `-fdump-record-layouts`
 */
export function rewriteBitFields(
  module: string,
  printed: string,
  machine: GccMachine = gccMachines.x86_64,
): Rewritten {
  return new Rewriter(module, recordsIn(printed, machine), machine).rewrite();
}

const ADDRESS = /^ {2}(%\S+) = (?=alloca|getelementptr|bitcast|load (?:ptr|\S+\*),)(.*)$/;

/** What gcc does, and where it is as seen from the unit. */
type Access = GccAccess & Omit<PlacedPieces, 'pieces'>;

class Rewriter {
  readonly #lines: string[];
  readonly #records: ReadonlyMap<string, RecordLayout>;
  readonly #machine: GccMachine;
  readonly #types: IrTypes;
  readonly #globals: ReadonlyMap<string, string>;
  readonly #variables: Variables;
  readonly #littleEndian: boolean;
  readonly #output: Emitter;
  readonly #unknown: string[] = [];
  #changed = 0;
  #kept = 0;

  constructor(module: string, records: ReadonlyMap<string, RecordLayout>, machine: GccMachine) {
    this.#lines = module.split('\n');
    this.#records = records;
    this.#machine = machine;
    this.#types = new IrTypes(module);
    this.#globals = globalsIn(module);
    this.#variables = new Variables(module);
    this.#output = new Emitter(module);
    this.#littleEndian = !/^target datalayout = "E/m.test(module);
  }

  rewrite(): Rewritten {
    const { lines } = this.#output;
    let places = this.#places();
    for (let i = 0; i < this.#lines.length; ) {
      const line = this.#lines[i]!;
      if (line.startsWith('define ')) places = this.#places();
      const [, result, instruction = ''] = ADDRESS.exec(line) ?? [];
      if (result !== undefined) places.see(result, instruction);
      const declared = this.#variables.declaredBy(line);
      if (declared !== null) places.declare(declared);
      const taken = this.#access(i, places);
      if (taken === 0) lines.push(line);
      i += Math.max(taken, 1);
    }
    return { module: lines.join('\n'), changed: this.#changed, kept: this.#kept, unknown: this.#unknown };
  }

  #places(): Places {
    return new Places(this.#types, this.#records, this.#globals);
  }

  /** Rewrites what begins at a line; the number of lines that it has replaced, 0 for none. */
  #access(at: number, places: Places): number {
    const load = unitLoad(this.#lines[at]!);
    if (load !== null) {
      const { name, unit } = load;
      const write = writeBehind(this.#lines, at, name, unit);
      if (write !== null) {
        const access = this.#accessOf(at, write.bits, unit, places);
        return access === null ? 0 : this.#write(at, write.lines, write.value, access, unit);
      }
      const bits = bitsRead(this.#lines, at, name, unit.bits);
      const access = this.#accessOf(at, bits, unit, places);
      return access === null ? 0 : this.#read(name, access, unit);
    }
    const store = integerStore(this.#lines[at]!);
    if (store === null) return 0;
    const { value, unit } = store;
    // A field that fills its unit is not loaded first. Nothing else has such a size; for other sizes the place decides.
    const isOdd = [24, 40, 48, 56].includes(unit.bits);
    const bits = { shift: 0, size: unit.bits };
    const access = isOdd
      ? this.#accessOf(at, bits, unit, places)
      : this.#inRecord(places.of(unit.address), bits, unit);
    return access === null ? 0 : this.#write(at, 1, value, access, unit);
  }

  #write(at: number, lines: number, value: string, access: Access, unit: Unit): number {
    const placed = { ...access, pieces: access.write };
    if (this.#isKept('write', placed, unit)) return 0;
    this.#output.lines.push(...withoutLoad(this.#lines.slice(at, at + lines)));
    this.#output.write(value, placed, unit);
    return lines;
  }

  #read(name: string, access: Access, unit: Unit): number {
    const placed = { ...access, pieces: access.read };
    if (this.#isKept('read', placed, unit)) return 0;
    this.#output.read(name, placed, unit);
    return 1;
  }

  #isKept(kind: 'read' | 'write', placed: PlacedPieces, unit: Unit): boolean {
    const kept = this.#output.isAsItStands(kind, placed, unit);
    if (kept) this.#kept++;
    else this.#changed++;
    return kept;
  }

  #accessOf(at: number, bits: Bits, unit: Unit, places: Places): Access | null {
    const found = this.#inRecord(places.of(unit.address), bits, unit) ?? this.#anywhere(bits, unit);
    if (found === null) this.#unknown.push(this.#lines[at]!.trim());
    return found;
  }

  /** A field of a record that the address leads into. */
  #inRecord(place: Place | undefined, bits: Bits, unit: Unit): Access | null {
    const record = place?.record == null ? undefined : this.#records.get(place.record);
    if (place === undefined || record === undefined) return null;
    const start = place.inRecord * 8 + this.#startIn(unit, bits);
    const fields = record.fields.filter((field) => field.start === start && field.end === start + bits.size);
    const moved = (place.offset - place.inRecord) * 8;
    // The outermost object may be a union, which shows only in what the unit is aligned to.
    const align = Math.max(place.align ?? 1, unit.align);
    return narrowest(fields.map((field) => this.#accessTo(field, moved, align, place.offset * 8, unit)));
  }

  /** A field at the start of some record, by a pointer that only the source knows the type of. */
  #anywhere(bits: Bits, unit: Unit): Access | null {
    const start = this.#startIn(unit, bits);
    const alike = [...this.#records.values()].filter(({ align }) => align === unit.align);
    const exact = alike.filter(({ units }) => units.get(`${bits.shift}:${bits.size}`) === unit.bits);
    const fields = (exact.length > 0 ? exact : alike).flatMap((record) =>
      record.fields.filter((field) => field.start === start && field.end === start + bits.size),
    );
    return narrowest(fields.map((field) => this.#accessTo(field, 0, unit.align, 0, unit)));
  }

  /** Bits of a unit in the order of memory. */
  #startIn(unit: Unit, { shift, size }: Bits): number {
    return this.#littleEndian ? shift : unit.bits - shift - size;
  }

  #accessTo(field: RecordField, moved: number, align: number, unitStart: number, unit: Unit): Access {
    const { start, end, region, packed } = field;
    const place = {
      start: start + moved,
      end: end + moved,
      region: { start: region.start + moved, end: region.end + moved },
      align,
      packed,
      volatile: unit.volatile,
    };
    return { ...gccAccess(place, this.#machine), align, unitStart };
  }
}

/** Where fields of several records might be meant, that which touches least: it touches nothing that it must not. */
function narrowest(accesses: readonly Access[]): Access | null {
  const bytes = ({ read, write }: Access) => [...read, ...write].reduce((sum, { size }) => sum + size, 0);
  return [...accesses].sort((a, b) => bytes(a) - bytes(b))[0] ?? null;
}
