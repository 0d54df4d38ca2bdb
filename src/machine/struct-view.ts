// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { LostbitError } from '../errors.js';
import type { StructType } from '../layout/types.js';
import { type FieldAccess, resolveFieldPath } from './field-path.js';

/** Where fields are, by their paths: many views are of one type. */
const known = new WeakMap<StructType, Map<string, FieldAccess>>();

/**
 * A struct in a machine's memory, its fields read and written by path (`actor[0].step[1].op`). Offsets come
 * from the module's DWARF. A path here stays inside the struct: it follows no pointer.
 */
export class StructView {
  readonly type: StructType;
  readonly address: number;
  readonly #memory: DataView;
  readonly #known: Map<string, FieldAccess>;

  constructor(type: StructType, memory: WebAssembly.Memory, address: number) {
    this.type = type;
    this.address = address;
    this.#memory = new DataView(memory.buffer);
    this.#known = known.get(type) ?? new Map();
    known.set(type, this.#known);
  }

  /** The value of a whole-byte integer field. 64-bit ones lose what a double cannot hold. */
  get(path: string): number {
    const { size, signed, hops } = this.#field(path);
    const at = this.address + hops[0]!;
    const view = this.#memory;
    switch (size) {
      case 1:
        return signed ? view.getInt8(at) : view.getUint8(at);
      case 2:
        return signed ? view.getInt16(at, true) : view.getUint16(at, true);
      case 4:
        return signed ? view.getInt32(at, true) : view.getUint32(at, true);
      case 8:
        return Number(signed ? view.getBigInt64(at, true) : view.getBigUint64(at, true));
    }
  }

  /** Writes a whole-byte integer field. */
  set(path: string, value: number): void {
    const { size, hops } = this.#field(path);
    const at = this.address + hops[0]!;
    const view = this.#memory;
    if (size === 1) view.setInt8(at, value);
    else if (size === 2) view.setInt16(at, value, true);
    else if (size === 4) view.setInt32(at, value, true);
    else view.setBigInt64(at, BigInt(value), true);
  }

  /** Does the struct have this field (and an array this element)? */
  has(path: string): boolean {
    try {
      this.#field(path);
      return true;
    } catch (error) {
      if (error instanceof LostbitError) return false;
      throw error;
    }
  }

  /** Address of a scalar field. */
  addressOf(path: string): number {
    return this.address + this.#field(path).hops[0]!;
  }

  /** Writes a character array, cut to its room and ended with a zero. */
  setText(path: string, text: string, room: number): void {
    const at = this.addressOf(`${path}[0]`);
    const bytes = new TextEncoder().encode(text).subarray(0, room - 1);
    const target = new Uint8Array(this.#memory.buffer, at, room);
    target.fill(0);
    target.set(bytes);
  }

  /** Reads a character array up to its zero. */
  getText(path: string, room: number): string {
    const at = this.addressOf(`${path}[0]`);
    // A copy, since a decoder refuses shared memory.
    const bytes = new Uint8Array(this.#memory.buffer, at, room).slice();
    const end = bytes.indexOf(0);
    return new TextDecoder().decode(bytes.subarray(0, end < 0 ? room : end));
  }

  #field(path: string): FieldAccess {
    let field = this.#known.get(path);
    if (field === undefined) {
      field = resolveFieldPath(this.type, path);
      this.#known.set(path, field);
    }
    return field;
  }
}
