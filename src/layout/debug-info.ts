// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { LostbitError } from '../errors.js';
import { nearest } from '../nearest.js';
import { printable } from '../printable.js';
import { type DebugFile, debugFileOf, entriesOf, machineOf } from './debug-file.js';
import { At, Op, RECORDS, Tag } from './dwarf/constants.js';
import type { Die } from './dwarf/die.js';
import { NameIndex } from './dwarf/name-index.js';
import { DwarfParts } from './dwarf/parts.js';
import { TypeReader } from './dwarf/type-reader.js';
import { Elf } from './elf/elf.js';
import { type LayoutTarget, type StructType, type Type, VOID } from './types.js';

/** The address the linker leaves where it has dropped the variable (in 32 bits). */
const DROPPED = 0xffffffff;

/** A variable at a fixed address. */
export interface Variable {
  /** In the module's linear memory, bytes. */
  readonly address: number;
  readonly type: Type;
}

interface PlacedDie {
  readonly address: number;
  readonly die: Die;
  /** The function around it. */
  readonly owner: Die | null;
}

/** A variable as it is found by its address. */
export interface PlacedVariable extends Variable {
  readonly name: string;
  /** The source file it is from. */
  readonly unit: string;
  /** The function that it is a static of, and what that returns; `null` at file scope. */
  readonly owner: { readonly name: string; readonly returns: Type } | null;
}

/** A function as its callers see it. */
export interface Signature {
  readonly parameters: readonly { readonly name: string; readonly type: Type }[];
  readonly returns: Type;
  /** It takes more than its parameters, or says nothing of them: `f(int, ...)`, `f()`. */
  readonly open: boolean;
  /** Where it is defined, in its source file; `null` where that is not said. */
  readonly line: number | null;
}

/** Debug information that a file refers to elsewhere, and that was not found there. */
export interface Unread {
  /** `2 of 3 .dwo files, as 'a.dwo'`. */
  readonly what: string;
  /** What to do about it. */
  readonly hint: string;
}

/**
 * The types and variables in a compiled file's debug information. Everything is read when asked for; corrupt
 * debug information throws `E_BAD_DWARF` then, at the latest.
 */
export class DebugInfo {
  readonly target: LayoutTarget;
  readonly unread: readonly Unread[];
  readonly #names: NameIndex;
  readonly #types: TypeReader;
  /** What was found before: looking a type up goes through all that has its name. */
  readonly #structs = new Map<string, StructType>();
  readonly #enumerations = new Map<string, ReadonlyMap<string, number>>();
  readonly #variables = new Map<string, Variable>();
  readonly #signatures = new Map<string, Signature | null>();
  readonly #parts: DwarfParts;
  #placed: readonly PlacedDie[] | undefined;

  /** Throws `E_BAD_DWARF`. */
  constructor(parts: DwarfParts, target: LayoutTarget, unread: readonly Unread[] = []) {
    this.target = target;
    this.unread = unread;
    this.#parts = parts;
    this.#names = new NameIndex(parts);
    this.#types = new TypeReader(this.#names);
  }

  /**
   * Reads a linked WebAssembly module, and no other file that it may refer to. Throws `E_BAD_MODULE`,
   * `E_NO_DEBUG_INFO`, `E_BAD_DWARF`.
   */
  static fromWasm(module: Uint8Array): DebugInfo {
    return alone(debugFileOf(module));
  }

  /**
   * Reads an ELF file, and no other that it may refer to: an object, a kernel module, a program, for any machine of
   * `elf/machines.ts`. Throws `E_BAD_ELF`, `E_NO_DEBUG_INFO`, `E_BAD_DWARF`, and `E_UNPACK` where sections are packed by
   * zstd and there is nothing to unpack it with.
   */
  static fromElf(bytes: Uint8Array | Elf): DebugInfo {
    return alone(debugFileOf(bytes instanceof Elf ? bytes : new Elf(bytes)));
  }

  /**
   * A struct or union by its tag. Throws `E_UNKNOWN_TYPE`, and `E_AMBIGUOUS_TYPE` where source files define
   * it differently; `unit` (the end of a source file's name) then says which one is meant.
   */
  struct(name: string, unit = ''): StructType {
    return once(this.#structs, `${name}\n${unit}`, () => this.#readStruct(name, unit));
  }

  #readStruct(name: string, unit: string): StructType {
    const definitions = RECORDS.flatMap((tag) => this.#definitions(tag, name, unit));
    const [first, ...others] = definitions;
    if (first === undefined) throw this.#unknownType('struct or union', name, this.structNames());
    const shape = shapeOf(first);
    if (others.some((other) => shapeOf(other) !== shape)) {
      throw ambiguous('E_AMBIGUOUS_TYPE', `struct ${name} has different layouts`, definitions);
    }
    const type = this.#types.read(first);
    if (type.kind !== 'struct' && type.kind !== 'union') throw first.bad('has a struct that is none');
    return type;
  }

