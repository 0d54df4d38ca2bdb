// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { type CodeFrame, CodeMap, callsOnce } from '../../layout/code-map.js';
import { functionNames } from '../../wasm/function-names.js';

/**
 * Which functions of the linked module those of the module that the simulator runs are. A frame is a whole function:
 * where in it a call was is unknown, since coroutines have moved the code.
 */
export class StackNames {
  readonly #simulated: ReadonlyMap<number, string>;
  readonly #indices: ReadonlyMap<string, number>;
  readonly #codeMap: CodeMap;

  constructor(module: Uint8Array, simulated: Uint8Array) {
    this.#simulated = functionNames(simulated);
    this.#indices = new Map([...functionNames(module)].map(([index, name]) => [name, index]));
    this.#codeMap = CodeMap.fromWasm(module);
  }

  /** Innermost first. */
  frames(functions: readonly number[]): CodeFrame[] {
    const stack = functions.flatMap((index) => {
      const name = this.#simulated.get(index);
      if (name === undefined) return [];
      const original = this.#indices.get(name);
      return [
        { function: name, file: original === undefined ? null : this.#codeMap.fileOf(original), line: null },
      ];
    });
    return callsOnce(stack);
  }
}
