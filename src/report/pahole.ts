// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { checkExtent, tooLarge } from '../layout/extent.js';
import { type Gaps, gapsOf, naturalAlignment, type Placed, placeOf } from '../layout/gaps.js';
import { bare, type EnumType, type LayoutTarget, type StructType, type Type } from '../layout/types.js';
import { prototype, typeName } from './pahole-types.js';

/** Bytes of a cache line, as pahole assumes. */
const LINE = 64;
/** Columns of a type and of a name; pahole gives the names of a union's members less. */
const TYPE_COLUMNS = 26;
const NAME_COLUMNS = { struct: 23, union: 21 } as const;
/** Fillers that spell a padding. */
const MOST_FILLERS = 2 ** 16;
const ALIGNED = (bytes: number) => ` __attribute__((__aligned__(${bytes})))`;
const PACKED = ' __attribute__((__packed__))';

export interface PaholeOptions {
  /** By default x86_64: little endian, pointers of 8 bytes. */
  readonly target?: Pick<LayoutTarget, 'littleEndian' | 'pointerSize'>;
  /** Whether the input has the alignment of attributes, as DWARF does and BTF does not; by default true. */
  readonly saysAlignment?: boolean;
  /**
   * What to put behind the line of a member, given its path (`a`, `point.x`; of an anonymous member's members
   * the name alone). Empty for nothing.
   */
  readonly remark?: (path: string) => string;
}

/** What a member is printed in. */
interface Surroundings {
  readonly indent: number;
  readonly typeColumns: number;
  /** Byte of the whole where the struct begins that the member is in. */
  readonly base: number;
  /** Offsets count from the start of what a pointer points to. */
  readonly relative: boolean;
  readonly inUnion: boolean;
  readonly first: boolean;
  readonly last: boolean;
  /** In front of the paths of its members; null where they have none. */
  readonly path: string | null;
}

/**
 * A struct or union with its layout, to the byte as pahole 1.24 prints it with `--show_only_data_members`: without
 * that, it repeats the anonymous types in a struct that clang has compiled. Throws `E_LARGE_STRUCT`.
 */
export function paholeText(struct: StructType, options: PaholeOptions = {}): string {
  checkExtent(struct);
  return new Printer(struct, options).whole();
}

class Printer {
  readonly #struct: StructType;
  readonly #littleEndian: boolean;
  readonly #pointerSize: number;
  readonly #saysAlignment: boolean;
  readonly #remark: (path: string) => string;
  readonly #nameColumns: number;
  readonly #gaps = new Map<StructType, Gaps>();
  /** Whether a struct is packed, as far as that was inferred. */
  readonly #packed = new Map<StructType, boolean>();
  /** The cache line that the last member began in. */
  #line = 0;

  constructor(struct: StructType, { target, saysAlignment, remark }: PaholeOptions) {
    this.#struct = struct;
    this.#littleEndian = target?.littleEndian ?? true;
    this.#pointerSize = target?.pointerSize ?? 8;
    this.#saysAlignment = saysAlignment ?? true;
    this.#remark = remark ?? (() => '');
    this.#nameColumns = NAME_COLUMNS[struct.kind];
  }

  whole(): string {
    const struct = this.#struct;
    const at: Surroundings = {
      indent: 0,
      typeColumns: TYPE_COLUMNS,
      base: 0,
      relative: false,
      inUnion: false,
      first: false,
      last: false,
      path: '',
    };
    return `${struct.kind === 'union' ? this.#unionBody(struct, at) : this.#structBody(struct, at, '', true)};\n`;
  }

