// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only

import { checkExtent, tooLarge } from '../layout/extent.js';
import { type Field, fieldsOf, type Hole, holesOf } from '../layout/fields.js';
import { spell } from '../layout/spell.js';
import type { LayoutTarget, StructType } from '../layout/types.js';
import { xmlText } from '../printable.js';

/** What fields have in common that a byte map shows alike, such as the context that writes them. */
export interface FieldClass {
  /** For the legend. */
  readonly label: string;
  /** The paths of its fields. */
  readonly fields: ReadonlySet<string>;
}

export interface ByteMapOptions {
  readonly target: Pick<LayoutTarget, 'littleEndian'>;
  readonly title: string;
  /** At most eight; a field belongs to the first that has it. */
  readonly classes: readonly FieldClass[];
}

/** Bytes of a cache line. */
const LINE = 64;
const CELL = 24;
const BAND = 18;
const ROW = 38;
const BIT_ROW = 22;
const LEFT = 56;
const RIGHT = 10;
/** Of a struct and all its fields, those that a union overlays counted apart. */
const MOST_BYTES = 2 ** 19;
const TOP = 52;
const NAME_FONT = 9;
/** What a letter of a name takes at most, whichever monospaced font there is. */
const LETTER = 0.65 * NAME_FONT;

/** Fills that differ in pattern as well as in colour, for print in black and white. */
const FILLS = [
  ['#d55e00', '<path d="M0 8L8 0" stroke="#000" stroke-width="1.4"/>'],
  ['#56b4e9', '<circle cx="4" cy="4" r="1.5"/>'],
  ['#f0e442', '<path d="M0 4H8" stroke="#000" stroke-width="1.2"/>'],
  ['#009e73', '<path d="M0 0L8 8M0 8L8 0" stroke="#000" stroke-width=".9"/>'],
  ['#cc79a7', '<path d="M4 0V8" stroke="#000" stroke-width="1.2"/>'],
  ['#0072b2', '<path d="M0 0L8 8" stroke="#fff" stroke-width="1.6"/>'],
  ['#e69f00', '<path d="M0 4H8M4 0V8" stroke="#000" stroke-width=".8"/>'],
  ['#999', '<rect x="2" y="2" width="4" height="4" fill="#fff"/>'],
] as const;
const OTHER = { fill: '#fff', label: 'other fields' };
const UNUSED = { fill: '#ddd', label: 'holes and padding' };

/** A part of a row of the picture. */
interface Piece {
  readonly x: number;
  readonly y: number;
  readonly width: number;
}

/**
 * A struct as a picture (SVG): a row a cache line of 64 bytes, a cell a byte. A bit-field takes its bits of the cell,
 * the least significant on the right, and each byte that holds one is shown once more with the names of its bits. A
 * field has the colour and the pattern of its class; where a union overlays fields the first is filled. Each field
 * has its name and place as a tooltip, the whole has them for screen readers. Nothing is fetched. Throws
 * `E_LARGE_STRUCT` for one that no screen has room for.
 */
export function byteMap(struct: StructType, options: ByteMapOptions): string {
  checkExtent(struct);
  return new Picture(struct, options).text();
}

class Picture {
  readonly #struct: StructType;
  readonly #title: string;
  readonly #littleEndian: boolean;
  readonly #classes: readonly FieldClass[];
  readonly #fields: readonly Field[];
  readonly #width = LEFT + LINE * CELL + RIGHT;

