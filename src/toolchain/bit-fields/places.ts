// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { type IrTypes, splitList } from './ir-types.js';
import type { RecordLayout } from './records.js';

/** Where a pointer in the intermediate code leads to, as far as it says so itself. Bytes. */
export interface Place {
  /** What the object that is accessed is aligned to; null where its type is unknown. */
  readonly align: number | null;
  /** From the start of that object. */
  readonly offset: number;
  /** The type of what lies there. */
  readonly type: string;
  /** The innermost struct or union, by its name, and how far in it. */
  readonly record: string | null;
  readonly inRecord: number;
}

const RECORD = /^%(?:"?(?:struct|union)\.)/;
const GEP = /^getelementptr (?:(?:inbounds|nusw|nuw) )*\(?/;

/** Follows addresses through one function: objects, their members, the elements of their arrays. */
export class Places {
  readonly #types: IrTypes;
  readonly #records: ReadonlyMap<string, RecordLayout>;
  readonly #globals: ReadonlyMap<string, string>;
  readonly #known = new Map<string, Place>();
  /** What variables that are pointers lead to. */
  readonly #pointers = new Map<string, Place>();

  constructor(
    types: IrTypes,
    records: ReadonlyMap<string, RecordLayout>,
    globals: ReadonlyMap<string, string>,
  ) {
    this.#types = types;
    this.#records = records;
    this.#globals = globals;
  }

  /** Takes notice of a variable that points to a struct or a union. */
  declare({ variable, record }: { variable: string; record: string }): void {
    if (this.#records.has(record)) this.#pointers.set(variable, this.#object(record));
  }

  /** Takes notice of an instruction that makes an address, or loads one. */
  see(result: string, instruction: string): void {
    const variable = /^load \S+, \S+ (%[^\s,]+)/.exec(instruction)?.[1];
    if (variable !== undefined) {
      const pointed = this.#pointers.get(variable);
      if (pointed !== undefined) this.#known.set(result, pointed);
      return;
    }
    const type = /^alloca (?:inalloca )?(.*)$/.exec(instruction)?.[1];
    const place =
      type === undefined
        ? this.#computed(instruction)
        : this.#object(splitList(type.replace(/, !dbg.*/, ''))[0]!);
    if (place !== undefined) this.#known.set(result, place);
  }

  /** Of an operand that is an address: `%name`, `@name` or a constant expression. */
  of(operand: string): Place | undefined {
    if (operand.startsWith('%')) return this.#known.get(operand);
    if (operand.startsWith('@')) {
      const type = this.#globals.get(operand);
      return type === undefined ? undefined : this.#object(type);
    }
    return this.#computed(operand);
  }

  #computed(expression: string): Place | undefined {
    const cast = /^bitcast \(?(.*?)\)? to (.*?)\*?\)?(?:, !.*)?$/.exec(expression);
    if (cast !== null) return this.#cast(cast[1]!, cast[2]!);
    const head = GEP.exec(expression)?.[0];
    if (head === undefined) return undefined;
    const list = expression.slice(head.length).replace(/, !dbg .*$/, '');
    const [type = '', base = '', ...indices] = splitList(head.endsWith('(') ? list.replace(/\)$/, '') : list);
    const [first, ...more] = indices.map(numberIn);
    return this.#element(type, this.of(addressIn(base)), first ?? null, more);
  }

  /** What typed pointers need to get at a unit, at a member of a union, or at what the source says lies there. */
  #cast(from: string, to: string): Place | undefined {
    const operand = addressIn(from);
    const type = from
      .slice(0, from.length - operand.length)
      .trim()
      .replace(/\*$/, '');
    const place = this.of(operand) ?? (RECORD.test(type) ? this.#object(type) : undefined);
    if (!RECORD.test(to) || place === undefined) return place;
    if (!/^%"?union\./.test(place.type)) return this.#object(to);
    return { ...place, type: to, record: to, inRecord: 0 };
  }

  #object(type: string): Place {
    const record = RECORD.test(type) ? type : null;
    return { align: this.#alignOf(type), offset: 0, type, record, inRecord: 0 };
  }

  #alignOf(type: string): number | null {
    const element = type.replace(/^(?:\[\d+ x )+|\]+$/g, '');
    return this.#records.get(element)?.align ?? null;
  }

  #element(
    source: string,
    base: Place | undefined,
    first: number | null,
    more: readonly (number | null)[],
  ): Place | undefined {
    if (source === 'i8' && base !== undefined && first !== null && more.length === 0)
      return { ...base, offset: base.offset + first, inRecord: base.inRecord + first };
    let place = first === 0 && base !== undefined ? this.#as(base, source) : this.#object(source);
    for (const index of more) {
      const next = this.#types.at(place.type, index ?? 0);
      if (next === undefined) return undefined;
      const isRecord = RECORD.test(next.type);
      // Which element it is, is not known: that it begins where an element may.
      const step = index === null ? (this.#types.shapeOf(next.type)?.size ?? 1) : 0;
      const align = place.align === null || step === 0 ? place.align : Math.min(place.align, step & -step);
      place = {
        align,
        offset: place.offset + next.offset,
        type: next.type,
        record: isRecord ? next.type : place.record,
        inRecord: isRecord ? 0 : place.inRecord + next.offset,
      };
    }
    return place;
  }

  /** The same place, taken for another type: a member of a union, or whatever a cast says. */
  #as(place: Place, type: string): Place {
    if (place.type === type) return place;
    if (!/^%"?union\./.test(place.type)) return this.#object(type);
    return { ...place, type, record: RECORD.test(type) ? type : place.record, inRecord: 0 };
  }
}

/** The address in an operand with its type: `ptr %p`, `%struct.s* %p`, `ptr getelementptr inbounds (…)`. */
export function addressIn(operand: string): string {
  const expression = /(?:getelementptr|bitcast) .*$/.exec(operand)?.[0];
  return expression ?? operand.slice(operand.lastIndexOf(' ') + 1);
}

const numberIn = (index: string): number | null => {
  const number = /^i\d+ (-?\d+)$/.exec(index)?.[1];
  return number === undefined ? null : Number(number);
};

/** The variables of a module, by name, with their types. */
export function globalsIn(module: string): Map<string, string> {
  const globals = new Map<string, string>();
  for (const [, name = '', rest = ''] of module.matchAll(/^(@\S+) = .*?\b(?:global|constant) (.*)$/gm)) {
    const type = /^(?:%"[^"]*"|%[^\s,]+)/.exec(rest)?.[0] ?? bracketed(rest);
    if (type !== undefined) globals.set(name, type);
  }
  return globals;
}

function bracketed(text: string): string | undefined {
  if (!/^[[{<]/.test(text)) return undefined;
  let depth = 0;
  for (let i = 0; i < text.length; i++) {
    if ('[{<('.includes(text[i]!)) depth++;
    else if (']}>)'.includes(text[i]!) && --depth === 0) return text.slice(0, i + 1);
  }
  return undefined;
}
