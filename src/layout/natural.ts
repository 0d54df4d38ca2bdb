// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { LostbitError } from '../errors.js';
import { tooLarge } from './extent.js';
import { placeOf } from './gaps.js';
import { spell } from './spell.js';
import { bare, type LayoutTarget, type Member, type StructType, type Type } from './types.js';

/** Unnamed bits that a declaration has to spell, so that what follows comes where it is. */
export type Filler =
  | { readonly type: Type; readonly bits: number }
  /** Bits of `unsigned char`, at most 8. */
  | { readonly type: null; readonly bits: number }
  /** A member without a name. */
  | { readonly type: StructType; readonly bits: null };

/** How a struct is declared so that a compiler lays it out as it is. */
export interface Declaration {
  readonly packed: boolean;
  /** What an attribute of the struct has to demand, bytes; null for nothing. */
  readonly alignment: number | null;
  readonly members: readonly {
    readonly member: Member;
    readonly fillers: readonly Filler[];
    /** What an attribute of the member has to demand, bytes; null for nothing. */
    readonly alignment: number | null;
  }[];
  /** Behind the last member. */
  readonly fillers: readonly Filler[];
  /** Bytes that a member of this type is aligned to. */
  readonly aligned: number;
}

/** What the layout rules need to know of a machine. */
export type Abi = Pick<LayoutTarget, 'name' | 'littleEndian' | 'pointerSize'>;

/**
 * Finds the attributes and the unnamed bit-fields by which C would give a struct the layout that it has: none where
 * the rules of the System V ABIs lead to it, which all machines of Linux follow, and packed with all gaps spelled
 * where they do not. Throws `E_NO_DECLARATION` where members overlap, and `E_LARGE_STRUCT` for a gap beyond reason.
 */
export function declarationOf(struct: StructType, abi: Abi): Declaration {
  const key = `${abi.name} ${abi.littleEndian} ${abi.pointerSize}`;
  const known = found.get(struct) ?? new Map<string, Declaration>();
  found.set(struct, known);
  let declaration = known.get(key);
  if (declaration === undefined) {
    declaration =
      new Placer(struct, abi, false).declare() ?? new Placer(struct, abi, true).declare() ?? undefined;
    if (declaration === undefined)
      throw new LostbitError(
        'E_NO_DECLARATION',
        `${spell(struct)} has members that overlap or overrun it, which no declaration in C can`,
        { hint: 'the file may be corrupt' },
      );
    known.set(key, declaration);
  }
  return declaration;
}

/** Bytes between members that are spelled, each as a bit-field; aligned members leave less. */
const LARGEST_GAP = 2 ** 16;

/** What was found before, by machine: each struct is asked for by every one that holds it. */
const found = new WeakMap<StructType, Map<string, Declaration>>();

/** Bytes that a compiler aligns a type to inside of a struct. */
export function alignmentIn(type: Type, abi: Abi): number {
  const inner = bare(type);
  switch (inner.kind) {
    case 'pointer':
      return abi.pointerSize;
    case 'array':
      return alignmentIn(inner.element, abi);
    case 'struct':
    case 'union':
      return declarationOf(inner, abi).aligned;
    case 'unknown':
      return 1;
    default: {
      // Of 12 bytes, an i386's long double, 4; machines differ in how far it goes.
      const most = abi.name === 'i386' ? 4 : abi.name === 's390x' ? 8 : 16;
      return Math.min(inner.size & -inner.size || 1, most);
    }
  }
}

/** Goes through a struct as a compiler does. Positions are bits from its start, in the order of memory. */
class Placer {
  readonly #struct: StructType;
  readonly #abi: Abi;
  readonly #packed: boolean;
  #position = 0;
  #end = 0;
  #aligned: number;

  constructor(struct: StructType, abi: Abi, packed: boolean) {
    this.#struct = struct;
    this.#abi = abi;
    this.#packed = packed;
    this.#aligned = struct.alignment ?? 1;
  }