  #unionBody(union: StructType, at: Surroundings): string {
    this.#inferPackedInUnion(union);
    const inside = { ...at, indent: at.indent + 1, inUnion: true };
    const line = this.#line;
    const members = union.members.map((member) => {
      const text = this.#member(placeOf(member, this.#littleEndian), inside, true);
      // Every member of a union begins where the union does.
      this.#line = line;
      return `${tabs(inside.indent)}${text}\n`;
    });
    return `union${union.name === null ? '' : ` ${union.name}`} {\n${members.join('')}${tabs(at.indent)}}`;
  }

  /** A struct from its keyword on; `suffix` is what it declares. */
  #structBody(struct: StructType, at: Surroundings, suffix: string, withStatistics: boolean): string {
    this.#inferPacked(struct);
    const { members, before, between, padding } = this.#gapsOf(struct);
    const inside = { ...at, indent: at.indent + 1 };
    const margin = tabs(inside.indent);
    const counted = new Counts();
    let text = `struct${struct.name === null ? '' : ` ${struct.name}`} {\n`;
    let apart = false;
    const remark = (comment: string, end = '') => {
      if (!apart) text += '\n';
      apart = true;
      text += end === '' ? `\n${margin}${comment}` : `${margin}${comment}${end}`;
    };

    if (before.bits > 0) remark(hole(before.bits, 'bit'), '\n');
    if (before.bytes > 0) remark(hole(before.bytes, 'byte'), '\n');
    counted.gap(before);
    let last: Placed | null = null;
    let lastSize = 0;
    for (const [i, placed] of members.entries()) {
      const { member, size, unit } = placed;
      const gap = between[i] ?? { bits: 0, bytes: 0 };
      if (member.alignment !== undefined) counted.forced(i === 0 ? before : between[i - 1]!);
      if (last !== null && lastSize !== 0) {
        if (between[i - 1]!.bits !== 0 && member.bits !== null) {
          const moved = last.unit !== unit;
          if (moved) text += `\n${margin}/* Force alignment to the next boundary: */\n`;
          const filler = this.#declaration(member.type, '', inside);
          text += `${margin}${filler}:${moved ? 0 : between[i - 1]!.bits};\n`;
        }
        const back =
          unit < last.unit || (unit === last.unit && last.member.bits === null && member.bits !== null);
        if (back) remark('/* Bitfield combined with previous fields */', '\n');
        else if (unit > last.unit && unit - last.unit < lastSize) {
          const isWhole = last.member.bits === null && member.bits === null;
          remark(
            isWhole ? '/* In the padding of the field before */' : '/* Bitfield combined with next fields */',
            '\n',
          );
        }
      }
      if (apart) text += '\n';
      apart = false;

      const position = { ...inside, first: last === null, last: i === members.length - 1 };
      text += margin + this.#member(placed, position, false);
      if (member.type.kind === 'struct') {
        const own = this.#paddingOf(member.type);
        counted.padding(own);
        if (own > 0) remark(`/* XXX last struct has ${own} byte${plural(own)} of padding */`);
      }
      if (gap.bits !== 0) remark(hole(gap.bits, 'bit'));
      if (gap.bytes > 0) remark(hole(gap.bytes, 'byte'));
      counted.gap(gap);
      counted.member(placed);
      text += '\n';

      const together = last !== null && lastSize !== 0 && last.unit === unit;
      if (!together || (last?.member.bits === null && member.bits !== null)) lastSize = size;
      last = placed;
    }

    text += this.#forcedPadding(struct, padding.bytes, inside);
    if (withStatistics) {
      const lines = counted.lines(struct, padding, at.base);
      text += `\n${lines.map((line) => `${margin}/* ${line} */\n`).join('')}`;
    }
    const packed = this.#packed.get(struct) === true;
    const aligned = struct.alignment !== undefined && !packed ? ALIGNED(struct.alignment) : '';
    return `${text}${tabs(at.indent)}}${packed ? PACKED : ''}${suffix}${aligned}`;
  }

  /** Padding that no alignment of the last member explains, spelled as bit-fields that would make it. */
  #forcedPadding(struct: StructType, padding: number, at: Surroundings): string {
    const last = struct.members.at(-1);
    if (!this.#saysAlignment || struct.alignment !== undefined || last === undefined) return '';
    const { type } = last;
    if (padding <= this.#pointerSize || !isPowerOfTwo(type.size)) return '';
    const filler = `${tabs(at.indent)}${this.#declaration(type, '', at)}:${type.size * 8};\n`;
    if (padding / type.size > MOST_FILLERS)
      throw tooLarge(`a padding of ${padding} bytes is not spelled in C`);
    return `\n${tabs(at.indent)}/* Force padding: */\n${filler.repeat(Math.ceil(padding / type.size))}`;
  }

  /** A member from behind its indentation on, to the end of its line. */
  #member(placed: Placed, at: Surroundings, inUnion: boolean): string {
    const { member, start, size, unit } = placed;
    const offset = at.relative ? unit : at.base + unit;
    const boundary = this.#boundary(offset, at.indent);
    const { name, type } = member;
    const path = at.path === null ? null : at.path + (name === null ? '' : name);
    const inside: Surroundings = {
      ...at,
      base: at.relative || inUnion ? at.base : offset,
      path: path === null ? null : name === null ? path : `${path}.`,
    };
    const isRecord = type.kind === 'struct' || type.kind === 'union' || type.kind === 'enum';
    const isInline = isRecord && type.name === null;

    let text: string;
    if (isRecord) {
      text = this.#declaration(type, null, inside) + (isInline && name !== null ? ' ' : '') + (name ?? '');
    } else text = this.#declaration(type, name ?? '', inside);
    if (member.bits !== null) text += `:${member.bits}`;
    const aligned = member.alignment === undefined ? '' : ALIGNED(member.alignment);
    text += `${aligned};`;

    let room: number;
    if (isInline) {
      const packed = type.kind === 'struct' && this.#packed.get(type) === true ? PACKED.length : 0;
      const taken = aligned.length + (name === null ? -1 : name.length) + packed;
      // Where that is negative, C's printf pads all the same.
      room = Math.abs(at.typeColumns + this.#nameColumns - taken - 3);
    } else room = at.typeColumns + this.#nameColumns - text.length;
    const bit = member.bits === null ? '' : `:${padded(start - unit * 8, 2)}`;
    const place = `/* ${padded(offset, 5)}${bit} ${padded(size, bit === '' ? 5 : 2)} */`;
    const remark = path === null || isInline ? '' : this.#remark(path);
    return `${boundary}${text}${' '.repeat(Math.max(room, 1))}${place}${remark}`;
  }

  /** What declares a name to be of a type, in columns; a null name is put there by the caller. */
  #declaration(type: Type, name: string | null, at: Surroundings): string {
    switch (type.kind) {
      case 'pointer':
        return this.#pointer(type.target, type, name ?? '', at);
      case 'array': {
        const { first, last, inUnion } = at;
        const open = last && !first && !inUnion ? '[]' : '[0]';
        let element: Type = type;
        let counts = '';
        for (; element.kind === 'array'; element = element.element)
          counts += element.count ? `[${element.count}]` : open;
        return this.#declaration(element, name, at) + counts;
      }
      case 'qualified': {
        const { qualifier, target } = type;
        if (target.kind === 'void' || (qualifier !== 'const' && qualifier !== '_Atomic')) break;
        const typeColumns = at.typeColumns - qualifier.length - 1;
        return `${qualifier} ${this.#declaration(target, name, { ...at, typeColumns })}`;
      }
      case 'struct':
      case 'union':
      case 'enum':
        if (type.name === null) return this.#inline(type, name === null ? '' : ` ${name}`, at);
        return `${type.kind} ${type.name.padEnd(at.typeColumns - type.kind.length - 1)} ${name ?? ''}`;
    }
    return `${typeName(type).padEnd(at.typeColumns)} ${name ?? ''}`;
  }

  #pointer(target: Type, type: Type, name: string, at: Surroundings): string {
    if (target.kind === 'function') return prototype(target, `(*${name})`, at.typeColumns);
    const isRecord = target.kind === 'struct' || target.kind === 'union' || target.kind === 'enum';
    if (!isRecord || target.name !== null) return `${typeName(type).padEnd(at.typeColumns)} ${name}`;
    const inside = { ...at, relative: true, typeColumns: at.typeColumns - 8, path: null };
    return this.#inline(target, ` * ${name}`, inside);
  }

  #inline(type: StructType | EnumType, suffix: string, at: Surroundings): string {
    if (type.kind === 'enum') return enumBody(type, at.indent) + suffix;
    const inside = { ...at, typeColumns: at.typeColumns - 8 };
    if (type.kind === 'union') return this.#unionBody(type, inside) + suffix;
    return this.#structBody(type, inside, suffix, false);
  }

  /** The comment on the cache line that begins at or before a member, if none of its members had it. */
  #boundary(offset: number, indent: number): string {
    const line = Math.floor(offset / LINE);
    if (line <= this.#line) return '';
    this.#line = line;
    const past = offset % LINE;
    const ago = past === 0 ? '' : ` was ${past} byte${plural(past)} ago`;
    return `/* --- cacheline ${line} boundary (${line * LINE} bytes)${ago} --- */\n${tabs(indent)}`;
  }

  #gapsOf(struct: StructType): Gaps {
    let gaps = this.#gaps.get(struct);
    if (gaps === undefined) {
      gaps = gapsOf(struct, this.#littleEndian);
      this.#gaps.set(struct, gaps);
    }
    return gaps;
  }

  #paddingOf(struct: StructType): number {
    this.#inferPacked(struct);
    return this.#gapsOf(struct).padding.bytes;
  }

  /**
   * No debug information says that a struct is packed: its members' places show it, or its own place in another.
   * A struct with gaps is taken for one that is not.
   */
  #inferPacked(struct: StructType): void {
    if (this.#packed.has(struct)) return;
    const { members, before, between, padding } = this.#gapsOf(struct);
    if (padding.bytes !== 0 || [before, ...between].some(({ bytes }) => bytes !== 0)) {
      for (const { member, unit } of members) this.#inferPackedFrom(member.type, unit);
      this.#packed.set(struct, false);
      return;
    }
    let largest = 1;
    let misplaced = false;
    for (const { member, unit } of members) {
      const alignment = naturalAlignment(member.type, this.#pointerSize);
      largest = Math.max(largest, alignment);
      misplaced ||= unit % alignment !== 0;
    }
    this.#packed.set(
      struct,
      misplaced || struct.size % largest !== 0 || (largest > 1 && struct.alignment === 1),
    );
  }

  /** An array of unions must leave each struct in them aligned. */
  #inferPackedInUnion(union: StructType): void {
    for (const { type } of union.members) this.#inferPackedFrom(type, union.size);
  }

  #inferPackedFrom(type: Type, multiple: number): void {
    const inner = bare(type);
    if (inner.kind === 'struct' && multiple % naturalAlignment(inner, this.#pointerSize) !== 0)
      this.#packed.set(inner, true);
  }
}