  constructor(struct: StructType, { target, title, classes }: ByteMapOptions) {
    this.#struct = struct;
    this.#title = xmlText(title);
    this.#littleEndian = target.littleEndian;
    this.#classes = classes.slice(0, FILLS.length);
    const fields = fieldsOf(struct, this.#littleEndian);
    this.#fields = fields.filter(({ start, end }) => end > start);
    // One without bytes may lie far outside all the same, behind a hole.
    const bits = fields.reduce((sum, { start, end }) => sum + end - start, struct.size * 8);
    const reaches = fields.reduce((most, { end }) => Math.max(most, end), 0);
    if (Math.max(bits, reaches) > MOST_BYTES * 8)
      throw tooLarge(`${spell(struct)} of ${struct.size} bytes is too large for a picture`);
  }

  text(): string {
    const rows = Math.max(1, Math.ceil(this.#struct.size / LINE));
    const bytes = this.#bytesOfBits();
    const bitsTop = TOP + rows * ROW + 16;
    const legendTop = bitsTop + (bytes.length === 0 ? 0 : bytes.length * BIT_ROW + 26);
    const height = legendTop + (this.#classes.length + 2) * BIT_ROW;
    return [
      `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${this.#width} ${height}" width="${this.#width}"` +
        ` height="${height}" role="img" aria-labelledby="title desc" font-family="monospace" font-size="11">`,
      `<title id="title">${this.#title}</title>`,
      `<desc id="desc">${xmlText(this.#description())}</desc>`,
      `<defs>${this.#classes.map((_, i) => pattern(i)).join('')}</defs>`,
      `<rect width="${this.#width}" height="${height}" fill="#fff"/>`,
      `<text x="8" y="20" font-size="14" font-weight="bold">${this.#title}</text>`,
      this.#scale(),
      ...Array.from({ length: rows }, (_, row) => label(8, TOP + row * ROW + 13, String(row * LINE))),
      ...holesOf(this.#struct, this.#littleEndian).map((hole) => this.#hole(hole)),
      ...this.#drawn(),
      this.#frame(),
      ...this.#bits(bytes, bitsTop),
      ...this.#legend(legendTop),
      '</svg>\n',
    ].join('\n');
  }

  #classOf({ path }: Field): { fill: string; label: string } {
    const found = this.#classes.findIndex(({ fields }) => fields.has(path));
    return found < 0 ? OTHER : { fill: `url(#class${found})`, label: this.#classes[found]!.label };
  }

  #labelOf(field: Field): string {
    return `${field.path}: ${placeText(field)}, ${this.#classOf(field).label}`;
  }

  #description(): string {
    const fields = this.#fields.map((field) => this.#labelOf(field)).join('; ');
    return `${this.#struct.size} bytes in lines of ${LINE}. ${fields}.`;
  }

  /** The offset in its line of every eighth byte. */
  #scale(): string {
    const marks = Array.from({ length: LINE / 8 }, (_, i) =>
      label(LEFT + i * 8 * CELL, TOP - 6, `+${i * 8}`),
    );
    return marks.join('');
  }

  /** The edge of what belongs to the struct, byte by byte. */
  #frame(): string {
    const { size } = this.#struct;
    const whole = Array.from({ length: size }, (_, i) => this.#cell(i));
    return `<path d="${whole.map(({ x, y }) => `M${x} ${y}v${BAND}h${CELL}v-${BAND}z`).join('')}" fill="none" stroke="#000" stroke-width=".3"/>`;
  }

  #cell(byte: number): { x: number; y: number } {
    return { x: LEFT + (byte % LINE) * CELL, y: TOP + Math.floor(byte / LINE) * ROW };
  }

  #hole(hole: Hole): string {
    const { offset, size, bit, bits, padding } = hole;
    const first = bits === null ? 0 : this.#littleEndian ? bit! : 8 - bit! - bits;
    const start = offset * 8 + first;
    const pieces = this.#pieces(start, start + (bits ?? size * 8));
    return group(`${padding ? 'padding' : 'hole'}: ${placeText(hole)}`, rectangles(pieces, UNUSED.fill));
  }