  /** The tags of all defined structs and unions. */
  structNames(): string[] {
    return RECORDS.flatMap((tag) => [...this.#names.names(tag)]);
  }

  /** An enum's values by name, by the enum's tag; exact up to 2^53. Throws `E_UNKNOWN_TYPE`. */
  enumeration(name: string): ReadonlyMap<string, number> {
    return once(this.#enumerations, name, () => this.#readEnumeration(name));
  }

  #readEnumeration(name: string): ReadonlyMap<string, number> {
    const [die] = this.#definitions(Tag.enumerationType, name, '');
    if (die === undefined) throw this.#unknownType('enum', name, this.#names.names(Tag.enumerationType));
    const type = this.#types.read(die);
    if (type.kind !== 'enum') throw die.bad('has an enum that is none');
    return new Map(type.values.map(({ name, value }) => [name, Number(value)]));
  }

  /**
   * A global or static variable. Throws `E_UNKNOWN_VARIABLE` where it is not there or has no fixed address,
   * and `E_AMBIGUOUS_VARIABLE` where several source files have a static of that name; `unit` (the end of
   * a source file's name) then says which one is meant.
   */
  variable(name: string, unit = ''): Variable {
    return once(this.#variables, `${name}\n${unit}`, () => this.#readVariable(name, unit));
  }

  /** Is there a variable of that name, wherever it lies? */
  hasVariable(name: string): boolean {
    return this.#definitions(Tag.variable, name, '').length > 0;
  }

  /** The names of all variables. */
  variableNames(): Iterable<string> {
    return this.#names.names(Tag.variable);
  }

  #readVariable(name: string, unit: string): Variable {
    const located = new Map<number, Die>();
    for (const die of this.#definitions(Tag.variable, name, unit)) {
      const address = this.#address(die);
      if (address !== null) located.set(address, die);
    }
    const [first] = located;
    if (first === undefined) {
      const near = nearest(name, this.#names.names(Tag.variable));
      throw new LostbitError('E_UNKNOWN_VARIABLE', `no variable '${printable(name)}' with a fixed address`, {
        hint:
          near.length > 0 ? didYouMean(near) : 'an unused variable is left out by the compiler or the linker',
      });
    }
    if (located.size > 1) {
      throw ambiguous('E_AMBIGUOUS_VARIABLE', `there are several variables '${name}'`, [...located.values()]);
    }
    const [address, die] = first;
    const typed = die.origins().find((origin) => origin.has(At.type));
    if (typed === undefined) throw die.bad('has a variable without a type');
    return { address, type: this.#types.typeOf(typed) };
  }

  /** The variable that an address lies in, wherever it is declared; `null` where it lies in none. */
  variableAt(address: number): PlacedVariable | null {
    this.#placed ??= this.#readPlaces();
    let [low, high] = [0, this.#placed.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.#placed[middle]!.address <= address) low = middle + 1;
      else high = middle;
    }
    const found = this.#placed[low - 1];
    const variable = found === undefined ? null : this.#variableOf(found);
    return variable !== null && address < variable.address + Math.max(variable.type.size, 1)
      ? variable
      : null;
  }

  /** All variables at fixed addresses, by address. */
  variables(): PlacedVariable[] {
    this.#placed ??= this.#readPlaces();
    return this.#placed.flatMap((one) => this.#variableOf(one) ?? []);
  }

  #variableOf(found: PlacedDie): PlacedVariable | null {
    const named = found.die.origins().find((origin) => origin.name !== null);
    const typed = found.die.origins().find((origin) => origin.has(At.type));
    if (named === undefined || typed === undefined) return null;
    const type = this.#types.typeOf(typed);
    const owners = found.owner?.origins() ?? [];
    const owner = owners.find((origin) => origin.name !== null);
    const returning = owners.find((origin) => origin.has(At.type)) ?? owner;
    return {
      name: named.name!,
      unit: unitName(found.die),
      address: found.address,
      type,
      owner:
        owner === undefined ? null : { name: owner.name!, returns: this.#types.typeOf(returning ?? owner) },
    };
  }

  /** By address, ascending. */
  #readPlaces(): PlacedDie[] {
    const placed = new Map<number, PlacedDie>();
    /** The functions around an entry, by depth. */
    const open: { readonly depth: number; readonly die: Die }[] = [];
    this.#parts.forEach(
      (die, depth) => {
        while ((open.at(-1)?.depth ?? -1) >= depth) open.pop();
        if (die.tag !== Tag.variable) {
          open.push({ depth, die });
          return;
        }
        const address = this.#address(die);
        if (address !== null && !placed.has(address))
          placed.set(address, { address, die, owner: open.at(-1)?.die ?? null });
      },
      new Set([Tag.variable, Tag.subprogram, Tag.inlinedSubroutine]),
    );
    return [...placed.values()].sort((a, b) => a.address - b.address);
  }

  /**
   * What a function takes, by name, and returns; `null` where none of that name is defined. Of several, the one in one of the
   * units, if there is one there.
   */
  signature(name: string, units: readonly string[] = []): Signature | null {
    return once(this.#signatures, [name, ...units].join('\n'), () => this.#readSignature(name, units));
  }

  #readSignature(name: string, units: readonly string[]): Signature | null {
    const all = this.#names.definitions(Tag.subprogram, name);
    const die = all.find((one) => units.includes(unitName(one))) ?? all[0];
    if (die === undefined) return null;
    const parameters = die
      .children()
      .filter(({ tag }) => tag === Tag.formalParameter)
      .map((one) => {
        const origins = one.origins();
        const typed = origins.find((origin) => origin.has(At.type));
        return {
          name: origins.find((origin) => origin.name !== null)?.name ?? '',
          type: typed === undefined ? VOID : this.#types.typeOf(typed),
        };
      });
    const returning = die.origins().find((origin) => origin.has(At.type));
    const placed = die.origins().find((origin) => origin.has(At.declLine));
    return {
      parameters,
      returns: returning === undefined ? VOID : this.#types.typeOf(returning),
      open: die.children().some(({ tag }) => tag === Tag.unspecifiedParameters),
      line: placed === undefined ? null : Number(placed.constant(At.declLine)),
    };
  }

  /** The functions that are defined. */
  functionNames(): Iterable<string> {
    return this.#names.names(Tag.subprogram);
  }

  #definitions(tag: number, name: string, unit: string): Die[] {
    const all = this.#names.definitions(tag, name);
    return unit === '' ? all : all.filter((die) => unitName(die).endsWith(unit));
  }

  /** Null where the location is anything but one address, or where the linker has dropped the variable. */
  #address(die: Die): number | null {
    const expression = die.expression(At.location);
    if (expression === null) return null;
    const { info } = die.dwarf;
    const end = info.position;
    info.seek(end - expression.length);
    const { addressSize } = die.unit;
    const operation = expression.length === 0 ? 0 : info.u8();
    if (operation !== Op.addr && operation !== Op.addrx) return null;
    const operand = operation === Op.addr ? info.word(addressSize) : info.uleb();
    if (info.position !== end) return null;
    const address = operation === Op.addr ? operand : die.dwarf.address(die.unit, Number(operand));
    return typeof address === 'bigint' || address === DROPPED ? null : address;
  }