/** What pahole counts of a struct's members, for the lines behind them. */
class Counts {
  #bytes = 0;
  #bits = 0;
  #holes = 0;
  #holeBytes = 0;
  #bitHoles = 0;
  #holeBits = 0;
  #paddings = 0;
  #paddingBytes = 0;
  #forced = 0;
  #forcedHoles = 0;
  #forcedHoleBytes = 0;

  member({ member, size }: Placed): void {
    if (member.bits === null) this.#bytes += size;
    else this.#bits += member.bits;
  }

  gap({ bits, bytes }: { bits: number; bytes: number }): void {
    if (bytes !== 0) this.#holes++;
    if (bits !== 0) this.#bitHoles++;
    this.#holeBytes += bytes;
    this.#holeBits += bits;
  }

  padding(bytes: number): void {
    if (bytes > 0) this.#paddings++;
    this.#paddingBytes += bytes;
  }

  forced({ bytes }: { bytes: number }): void {
    this.#forced++;
    if (bytes !== 0) this.#forcedHoles++;
    this.#forcedHoleBytes += bytes;
  }

  lines(struct: StructType, padding: { bits: number; bytes: number }, base: number): string[] {
    const { size, members } = struct;
    const lines = [`size: ${size}, cachelines: ${Math.ceil(size / LINE)}, members: ${members.length}`];
    if (this.#holeBytes > 0 || this.#holeBits > 0) {
      const holes = this.#holeBytes > 0 ? `, holes: ${this.#holes}, sum holes: ${this.#holeBytes}` : '';
      if (this.#bytes > 0) lines.push(`sum members: ${this.#bytes}${holes}`);
      const bitHoles =
        this.#holeBits > 0
          ? `, bit holes: ${this.#bitHoles}, sum bit holes: ${this.#holeBits} bits`
          : ` (${Math.floor(this.#bits / 8)} bytes)`;
      if (this.#bits > 0) lines.push(`sum bitfield members: ${this.#bits} bits${bitHoles}`);
    }
    if (padding.bytes > 0) lines.push(`padding: ${padding.bytes}`);
    if (this.#paddings > 0) lines.push(`paddings: ${this.#paddings}, sum paddings: ${this.#paddingBytes}`);
    if (padding.bits > 0) lines.push(`bit_padding: ${padding.bits} bits`);
    if (this.#forced > 0) {
      const holes =
        this.#forcedHoles > 0
          ? `, forced holes: ${this.#forcedHoles}, sum forced holes: ${this.#forcedHoleBytes}`
          : '';
      lines.push(`forced alignments: ${this.#forced}${holes}`);
    }
    const rest = (base + size) % LINE;
    if (rest !== 0) lines.push(`last cacheline: ${rest} bytes`);
    return lines;
  }
}

function enumBody({ values, size }: EnumType, indent: number): string {
  const widest = values.reduce((most, { name }) => Math.max(most, name.length), 0);
  const lines = values.map(({ name, value }) => `${tabs(indent)}\t${name.padEnd(widest)} = ${value},\n`);
  return `enum {\n${lines.join('')}${tabs(indent)}}${size === 4 ? '' : PACKED}`;
}

const isPowerOfTwo = (value: number) => value > 0 && Number.isInteger(Math.log2(value));
const tabs = (count: number) => '\t'.repeat(count);
const plural = (count: number) => (count === 1 ? '' : 's');
const padded = (value: number, width: number) => String(value).padStart(width);
const hole = (count: number, what: string) => `/* XXX ${count} ${what}${plural(count)} hole, try to pack */`;
