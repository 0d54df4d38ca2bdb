// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import type { CallFact, FunctionFact, Given, UnitFacts } from './facts.js';

/** A function of a unit, with the numbers that it is given. */
const keyOf = (unit: string, name: string, given: Given): string =>
  `${unit}\n${name}${given.length === 0 ? '' : `\n${JSON.stringify(given)}`}`;

/**
 * Of what many units do, the functions from which a store of a bit-field is reached, and the calls that lead there. Most functions of a
 * kernel are not among them.
 *
 * @param read the facts of all units, as often as it is called: they need not be in memory at the same time.
 */
export function relevantFacts(read: () => Iterable<UnitFacts>): UnitFacts[] {
  const graph = new Graph();
  for (const unit of read()) graph.add(unit);
  const relevant = graph.relevant();
  const kept: UnitFacts[] = [];
  // One after the other: all of them at once are gigabytes.
  for (const unit of read()) {
    const isKept = ({ name, given }: FunctionFact) =>
      relevant.has(graph.idOf(unit, name, given)) ||
      (given.length > 0 && relevant.has(graph.idOf(unit, name, [])));
    const functions = unit.functions.filter(isKept).map((fact) => ({
      ...fact,
      calls: fact.calls.filter((call) => graph.calleesOf(unit, call).some((id) => relevant.has(id))),
    }));
    const names = new Set(functions.map(({ name }) => name));
    kept.push({
      ...unit,
      functions,
      given: unit.given.filter(({ function: name, to }) => names.has(name) || graph.isKeptIn(to, relevant)),
      summaries: {},
    });
  }
  return kept;
}

class Graph {
  readonly #globals = new Map<string, string>();
  readonly #own = new Set<string>();
  /** Functions by the members of structs that they are given to. */
  readonly #slots = new Map<string, Set<string>>();
  readonly #writing: string[] = [];
  /** Resolved when all units are there. */
  readonly #calls: { readonly from: string; readonly unit: string; readonly callee: CallFact['callee'] }[] =
    [];
  readonly #given: { readonly unit: string; readonly name: string; readonly slot: string }[] = [];

  add(unit: UnitFacts): void {
    for (const { name, given, internal, writes, calls } of unit.functions) {
      const own = keyOf(unit.unit, name, given);
      this.#own.add(own);
      if (!internal) this.#globals.set(name, own);
      if (writes.length > 0) this.#writing.push(own);
      const seen = new Set<string>();
      for (const { callee } of calls) {
        const key = JSON.stringify(callee);
        if (seen.has(key)) continue;
        seen.add(key);
        this.#calls.push({ from: own, unit: unit.unit, callee });
      }
    }
    for (const { function: name, to } of unit.given)
      if ('slot' in to) this.#given.push({ unit: unit.unit, name, slot: to.slot });
  }

  relevant(): ReadonlySet<string> {
    for (const { unit, name, slot } of this.#given) {
      const id = this.#find(unit, name, []);
      if (id !== null) this.#slots.set(slot, (this.#slots.get(slot) ?? new Set()).add(id));
    }
    const callers = new Map<string, string[]>();
    for (const { from, unit, callee } of this.#calls)
      for (const to of this.#resolve(unit, callee)) {
        const known = callers.get(to);
        if (known === undefined) callers.set(to, [from]);
        else known.push(from);
      }
    this.#calls.length = 0;
    const relevant = new Set(this.#writing);
    for (const one of relevant) for (const caller of callers.get(one) ?? []) relevant.add(caller);
    return relevant;
  }

  idOf({ unit }: UnitFacts, name: string, given: Given): string {
    return keyOf(unit, name, given);
  }

  calleesOf({ unit }: UnitFacts, { callee }: CallFact): string[] {
    return this.#resolve(unit, callee);
  }

  isKeptIn(to: UnitFacts['given'][number]['to'], relevant: ReadonlySet<string>): boolean {
    return 'slot' in to && [...(this.#slots.get(to.slot) ?? [])].some((id) => relevant.has(id));
  }

  #resolve(unit: string, callee: CallFact['callee']): string[] {
    if ('slot' in callee) return [...(this.#slots.get(callee.slot) ?? [])];
    const found = this.#find(unit, callee.name, callee.given);
    return found === null ? [] : [found];
  }

  #find(unit: string, name: string, given: Given): string | null {
    const own = keyOf(unit, name, given);
    return this.#own.has(own) ? own : (this.#globals.get(name) ?? null);
  }
}
