// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import type { IrTypes } from '../toolchain/bit-fields/ir-types.js';
import { decidingParameters } from './control-flow.js';
import type { Given, Summary } from './facts.js';
import { FunctionReader, type Seen, type Surroundings } from './function-reader.js';
import type { GlobalVariable, IrFunction } from './ir/operations.js';
import type { TypesByName } from './ir/types-by-name.js';
import { keyOfValue, leafValue, numberOf, type Value } from './value.js';

const nothing: Summary = { returns: null, takes: [], releases: [], writes: [], passes: [] };
/** How often functions that call each other are looked at again. */
const mostRecursions = 4;
/** Ways to call a function that are told apart by numbers. */
const mostVariants = 8;

/** The functions of a unit, as clang's front end makes them before any optimisation, with a summary of what each does for its callers. */
export class Interpreter implements Surroundings {
  readonly #functions: ReadonlyMap<string, IrFunction>;
  readonly #globals: ReadonlyMap<string, GlobalVariable>;
  readonly #unit: string;
  readonly #types: IrTypes;
  readonly #names: TypesByName;
  readonly #externs: ReadonlyMap<string, Summary>;
  readonly #summaries = new Map<string, Summary | null>();
  /** Functions that are called while they are looked at, and what they were found to do before. */
  readonly #calledAgain = new Set<string>();
  readonly #assumed = new Map<string, Summary>();
  /** Whose summary is there, in the order in which they came. */
  readonly #done: string[] = [];
  readonly #deciding = new Map<string, ReadonlySet<number>>();
  /** By function, what it was given, as keys. */
  readonly #variants = new Map<string, Set<string>>();

  /**
   * @param unit its path: its static variables are its own.
   * @param externs what is known of functions whose code is in another unit.
   */
  constructor(
    functions: ReadonlyMap<string, IrFunction>,
    unit: string,
    globals: ReadonlyMap<string, GlobalVariable>,
    types: IrTypes,
    names: TypesByName,
    externs: ReadonlyMap<string, Summary>,
  ) {
    this.#functions = functions;
    this.#unit = unit;
    this.#globals = globals;
    this.#types = types;
    this.#names = names;
    this.#externs = externs;
  }

  /** What a function of the unit does for its callers; of one that calls itself, what is true whatever it does there. */
  summaryOf(name: string, given: Given = []): Summary {
    const key = given.length === 0 ? name : `${name} ${JSON.stringify(given)}`;
    const known = this.#summaries.get(key);
    if (known === null) {
      this.#calledAgain.add(key);
      return this.#assumed.get(key) ?? nothing;
    }
    if (known !== undefined) return known;
    const found = this.#functions.get(name);
    if (found === undefined) return this.#externs.get(name) ?? nothing;
    const before = this.#done.length;
    for (let round = 1; ; round++) {
      this.#summaries.set(key, null);
      const summary = new FunctionReader(found, this, null, given).summary();
      const isSure = !this.#calledAgain.has(key) || sameEffects(summary, this.#assumed.get(key) ?? nothing);
      if (isSure || round === mostRecursions) {
        // What still changes is not relied upon.
        const made = isSure ? summary : { ...summary, returns: null, takes: [] };
        this.#summaries.set(key, made);
        this.#done.push(key);
        return made;
      }
      // What it was taken to do, others were told.
      this.#assumed.set(key, summary);
      for (const one of this.#done.splice(before)) this.#summaries.delete(one);
    }
  }

  /** Goes through a function, and says what it does. */
  read(name: string, given: Given, seen: Seen): void {
    const found = this.#functions.get(name);
    if (found !== undefined) new FunctionReader(found, this, seen, given).summary();
  }

  /** Those of a call's arguments by which a function of the unit decides, where they are numbers. */
  givenBy(name: string, args: readonly Value[]): Given {
    const found = this.#functions.get(name);
    if (found === undefined || !found.internal) return [];
    let deciding = this.#deciding.get(name);
    if (deciding === undefined) {
      deciding = decidingParameters(found);
      this.#deciding.set(name, deciding);
    }
    const given: Given = [...deciding].flatMap((parameter) => {
      const number = args[parameter] === undefined ? null : numberOf(args[parameter]);
      return number === null || !Number.isSafeInteger(number) ? [] : [[parameter, number] as const];
    });
    if (given.length === 0) return given;
    const variants = this.#variants.get(name) ?? new Set<string>();
    this.#variants.set(name, variants);
    const key = JSON.stringify(given);
    if (!variants.has(key) && variants.size >= mostVariants) return [];
    variants.add(key);
    return given;
  }

  /** Is its code here, or known from elsewhere? */
  knows(name: string): boolean {
    return this.#functions.has(name) || this.#externs.has(name);
  }

  /** The address of a variable, or of a function. */
  addressOf(global: string): Value {
    const { record, internal } = this.#globals.get(global) ?? { record: null, internal: false };
    return { ...leafValue(internal ? `${global}:${this.#unit}` : global), record };
  }

  get types(): IrTypes {
    return this.#types;
  }

  get names(): TypesByName {
    return this.#names;
  }
}

/** Do two summaries say the same of locks, and of what is written? */
function sameEffects(one: Summary, other: Summary): boolean {
  const keyOf = ({ takes, releases, writes }: Summary) => {
    const locks = [takes, releases].map((some) =>
      some.map(({ address, shared }) => `${keyOfValue(address)} ${shared}`).sort(),
    );
    return JSON.stringify([locks, [...writes].sort()]);
  };
  return keyOf(one) === keyOf(other);
}
