// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
/** How types of LLVM's textual IR lie in memory (LLVM Language Reference, "Data Layout"). Bytes. */
export interface IrShape {
  readonly size: number;
  readonly align: number;
}

const FLOATS: Readonly<Record<string, number>> = {
  half: 16,
  bfloat: 16,
  float: 32,
  double: 64,
  x86_fp80: 80,
  fp128: 128,
  ppc_fp128: 128,
};

/** A struct's members, in order. */
interface Placed extends IrShape {
  readonly types: readonly string[];
  readonly offsets: readonly number[];
}

/** The named types of a module, and where their members lie. */
export class IrTypes {
  readonly #named = new Map<string, string>();
  readonly #aligns = new Map<string, number>();
  readonly #shapes = new Map<string, IrShape | undefined>();
  readonly #placed = new Map<string, Placed | undefined>();
  #pointer = 8;

  constructor(module: string) {
    for (const [, name = '', body = ''] of module.matchAll(/^(%\S+) = type (.+)$/gm))
      this.#named.set(name, body);
    const layout = /^target datalayout = "(.*)"$/m.exec(module)?.[1] ?? '';
    for (const part of layout.split('-')) {
      const [, kind = '', bits = '', abi = ''] = /^([if])(\d+):(\d+)/.exec(part) ?? [];
      if (kind !== '') this.#aligns.set(kind + bits, Number(abi) / 8);
      const pointer = /^p(?:0)?:(\d+):/.exec(part)?.[1];
      if (pointer !== undefined) this.#pointer = Number(pointer) / 8;
    }
  }

  /** Undefined for what has no size here: an opaque type, a vector, a target's own type. */
  shapeOf(type: string): IrShape | undefined {
    const known = this.#shapes.get(type);
    if (known !== undefined || this.#shapes.has(type)) return known;
    const shape = this.#shapeOf(type);
    this.#shapes.set(type, shape);
    return shape;
  }

  #shapeOf(type: string): IrShape | undefined {
    if (type.endsWith('*') || /^ptr\b/.test(type)) return { size: this.#pointer, align: this.#pointer };
    const bits = /^i(\d+)$/.exec(type)?.[1];
    if (bits !== undefined) return this.#integer(Number(bits));
    const float = FLOATS[type];
    if (float !== undefined) return this.#float(float);
    const array = /^\[(\d+) x (.*)\]$/.exec(type);
    if (array) {
      const element = this.shapeOf(array[2]!);
      return element && { size: element.size * Number(array[1]), align: element.align };
    }
    const placed = this.#placedOf(type);
    return placed && { size: placed.size, align: placed.align };
  }

  /** What lies at an index of a struct or an array: where, and of which type. */
  at(type: string, index: number): { offset: number; type: string } | undefined {
    const array = /^\[(\d+) x (.*)\]$/.exec(type);
    if (array) {
      const element = this.shapeOf(array[2]!);
      return element && { offset: element.size * index, type: array[2]! };
    }
    const placed = this.#placedOf(type);
    const offset = placed?.offsets[index];
    return offset === undefined ? undefined : { offset, type: placed!.types[index]! };
  }

  #placedOf(type: string): Placed | undefined {
    const known = this.#placed.get(type);
    if (known !== undefined || this.#placed.has(type)) return known;
    const members = this.#membersOf(type);
    const placed = members && this.#place(members);
    this.#placed.set(type, placed);
    return placed;
  }

  #integer(bits: number): IrShape {
    const bytes = Math.ceil(bits / 8);
    // What the layout does not name is aligned as the next larger integer that it names, or as the largest.
    const named = [8, 16, 32, 64, 128].filter((one) => one >= bits);
    const fallback: Readonly<Record<number, number>> = { 8: 1, 16: 2, 32: 4, 64: 4 };
    const known = named
      .map((one) => this.#aligns.get(`i${one}`) ?? fallback[one])
      .find((one) => one !== undefined);
    const align = known ?? this.#aligns.get('i64') ?? 4;
    return { size: Math.ceil(bytes / align) * align, align };
  }

  #float(bits: number): IrShape {
    const align = this.#aligns.get(`f${bits}`) ?? 2 ** Math.ceil(Math.log2(bits / 8));
    return { size: Math.ceil(bits / 8 / align) * align, align };
  }

  #membersOf(type: string): { types: string[]; packed: boolean } | undefined {
    const body = this.#named.get(type) ?? type;
    const packed = body.startsWith('<{');
    if (!packed && !body.startsWith('{')) return undefined;
    const inner = (packed ? body.slice(2, -2) : body.slice(1, -1)).trim();
    return { types: inner === '' ? [] : splitList(inner), packed };
  }

  #place({ types, packed }: { types: readonly string[]; packed: boolean }): Placed | undefined {
    const offsets: number[] = [];
    let [size, align] = [0, 1];
    for (const type of types) {
      const shape = this.shapeOf(type);
      if (shape === undefined) return undefined;
      const step = packed ? 1 : shape.align;
      size = Math.ceil(size / step) * step;
      offsets.push(size);
      size += shape.size;
      align = Math.max(align, step);
    }
    return { types, offsets, size: Math.ceil(size / align) * align, align };
  }
}

/** Splits at the commas that are in no bracket. */
export function splitList(text: string): string[] {
  const parts: string[] = [];
  let depth = 0;
  let from = 0;
  for (let i = 0; i < text.length; i++) {
    const character = text[i]!;
    if ('([{<'.includes(character)) depth++;
    else if (')]}>'.includes(character)) depth--;
    else if (character === ',' && depth === 0) {
      parts.push(text.slice(from, i).trim());
      from = i + 1;
    }
  }
  parts.push(text.slice(from).trim());
  return parts;
}
