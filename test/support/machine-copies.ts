// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { applyEdits } from '../../src/wasm/edits.js';
import { codeSection } from '../../src/wasm/function-bodies.js';
import { type InstanceData, instanceDataOf, instanceDataSection } from '../../src/wasm/instance-data.js';
import { SectionId, sectionsOf } from '../../src/wasm/sections.js';

/** An export of a program that is run on copies: of two numbers, one. */
export interface Call {
  readonly name: string;
  readonly args: readonly [number, number];
}

type Exports = Record<string, (...args: number[]) => number>;

function exportsOver(module: WebAssembly.Module, memory: WebAssembly.Memory): Exports {
  return new WebAssembly.Instance(module, { env: { memory } }).exports as unknown as Exports;
}

const newMemory = () => new WebAssembly.Memory({ initial: 1024, maximum: 1024, shared: true });

/** What the first copy lies behind: the modules of tests end far below. */
const FIRST_COPY = 1 << 20;

/**
 * Several copies of a program's instance data in one memory, as a machine has them: what was linked is overwritten, so that
 * whoever still reads there is seen.
 */
export class Copies {
  readonly memory = newMemory();
  readonly #data: InstanceData;
  readonly #exports: Exports;
  readonly #distances: readonly number[];

  /**
   * @param bytes a module that was rebased.
   * @param data of the module that was linked.
   */
  constructor(bytes: Uint8Array<ArrayBuffer>, data: InstanceData, copies: number) {
    this.#data = data;
    const { start, end, align, pointers } = data;
    this.#exports = exportsOver(new WebAssembly.Module(bytes), this.memory);
    const stride = Math.ceil((end - start) / align + 1) * align;
    const first = Math.ceil(FIRST_COPY / align) * align + (start % align) - start;
    this.#distances = Array.from({ length: copies }, (_, i) => first + i * stride);
    const all = new Uint8Array(this.memory.buffer);
    const words = new DataView(this.memory.buffer);
    for (const distance of this.#distances) {
      all.copyWithin(start + distance, start, end);
      for (const at of pointers) words.setUint32(at + distance, words.getUint32(at, true) + distance, true);
    }
    all.fill(POISON, start, end);
  }

  call(copy: number, { name, args }: Call): number {
    this.#exports.lab_set_base!(this.#distances[copy]!);
    return this.#exports[name]!(...args) >>> 0;
  }

  /** Address of a word that is not what a program alone has there; null where there is none. */
  firstDifference(copy: number, alone: WebAssembly.Memory): number | null {
    const { start, end } = this.#data;
    const [own, other] = [this.memory, alone].map(({ buffer }) => new DataView(buffer)) as [
      DataView,
      DataView,
    ];
    const distance = this.#distances[copy]!;
    for (let at = start; at + 4 <= end; at += 4) {
      const [got, expected] = [own.getUint32(at + distance, true), other.getUint32(at, true)];
      const isPointer = got - distance === expected && expected >= start && expected <= end;
      if (got !== expected && !isPointer) return at;
    }
    return null;
  }

  /** Has anybody written to what was linked? */
  get isStrayed(): boolean {
    const { start, end } = this.#data;
    return new Uint8Array(this.memory.buffer, start, end - start).some((byte) => byte !== POISON);
  }
}

/** Leads far out of memory where it is taken for an address. */
const POISON = 0xa5;

/** A program that has its memory for itself. */
class Alone {
  readonly memory = newMemory();
  readonly #exports: Exports;

  constructor(bytes: Uint8Array<ArrayBuffer>) {
    this.#exports = exportsOver(new WebAssembly.Module(bytes), this.memory);
  }

  call({ name, args }: Call): number {
    return this.#exports[name]!(...args) >>> 0;
  }
}

/** Exports that can be called on copies. */
export function callable(bytes: Uint8Array<ArrayBuffer>): string[] {
  const own = WebAssembly.Module.exports(new WebAssembly.Module(bytes));
  return own
    .filter(({ kind, name }) => kind === 'function' && !name.startsWith('__') && name !== 'lab_set_base')
    .map(({ name }) => name);
}

/**
 * Makes calls on copies in turn, and the same ones on as many programs of their own.
 *
 * @returns what went otherwise on a copy; null if nothing did.
 */
export function difference(
  linked: Uint8Array<ArrayBuffer>,
  rebased: Uint8Array<ArrayBuffer>,
  calls: readonly (Call & { readonly copy: number })[],
  data = instanceDataOf(linked),
): string | null {
  const count = Math.max(...calls.map(({ copy }) => copy)) + 1;
  const copies = new Copies(rebased, data, count);
  const others = Array.from({ length: count }, () => new Alone(linked));
  for (const [i, call] of calls.entries()) {
    const expected = others[call.copy]!.call(call);
    let got: number | string;
    try {
      got = copies.call(call.copy, call);
    } catch (error) {
      got = String(error);
    }
    if (got !== expected)
      return `call ${i}, ${call.name}(${call.args}) on copy ${call.copy}: ${got} instead of ${expected}`;
    if (copies.isStrayed) return `call ${i}, ${call.name}(${call.args}): writes to what was linked`;
  }
  for (const [copy, { memory }] of others.entries()) {
    const at = copies.firstDifference(copy, memory);
    if (at !== null) return `copy ${copy} differs at 0x${at.toString(16)} in the end`;
  }
  return null;
}

/** A module that says something else of its instance data than is right. */
export function misinformed(
  linked: Uint8Array<ArrayBuffer>,
  change: Partial<InstanceData>,
): Uint8Array<ArrayBuffer> {
  const section = sectionsOf(linked).find(
    ({ id, name }) => id === SectionId.custom && name === 'lostbit.instance_data',
  )!;
  const data = { ...instanceDataOf(linked), ...change };
  const content = instanceDataSection(data, codeSection(linked).start);
  return applyEdits(linked, [
    { at: section.counted, remove: section.end - section.counted, bytes: content },
    { at: section.start + 1, remove: section.counted - section.start - 1, bytes: size(content.length) },
  ]).bytes;
}

/** An unsigned LEB128 of five bytes. */
function size(length: number): number[] {
  return [0, 7, 14, 21, 28].map((shift) => ((length >>> shift) & 0x7f) | (shift === 28 ? 0 : 0x80));
}
