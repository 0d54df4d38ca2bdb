// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { Metadata } from '../layout/ir/metadata.js';
import { gccAccess, gccMachines } from '../toolchain/bit-fields/gcc-rule.js';
import { IrTypes } from '../toolchain/bit-fields/ir-types.js';
import type { Bits, Unit } from '../toolchain/bit-fields/patterns.js';
import type {
  CallFact,
  FieldFact,
  FunctionFact,
  Given,
  GivenFact,
  Span,
  Summary,
  UnitFacts,
  WriteFact,
} from './facts.js';
import { initialisers } from './initialisers.js';
import { Interpreter } from './interpreter.js';
import { functionsIn, globalsIn, type IrFunction } from './ir/operations.js';
import { type SourcePlace, TypesByName } from './ir/types-by-name.js';
import { keyOfValue, type Lock, type Value } from './value.js';

/** What a unit is, besides its code. */
export interface UnitSource {
  /** Its path. */
  readonly unit: string;
  /** Its text, for what stands in no code: which functions modules can call. */
  readonly text: string;
}

const EXPORT = /^[ \t]*EXPORT_(?:\w+_)?SYMBOL(?:_\w+)?\s*\(\s*(\w+)/gm;

/**
 * What a unit does to bit-fields, from its code as clang's front end makes it with debug information.
 *
 * @param module in LLVM's textual IR.
 * @param externs what is known of functions of other units.
 */
export function unitFacts(
  { unit, text }: UnitSource,
  module: string,
  externs: ReadonlyMap<string, Summary> = new Map(),
): UnitFacts {
  const metadata = new Metadata(module);
  const names = new TypesByName(metadata);
  const types = new IrTypes(module);
  const functions = new Map(functionsIn(module).map((one) => [one.name, one]));
  const interpreter = new Interpreter(functions, unit, globalsIn(module), types, names, externs);
  const exported = new Set([...text.matchAll(EXPORT)].map(([, name]) => name!));
  const fields = new Fields(types, names);
  const given: GivenFact[] = [...initialisers(module, types, metadata, names)];
  const unseen = new Map<string, UnitFacts['unseen'][number]>();
  const placeOf = (debug: number | null): SourcePlace => names.placeOf(debug) ?? { file: unit, line: 0 };

  /** With what functions of the unit are called. */
  const wanted = new Map([...functions.values()].map((one) => [one.name, { one, numbers: [] as Given }]));
  const facts: FunctionFact[] = [];
  for (const { one, numbers } of wanted.values()) {
    const writes = new Map<string, WriteFact>();
    const calls = new Map<string, CallFact>();
    interpreter.read(one.name, numbers, {
      write({ address, unit: storage, bits, value, debug, locks, released }) {
        const place = placeOf(debug);
        // What nobody else can reach loses nothing.
        if (address.leaf.startsWith('&') && address.steps.length === 0) return;
        const found = fields.find(address, storage, bits);
        if (typeof found === 'string') unseen.set(`${place.file}:${place.line}`, { place, why: found });
        else {
          const object = {
            ...address,
            offset: address.offset - found.behind,
            path: '',
            record: null,
            inRecord: 0,
          };
          const key = `${found.index} ${place.file}:${place.line} ${keyOfValue(object)}`;
          const write = { field: found.index, object: slim(object), place, value, locks, released };
          writes.set(key, met(writes.get(key), write));
        }
      },
      call({ callee, args, debug, locks, released }) {
        const place = placeOf(debug);
        if ('name' in callee && callee.given.length > 0) {
          const called = functions.get(callee.name);
          if (called !== undefined)
            wanted.set(JSON.stringify(callee), { one: called, numbers: callee.given });
        }
        const key = `${JSON.stringify(callee)} ${place.line} ${args.map(keyOfValue).join()}`;
        calls.set(key, met(calls.get(key), { callee, args: args.map(slim), place, locks, released }));
      },
      give(name, to, debug) {
        if (functions.has(name))
          given.push({ function: name, to, place: debug === null ? null : placeOf(debug) });
      },
    });
    facts.push({
      name: one.name,
      given: numbers,
      internal: one.internal,
      exported: exported.has(one.name),
      place: names.placeOf(one.subprogram) ?? { file: unit, line: 0 },
      writes: [...writes.values()],
      calls: [...calls.values()],
    });
  }
  return {
    unit,
    fields: fields.all,
    functions: facts,
    given: uniqueGiven(given),
    summaries: summariesOf(functions, interpreter),
    unseen: [...unseen.values()],
  };
}

/** Of what stands in one line twice, what is true of both. */
function met<T extends Pick<WriteFact, 'locks' | 'released'>>(one: T | undefined, other: T): T {
  if (one === undefined) return other;
  const keyOf = ({ address, shared }: Lock) => `${keyOfValue(address)} ${shared}`;
  const held = new Set(one.locks.map(keyOf));
  const released = new Map([...one.released, ...other.released].map((lock) => [keyOf(lock), lock]));
  return {
    ...other,
    locks: other.locks.filter((lock) => held.has(keyOf(lock))),
    released: [...released.values()],
  };
}

/** What others need of a value. */
const slim = ({ leaf, steps, offset }: Value): Value => ({
  leaf,
  steps,
  offset,
  path: '',
  record: null,
  inRecord: 0,
});

function uniqueGiven(all: readonly GivenFact[]): GivenFact[] {
  const keyOf = ({ function: name, to }: GivenFact) => `${name} ${JSON.stringify(to)}`;
  return [...new Map(all.map((one) => [keyOf(one), one])).values()];
}

function summariesOf(
  functions: ReadonlyMap<string, IrFunction>,
  interpreter: Interpreter,
): UnitFacts['summaries'] {
  const found: Record<string, Summary> = {};
  for (const { name, internal } of functions.values()) {
    if (internal) continue;
    const summary = interpreter.summaryOf(name);
    const says = summary.takes.length + summary.releases.length + summary.passes.length > 0;
    if (says || summary.returns?.holds !== undefined) found[name] = summary;
  }
  return found;
}

/** The bit-fields that a unit writes. */
class Fields {
  readonly #types: IrTypes;
  readonly #names: TypesByName;
  readonly #known = new Map<string, number>();
  readonly all: FieldFact[] = [];

  constructor(types: IrTypes, names: TypesByName) {
    this.#types = types;
    this.#names = names;
  }

  /** Which field some bits of a unit are, and how far behind the struct's start the unit is; or why nobody knows. */
  find(address: Value, unit: Unit, bits: Bits): { readonly index: number; readonly behind: number } | string {
    const { record, inRecord } = address;
    const around = record === null ? null : this.#names.tagOf(record);
    if (record === null || around === null)
      return 'a store through a pointer whose struct is not known: a cast, or a struct without a tag';
    const found = this.#names.bitFieldAt(around, inRecord * 8 + bits.shift, bits.size);
    if (found === null)
      return `a store of bits of struct ${around} that are no field of it: by a cast, or of a union`;
    const { tag: struct, path, start } = found;
    const behind = (start - bits.shift) / 8;
    const key = `${struct} ${path} ${start}`;
    const known = this.#known.get(key);
    if (known !== undefined) return { index: known, behind };
    const wide: Span = { offset: behind, size: Math.ceil(unit.bits / 8) };
    const index = this.all.length;
    this.#known.set(key, index);
    this.all.push({
      struct,
      defined: this.#names.definition(struct),
      field: path,
      start,
      width: bits.size,
      storage: storageOf(start, found.declared),
      gcc: this.#gccSpan(struct, start, bits.size, wide, unit),
      wide,
    });
    return { index, behind };
  }

  #gccSpan(struct: string, start: number, width: number, wide: Span, unit: Unit): Span {
    const shape = this.#types.shapeOf(`%struct.${struct}`) ?? this.#types.shapeOf(`%union.${struct}`);
    const align = shape?.align ?? unit.align;
    const { write } = gccAccess(
      {
        start,
        end: start + width,
        region: { start: wide.offset * 8, end: (wide.offset + wide.size) * 8 },
        align,
        packed: false,
        volatile: unit.volatile,
      },
      gccMachines.x86_64,
    );
    const from = Math.min(...write.map(({ offset }) => offset));
    return { offset: from, size: Math.max(...write.map(({ offset, size }) => offset + size)) - from };
  }
}

/** The unit of a bit-field's type that its first bit lies in. */
function storageOf(start: number, declared: number): Span {
  const bits = declared > 0 ? declared : 8;
  return { offset: ((start - (start % bits)) / 8) | 0, size: bits / 8 };
}