  #drawn(): string[] {
    let end = 0;
    return this.#fields.map((field) => {
      const pieces = this.#pieces(field.start, field.end);
      // Of what a union overlays all but the first is an outline.
      const fill = field.start < end ? 'none' : this.#classOf(field).fill;
      end = Math.max(end, field.end);
      const widest = pieces.reduce((a, b) => (b.width > a.width ? b : a));
      const name = field.bits === null && fill !== 'none' ? fitted(field.path, widest.width) : '';
      const text = name === '' ? '' : label(widest.x + 1, widest.y + BAND + 10, name, NAME_FONT);
      return group(this.#labelOf(field), rectangles(pieces, fill) + text);
    });
  }

  /** Rectangles of bits [start, end) in the order of memory: whole bytes of a row in one. */
  #pieces(start: number, end: number): Piece[] {
    const pieces: Piece[] = [];
    for (let at = start; at < end; ) {
      const byte = Math.floor(at / 8);
      const { x, y } = this.#cell(byte);
      const inRow = (LINE - (byte % LINE)) * 8;
      const whole = at % 8 === 0 ? Math.min(inRow, Math.floor((end - at) / 8) * 8) : 0;
      const bits = whole > 0 ? whole : Math.min(end, byte * 8 + 8) - at;
      const fromLeft = whole > 0 ? 0 : this.#littleEndian ? 8 - (at % 8) - bits : at % 8;
      pieces.push({ x: x + (fromLeft * CELL) / 8, y, width: (bits * CELL) / 8 });
      at += bits;
    }
    return pieces;
  }

  /** Is it one byte, of a class? There is no room for its name in the picture. */
  #isWholeFlag(field: Field): boolean {
    return field.bits === null && field.end - field.start === 8 && this.#classOf(field) !== OTHER;
  }

  /** The bytes that hold a bit-field, or are a field of a class, in order. */
  #bytesOfBits(): number[] {
    const bytes = this.#fields
      .filter((field) => field.bits !== null || this.#isWholeFlag(field))
      .flatMap(({ start, end }) => {
        const first = Math.floor(start / 8);
        return Array.from({ length: Math.ceil(end / 8) - first }, (_, i) => first + i);
      });
    return [...new Set(bytes)].sort((a, b) => a - b);
  }

  /** The first field that each bit of such a byte belongs to. */
  #fieldsOfBits(): Map<number, Field> {
    const bytes = new Set(this.#bytesOfBits());
    const found = new Map<number, Field>();
    for (const field of this.#fields)
      for (let at = field.start; at < field.end; at++)
        if (bytes.has(Math.floor(at / 8)) && !found.has(at)) found.set(at, field);
    return found;
  }

  /** Every byte of bit-fields, a box a bit from 7 to 0, each with the name of its field; of one field alone one box. */
  #bits(bytes: readonly number[], top: number): string[] {
    if (bytes.length === 0) return [];
    const box = (LINE * CELL) / 8;
    const fieldAt = this.#fieldsOfBits();
    const flags = this.#fields.filter((field) => this.#isWholeFlag(field)).toReversed();
    const flagAt = new Map(flags.map((field) => [field.start / 8, field]));
    const heads = [7, 6, 5, 4, 3, 2, 1, 0].map((bit, i) => label(LEFT + i * box, top + 8, `bit ${bit}`));
    const rows = bytes.map((byte, row) => {
      const y = top + 14 + row * BIT_ROW;
      const whole = flagAt.get(byte);
      if (whole !== undefined) {
        const parts = boxed(LEFT, y, box * 8, this.#classOf(whole).fill, whole.path);
        return label(8, y + 13, String(byte)) + parts;
      }
      const boxes = [7, 6, 5, 4, 3, 2, 1, 0].map((bit, i) => {
        const at = byte * 8 + (this.#littleEndian ? bit : 7 - bit);
        const field = fieldAt.get(at);
        const fill = field === undefined ? UNUSED.fill : this.#classOf(field).fill;
        return boxed(LEFT + i * box, y, box, fill, field?.path ?? '');
      });
      return label(8, y + 13, String(byte)) + boxes.join('');
    });
    return [heads.join(''), ...rows];
  }

  #legend(top: number): string[] {
    const classes = this.#classes.map(({ label }, i) => ({ fill: `url(#class${i})`, label }));
    return [...classes, OTHER, UNUSED].map(({ fill, label: text }, i) => {
      const y = top + i * BIT_ROW;
      return `<rect x="${LEFT}" y="${y}" width="32" height="14" fill="${fill}" stroke="#000" stroke-width=".5"/>${label(LEFT + 40, y + 11, text)}`;
    });
  }
}

/** A box with a swatch and a name. */
function boxed(x: number, y: number, width: number, fill: string, name: string): string {
  const frame = `<rect x="${x}" y="${y}" width="${width}" height="${BAND}" fill="none" stroke="#000" stroke-width=".5"/>`;
  const swatch = `<rect x="${x}" y="${y}" width="${BAND}" height="${BAND}" fill="${fill}" stroke="#000" stroke-width=".5"/>`;
  return frame + swatch + label(x + BAND + 3, y + 13, fitted(name, width - BAND - 4), NAME_FONT);
}

function pattern(index: number): string {
  const [colour, ink] = FILLS[index]!;
  return (
    `<pattern id="class${index}" width="8" height="8" patternUnits="userSpaceOnUse">` +
    `<rect width="8" height="8" fill="${colour}"/>${ink}</pattern>`
  );
}

function rectangles(pieces: readonly Piece[], fill: string): string {
  const outline = fill === 'none' ? ' stroke-dasharray="3 2"' : '';
  return pieces
    .map(
      ({ x, y, width }) =>
        `<rect x="${x}" y="${y}" width="${width}" height="${BAND}" fill="${fill}" stroke="#000" stroke-width=".8"${outline}/>`,
    )
    .join('');
}

const group = (title: string, content: string) => `<g><title>${xmlText(title)}</title>${content}</g>`;

function label(x: number, y: number, text: string, size?: number): string {
  const font = size === undefined ? '' : ` font-size="${size}"`;
  return text === '' ? '' : `<text x="${x}" y="${y}"${font}>${xmlText(text)}</text>`;
}

/** A name as far as there is room for it; empty where that would say nothing. */
function fitted(name: string, width: number): string {
  const room = Math.floor((width - 2) / LETTER);
  if (name.length <= room) return name;
  return room < 5 ? '' : `${name.slice(0, room - 1)}…`;
}

function placeText({ offset, size, bit, bits }: Pick<Field, 'offset' | 'size' | 'bit' | 'bits'>): string {
  if (bits === null) return `byte ${offset}${size === 1 ? '' : ` to ${offset + size - 1}`}`;
  return `byte ${offset} bit ${bit}${bits === 1 ? '' : `, ${bits} bits`}`;
}
