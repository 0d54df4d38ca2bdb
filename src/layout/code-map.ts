// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { memoized } from '../memoized.js';
import { type CodeSection, codeSection, type FunctionBody } from '../wasm/function-bodies.js';
import { functionNames } from '../wasm/function-names.js';
import { customSections } from '../wasm/sections.js';
import { At, Encoding, Tag } from './dwarf/constants.js';
import type { Die } from './dwarf/die.js';
import { Dwarf } from './dwarf/dwarf.js';
import { type LineRow, type LineTable, LineTables } from './dwarf/line-table.js';
import { covers, lastFrom, Ranges } from './dwarf/ranges.js';
import { readScopes, type Scope, scopesAt } from './dwarf/scopes.js';
import type { Unit } from './dwarf/unit.js';
import type { SourcePlace } from './source-place.js';

/** A function that runs at some point of the code, and where in its source. */
export interface CodeFrame extends SourcePlace {
  readonly function: string;
}

/** A function of the module. */
export interface CodeFunction {
  /** In the module's index space, where imported functions come first. */
  readonly index: number;
  readonly name: string;
  /** Bytes from the module's start: its first byte, and the first one behind it. */
  readonly start: number;
  readonly end: number;
}

/** What calls an op or a function for a step of a scenario (lab/op.h, lab/call.h) says nothing to a reader. */
export const isGlue = ({ function: name }: Pick<CodeFrame, 'function'>): boolean =>
  /^lab_(?:step|call)_/.test(name);

/** The function that a step's call is of, where that has become a part of what calls it. */
function withoutGlue(frame: CodeFrame): CodeFrame {
  const called = /^lab_call_(\w+)_[0-9a-f]{8}(?:_step)?$/.exec(frame.function)?.[1];
  return called === undefined ? frame : { function: called, file: frame.file, line: null };
}

/** A stack without what calls steps, where that says nothing more. */
export const callsOnce = (stack: readonly CodeFrame[]): CodeFrame[] =>
  stack
    .map(withoutGlue)
    .filter(
      (frame, i, all) => !isGlue(frame) && (frame.line !== null || frame.function !== all[i - 1]?.function),
    );

/** A unit's code, read when something in it is asked for. */
interface UnitCode {
  /** The file that was compiled, relative to the C root. */
  readonly name: string | null;
  readonly functions: readonly Scope[];
  readonly lines: LineTable | null;
}

interface UnitRange {
  readonly low: number;
  readonly high: number;
  readonly unit: Unit;
}

/**
 * From which source a linked module's code was made, inlined functions included.
 *
 * Places are byte offsets in the module, as V8 prints them in a stack frame (`wasm-function[12]:0x1a2b`). It
 * prints, of every frame, where the instruction itself begins that traps or calls, and not the address behind
 * a call that a native unwinder meets; so each is looked up as it is.
 *
 * Everything is read when asked for. Corrupt input throws `E_BAD_MODULE` or `E_BAD_DWARF` then, at the latest.
 */
export class CodeMap {
  readonly #module: Uint8Array;
  readonly #sections: ReadonlyMap<string, Uint8Array>;
  readonly #units = new Map<Unit, UnitCode>();
  #codeSection: CodeSection | undefined;
  #functionNames: ReadonlyMap<number, string> | undefined;
  #debug: { dwarf: Dwarf; ranges: Ranges; lines: LineTables; units: readonly UnitRange[] } | undefined;

  private constructor(module: Uint8Array) {
    this.#module = module;
    this.#sections = customSections(module);
  }

  /** Reads a linked WebAssembly module; one without debug information has names alone. Throws `E_BAD_MODULE`. */
  static readonly fromWasm = memoized((module: Uint8Array): CodeMap => new CodeMap(module));