  /** Null where it cannot be done, which can only be without `packed`. */
  declare(): Declaration | null {
    const members: Declaration['members'][number][] = [];
    for (const member of this.#struct.members) {
      if (this.#struct.kind === 'union') this.#position = 0;
      const fillers = this.#place(member);
      if (fillers === null) return null;
      this.#end = Math.max(this.#end, this.#position);
      members.push({ member, fillers, alignment: this.#packed ? null : (member.alignment ?? null) });
    }
    const size = this.#struct.size * 8;
    let alignment = this.#struct.alignment ?? null;
    let fillers: Filler[] = [];
    if (size < this.#end) return null;
    if (roundUp(this.#end, this.#aligned * 8) !== size) {
      if (size % (this.#aligned * 8) !== 0) {
        if (!this.#packed || alignment === null) return null;
        this.#aligned = 1;
        alignment = null;
      }
      fillers = this.#struct.kind === 'union' ? [nothing(this.#struct.size)] : chunks(this.#end, size);
    }
    return { packed: this.#packed, alignment, members, fillers, aligned: this.#aligned };
  }

  #place(member: Member): Filler[] | null {
    const { start, end } = placeOf(member, this.#abi.littleEndian);
    const asked = this.#packed ? 1 : (member.alignment ?? 1);
    const own = this.#packed ? 1 : alignmentIn(member.type, this.#abi);
    const fillers: Filler[] = [];
    if (member.bits === null) {
      const alignment = Math.max(own, asked);
      if (roundUp(this.#position, alignment * 8) !== start) {
        // A union's members all begin where it does.
        if (this.#struct.kind === 'union') return null;
        if (start < this.#position || start % (alignment * 8) !== 0) return null;
        fillers.push(...chunks(this.#position, start));
      }
      this.#aligned = Math.max(this.#aligned, alignment);
    } else {
      if (member.afterZeroWidth === true) {
        fillers.push({ type: member.type, bits: 0 });
        this.#position = roundUp(this.#position, alignmentIn(member.type, this.#abi) * 8);
      }
      const unit = bare(member.type).size * 8;
      const natural = (from: number) => this.#naturalStart(from, member.bits!, unit, own, asked);
      if (natural(this.#position) !== start) {
        if (start < this.#position || natural(start) !== start) return null;
        const gap = start - this.#position;
        const fits =
          gap <= widestOf(member.type) &&
          this.#naturalStart(this.#position, gap, unit, own, 1) === this.#position;
        fillers.push(...(fits ? [{ type: member.type, bits: gap }] : chunks(this.#position, start)));
      }
      this.#aligned = Math.max(this.#aligned, own, asked);
    }
    this.#position = end;
    return fillers;
  }

  #naturalStart(from: number, width: number, unit: number, own: number, asked: number): number {
    return this.#packed ? from : bitsStart(from, width, unit, own, asked);
  }
}

/**
 * Where a bit-field comes to lie: it moves on to where its type may begin if it would cross the end of a unit of its
 * type. Places are bits, and so are `width` and `unit`; `own` is what its type is aligned to and `asked` what an
 * attribute demands, bytes.
 */
export function bitsStart(from: number, width: number, unit: number, own: number, asked: number): number {
  const position = roundUp(from, asked === 1 ? 1 : asked * 8);
  const step = own * 8;
  return (position % step) + width > unit ? roundUp(position, step) : position;
}

/** Bits that a bit-field of a type may have. */
function widestOf(type: Type): number {
  const inner = bare(type);
  return inner.kind === 'base' && inner.encoding === 'bool' ? 1 : inner.size * 8;
}

/** Bit-fields of `unsigned char` over the bits [from, to), none of which crosses a byte. */
function chunks(from: number, to: number): Filler[] {
  if (to - from > LARGEST_GAP * 8) throw tooLarge(`a gap of ${(to - from) / 8} bytes is not spelled in C`);
  const fillers: Filler[] = [];
  for (let at = from; at < to; ) {
    const bits = Math.min(to, at - (at % 8) + 8) - at;
    fillers.push({ type: null, bits });
    at += bits;
  }
  return fillers;
}

/** A struct of so many bytes that has no fields. */
function nothing(size: number): Filler {
  return { type: { kind: 'struct', name: null, size, complete: true, members: [] }, bits: null };
}

const roundUp = (value: number, step: number) => Math.ceil(value / step) * step;