  #unknownType(kind: string, name: string, known: Iterable<string>): LostbitError {
    const near = nearest(name, known);
    const hints = this.unread.map(({ what, hint }) => `not read: ${what}; ${hint}`);
    if (near.length > 0) hints.unshift(didYouMean(near));
    if (this.#names.isDeclared(name))
      hints.unshift(
        'it is only declared there: give the object that defines it, or compile C++ with -fstandalone-debug (clang) or -femit-class-debug-always (g++)',
      );
    const where = this.unread.length > 0 ? 'defined in what was read' : 'defined';
    return new LostbitError('E_UNKNOWN_TYPE', `no ${kind} '${printable(name)}' is ${where}`, {
      hint:
        hints.length > 0
          ? hints.join('\n')
          : 'the compiler leaves out types that nothing in the code refers to',
    });
  }
}

function alone(file: DebugFile): DebugInfo {
  const entries = entriesOf(file);
  return new DebugInfo(new DwarfParts(entries), machineOf(file, entries));
}

function once<T>(known: Map<string, T>, key: string, read: () => T): T {
  const before = known.get(key);
  if (before !== undefined) return before;
  const value = read();
  known.set(key, value);
  return value;
}

function didYouMean(names: readonly string[]): string {
  return `did you mean ${names.map((name) => `'${name}'`).join(' or ')}?`;
}

/** The name of the source file an entry is from. */
function unitName(die: Die): string {
  return die.dwarf.root(die.unit).name ?? '';
}

function ambiguous(code: string, message: string, dies: readonly Die[]): LostbitError {
  return new LostbitError(code, `${message}, in ${[...new Set(dies.map(unitName))].join(' and ')}`, {
    hint: 'name the source file that is meant',
  });
}

/** A text that is the same for equal layouts, without resolving types: the same members in the same places. */
function shapeOf(record: Die): string {
  const places = [At.byteSize, At.dataMemberLocation, At.dataBitOffset, At.bitOffset, At.bitSize];
  const shape = (die: Die) => [die.tag, die.name, ...places.map((at) => die.constant(at))].join();
  return [record, ...record.children()].map(shape).join(';');
}
