// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { expect, test } from 'vitest';
import { DebugInfo } from '../../src/layout/debug-info.js';
import { areaBytes } from '../../src/machine/machine.js';
import type { NamedContract } from './program.js';

interface Exports {
  readonly contract_run: (test: number) => number;
  readonly contract_blocked: () => number;
  readonly contract_left: () => number;
  readonly __wasm_init_tls: (area: number) => void;
  readonly __stack_pointer: WebAssembly.Global;
  readonly __heap_base: WebAssembly.Global;
}

/** The contracts' program, in this thread. */
export class ContractProgram {
  readonly #exports: Exports;
  readonly #memory = new WebAssembly.Memory({ initial: 1024, maximum: 1024, shared: true });
  readonly #violations: number;
  readonly #size: number;
  readonly #kinds: ReadonlyMap<number, string>;

  constructor(bytes: Uint8Array<ArrayBuffer>) {
    const imports = { env: { memory: this.#memory, stub_backtrace: () => 0 } };
    const { exports } = new WebAssembly.Instance(new WebAssembly.Module(bytes), imports);
    this.#exports = exports as unknown as Exports;
    const info = DebugInfo.fromWasm(bytes);
    this.#violations = info.variable('stub_violations').address;
    this.#size = info.struct('stub_violation').size;
    this.#kinds = new Map([...info.enumeration('stub_violation_kind')].map(([name, value]) => [value, name]));
    this.#exports.__wasm_init_tls(this.#area);
  }

  get #area(): number {
    return Math.ceil(this.#exports.__heap_base.value / 65536) * 65536;
  }

  /** How it ended: `blocked`, `trap`, or the number of the line that does not hold; 0: all is well. */
  run(index: number): number | 'blocked' | 'trap' {
    this.#exports.__stack_pointer.value = this.#area + areaBytes;
    try {
      return this.#exports.contract_run(index);
    } catch {
      return this.#exports.contract_blocked() === 0 ? 'trap' : 'blocked';
    }
  }

  get leaves(): boolean {
    return this.#exports.contract_left() !== 0;
  }

  get violations(): string[] {
    const view = new DataView(this.#memory.buffer);
    const count = view.getUint32(this.#violations, true);
    return Array.from({ length: count }, (_, i) => {
      const kind = view.getUint32(this.#violations + 4 + i * this.#size, true);
      return this.#kinds.get(kind)!.replace('STUB_', '').toLowerCase().replaceAll('_', '-');
    });
  }
}

/** A test for each contract: they come in the order in which the program has them. */
export function testContracts(contracts: readonly NamedContract[], program: () => ContractProgram): void {
  test.each(contracts.map(([name, contract], i) => [name, contract, i] as const))(
    '%s',
    (_, { c, violations = [], ends, leaves = false }, i) => {
      const ended = program().run(i);
      const line = typeof ended === 'number' && ended !== 0 ? c.split('\n')[ended - 1] : ended;
      expect(line).toBe(ends ?? 0);
      expect(program().violations).toEqual(violations);
      expect(program().leaves).toBe(leaves || (ends !== undefined && program().leaves));
    },
  );
}
