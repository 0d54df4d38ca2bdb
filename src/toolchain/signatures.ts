// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
/** The number types of WebAssembly, by the byte that stands for them in the binary format. */
const VALUE_TYPES = new Map([
  [0x7f, 'i32'],
  [0x7e, 'i64'],
  [0x7d, 'f32'],
  [0x7c, 'f64'],
]);

/** An exported function; types are `i32`, `i64`, `f32`, `f64`, or `other`. */
export interface Signature {
  readonly name: string;
  readonly params: readonly string[];
  readonly results: readonly string[];
}

type Type = Omit<Signature, 'name'>;

/**
 * The exported functions of a valid module, with their types, which the JavaScript API does not give. Format: WebAssembly core specification, §5.5 Modules.
 */
export function exportedFunctions(module: Uint8Array): Signature[] {
  const bytes = new Reader(module, 8);
  const types: Type[] = [];
  const functions: (Type | undefined)[] = [];
  const found: Signature[] = [];
  while (!bytes.ended) {
    const id = bytes.byte();
    const section = bytes.part(bytes.u32());
    if (id === 1) types.push(...section.vector(() => functionType(section)));
    if (id === 2) functions.push(...section.vector(() => imported(section, types)).flat());
    if (id === 3) functions.push(...section.vector(() => types[section.u32()]));
    if (id === 7) {
      for (const { name, kind, index } of section.vector(() => exported(section))) {
        const type = kind === 0 ? functions[index] : undefined;
        if (type) found.push({ name, ...type });
      }
    }
  }
  return found;
}

function functionType(section: Reader): Type {
  section.byte();
  const valueType = () => VALUE_TYPES.get(section.byte()) ?? 'other';
  return { params: section.vector(valueType), results: section.vector(valueType) };
}

/** The imported function's type, in a list of its own; an empty list for any other import. */
function imported(section: Reader, types: readonly Type[]): (Type | undefined)[] {
  section.name();
  section.name();
  const kind = section.byte();
  if (kind === 0) return [types[section.u32()]];
  if (kind === 1) section.byte(); // the element type of a table
  if (kind === 3)
    section.skip(2); // a global's type and mutability
  else {
    const flags = section.byte();
    section.u32();
    if ((flags & 1) !== 0) section.u32();
  }
  return [];
}

function exported(section: Reader): { name: string; kind: number; index: number } {
  return { name: section.name(), kind: section.byte(), index: section.u32() };
}

class Reader {
  readonly #bytes: Uint8Array;
  #at: number;

  constructor(bytes: Uint8Array, at = 0) {
    this.#bytes = bytes;
    this.#at = at;
  }

  get ended(): boolean {
    return this.#at >= this.#bytes.length;
  }

  byte(): number {
    return this.#bytes[this.#at++] ?? 0;
  }

  skip(count: number): void {
    this.#at += count;
  }

  /** LEB128. */
  u32(): number {
    let value = 0;
    for (let shift = 0; ; shift += 7) {
      const byte = this.byte();
      value |= (byte & 0x7f) << shift;
      if (byte < 0x80) return value >>> 0;
    }
  }

  part(length: number): Reader {
    this.#at += length;
    return new Reader(this.#bytes.subarray(this.#at - length, this.#at));
  }

  name(): string {
    const length = this.u32();
    this.#at += length;
    return new TextDecoder().decode(this.#bytes.subarray(this.#at - length, this.#at));
  }

  vector<T>(item: () => T): T[] {
    return Array.from({ length: this.u32() }, item);
  }
}