  /** What runs at an offset, innermost first; empty where no function is. */
  frames(offset: number): readonly CodeFrame[] {
    const body = this.#bodyAt(offset);
    if (body === null) return [];
    const address = offset - this.#code.start;
    const unit = this.#unitAt(address);
    const scopes = unit === null ? [] : scopesAt(unit.functions, address).reverse();
    if (unit === null || scopes.length === 0)
      return [{ function: this.#nameOf(body.index), file: null, line: null }];
    const { lines } = unit;
    const row = lines?.row(address) ?? null;
    let place = { file: row?.file ?? null, line: row?.line ?? null };
    const frames = scopes.map((scope) => {
      const { die } = scope;
      const { file, line } = place;
      place = { file: die.size(At.callFile), line: die.size(At.callLine) };
      const name = nameOf(die) ?? this.#nameOf(body.index);
      if (line === null || line < 1) return { function: name, ...nearestLine(lines, scope, address, file) };
      return { function: name, file: file === null ? null : (lines?.file(file) ?? null), line };
    });
    const own = frames.filter((frame) => !isGlue(frame));
    return own.length > 0 ? own : frames.slice(0, 1).map(withoutGlue);
  }

  /**
   * How many of the frames at an offset, from the innermost on, lead to the first function that other files may call: what
   * that is does not depend on what the compiler has inlined where. All of them, where none is.
   */
  ownFrames(offset: number): number {
    const body = this.#bodyAt(offset);
    if (body === null) return 0;
    const address = offset - this.#code.start;
    const unit = this.#unitAt(address);
    const scopes = unit === null ? [] : scopesAt(unit.functions, address).reverse();
    const first = scopes.findIndex(({ die }) => die.origins().some((one) => one.flag(At.external)));
    return first < 0 ? Math.max(1, scopes.length) : first + 1;
  }

  /** The frames of a whole stack; `offsets` from the innermost call on. */
  stack(offsets: readonly number[]): CodeFrame[] {
    return callsOnce(offsets.flatMap((offset) => this.frames(offset)));
  }

  /** The module's function at an offset; null where there is none. */
  functionAt(offset: number): CodeFunction | null {
    const body = this.#bodyAt(offset);
    if (body === null) return null;
    const { index, start, end } = body;
    const die = this.#subprogram(body)?.scope.die;
    return { index, name: (die && nameOf(die)) ?? this.#nameOf(index), start, end };
  }

  /** The file that defines a function; null where that is unknown, as of an imported one. */
  fileOf(functionIndex: number): string | null {
    const { bodies } = this.#code;
    const body = bodies[functionIndex - (bodies[0]?.index ?? 0)];
    const found = body && this.#subprogram(body);
    const declared = found?.scope.die.origins().find((die) => die.has(At.declFile));
    const number = declared?.size(At.declFile) ?? null;
    return number === null ? null : (found?.unit.lines?.file(number) ?? null);
  }

  /** Does a function return a `_Bool`? What it returns is 0 or 1 then. Unknown is no. */
  returnsBool(functionIndex: number): boolean {
    const { bodies } = this.#code;
    const body = bodies[functionIndex - (bodies[0]?.index ?? 0)];
    const found = body && this.#subprogram(body);
    let type =
      found?.scope.die
        .origins()
        .find((die) => die.has(At.type))
        ?.reference(At.type) ?? null;
    while (type?.tag === Tag.typedef) type = type.reference(At.type);
    return type?.tag === Tag.baseType && type.integer(At.encoding) === Encoding.boolean;
  }

  /** The file that was compiled with a function in it; null where that is unknown. */
  unitOf(functionIndex: number): string | null {
    const { bodies, start } = this.#code;
    const body = bodies[functionIndex - (bodies[0]?.index ?? 0)];
    return body === undefined ? null : (this.#unitAt(body.start - start)?.name ?? null);
  }

  get #code(): CodeSection {
    this.#codeSection ??= codeSection(this.#module);
    return this.#codeSection;
  }

  #bodyAt(offset: number): FunctionBody | null {
    const { bodies } = this.#code;
    let low = 0;
    let high = bodies.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (bodies[middle]!.start <= offset) low = middle + 1;
      else high = middle;
    }
    const body = bodies[low - 1];
    return body === undefined || offset >= body.end ? null : body;
  }

  #subprogram({ start }: FunctionBody): { unit: UnitCode; scope: Scope } | null {
    const address = start - this.#code.start;
    const unit = this.#unitAt(address);
    const scope = unit === null ? undefined : scopesAt(unit.functions, address)[0];
    return unit === null || scope === undefined ? null : { unit, scope };
  }

  #nameOf(index: number): string {
    this.#functionNames ??= functionNames(this.#module);
    return this.#functionNames.get(index) ?? `wasm-function[${index}]`;
  }

  #unitAt(address: number): UnitCode | null {
    if (!this.#sections.has('.debug_info')) return null;
    this.#debug ??= readDebug(this.#sections);
    const { dwarf, ranges, lines, units } = this.#debug;
    const range = lastFrom(units, address);
    if (range === null || address >= range.high) return null;
    const { unit } = range;
    let code = this.#units.get(unit);
    if (code === undefined) {
      const root = dwarf.root(unit);
      code = { name: root.name, functions: readScopes(dwarf, ranges, unit), lines: lines.of(root) };
      this.#units.set(unit, code);
    }
    return code;
  }
}

function readDebug(sections: ReadonlyMap<string, Uint8Array>) {
  const dwarf = new Dwarf(sections);
  const ranges = new Ranges(dwarf);
  const units = dwarf.units
    .flatMap((unit) => ranges.of(dwarf.root(unit)).map((range) => ({ ...range, unit })))
    .sort((a, b) => a.low - b.low);
  return { dwarf, ranges, lines: new LineTables(dwarf), units };
}

function nameOf(die: Die): string | null {
  for (const origin of die.origins()) {
    const name = origin.name;
    if (name !== null) return name;
  }
  return null;
}

/**
 * The nearest line of a function, where the code at an address was made from several of its lines: of the statement
 * before, of the one behind it, or the one that the function begins at.
 */
function nearestLine(
  lines: LineTable | null,
  scope: Scope,
  address: number,
  known: number | null,
): SourcePlace {
  const isOwn = ({ low }: LineRow) =>
    covers(scope.ranges, low) && !scope.inlined.some(({ ranges }) => covers(ranges, low));
  const row = lines?.nearest(address, isOwn);
  if (row != null) return { file: lines!.file(row.file), line: row.line, nearest: true };
  const declared = scope.die.origins().find((die) => die.has(At.declFile) && die.has(At.declLine));
  const file = declared?.size(At.declFile) ?? known;
  const line = declared?.size(At.declLine) ?? null;
  const path = file === null ? null : (lines?.file(file) ?? null);
  return line === null || line < 1 || path === null
    ? { file: path, line: null }
    : { file: path, line, nearest: true };
}
