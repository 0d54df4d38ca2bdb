// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only

import { uleb } from '../../wasm/leb.js';
import { ValueType } from './access-shapes.js';

const types = Object.values(ValueType);

/** Locals added to a function behind its own, to keep operands in while the hook is called. */
export class ScratchLocals {
  /** How many of each type, and the index of the first one. */
  readonly #groups = new Map<ValueType, { count: number; first: number }>();

  /** @param first index of the first local that is free; `uses` are the operands kept at the same time, of each use. */
  constructor(first: number, uses: Iterable<readonly ValueType[]>) {
    const counts = new Map<ValueType, number>();
    for (const use of uses)
      for (const type of types) {
        const count = use.filter((one) => one === type).length;
        counts.set(type, Math.max(count, counts.get(type) ?? 0));
      }
    let next = first;
    for (const [type, count] of counts) {
      if (count > 0) this.#groups.set(type, { count, first: next });
      next += count;
    }
  }

  /** Number of declarations in {@link declarations}. */
  get groups(): number {
    return this.#groups.size;
  }

  get declarations(): number[] {
    return [...this.#groups].flatMap(([type, { count }]) => [...uleb(count), type]);
  }

  /** A local for each operand of a use. */
  forOperands(operands: readonly ValueType[]): number[] {
    return operands.map((type, i) => {
      const before = operands.slice(0, i).filter((one) => one === type).length;
      return this.#groups.get(type)!.first + before;
    });
  }
}
