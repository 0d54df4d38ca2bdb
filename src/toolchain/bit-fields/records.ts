// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { type GccMachine, regionOf } from './gcc-rule.js';

/** A bit-field of a record, or of one that lies in it. Bits are counted in the order of memory from its start. */
export interface RecordField {
  readonly start: number;
  readonly end: number;
  /** What gcc lets a write touch. */
  readonly region: { readonly start: number; readonly end: number };
  readonly packed: boolean;
}

/** A struct or a union, as the front end has laid it out. */
export interface RecordLayout {
  readonly align: number;
  readonly fields: readonly RecordField[];
  /** Bits of the unit that the code generator has at the record's start, by `start:size` of each bit-field in it. */
  readonly units: ReadonlyMap<string, number>;
}

/** A line of `-fdump-record-layouts`, with those below it. */
interface Item {
  readonly start: number;
  /** Of a bit-field; null for other members. */
  readonly width: number | null;
  /** Type and name, as they are printed. */
  readonly text: string;
  readonly items: readonly Item[];
}

interface Laid {
  readonly head: string;
  readonly size: number;
  readonly align: number;
  readonly items: readonly Item[];
}

/** What the code generator says of a record, beside its name in the intermediate code. */
interface Generated {
  readonly name: string;
  readonly kind: 'struct' | 'union';
  readonly tag: string;
  readonly signature: string;
  readonly packed: boolean;
  readonly packedFields: ReadonlySet<number>;
  readonly units: ReadonlyMap<string, number>;
}

/**
 * The records of a unit by their names in the intermediate code, out of what clang prints for `-fdump-record-layouts`:
 * the layout, and the name with the declaration, in two blocks that have their members in common.
 */
export function recordsIn(printed: string, machine: GccMachine): Map<string, RecordLayout> {
  const blocks = printed.split(/^\*\*\* Dumping /m).slice(1);
  const known: Known = { laid: new Map(), generated: new Map() };
  const generated: Generated[] = [];
  for (const block of blocks) {
    if (block.startsWith('AST Record Layout')) {
      const one = laidOut(block);
      const signature = signatureOf(one.head, one.items);
      known.laid.set(signature, [...(known.laid.get(signature) ?? []), one]);
    } else if (block.startsWith('IRgen Record Layout')) generated.push(...generatedFrom(block));
  }
  for (const one of generated) known.generated.set(one.signature, one);
  const records = new Map<string, RecordLayout>();
  for (const one of generated) {
    const found = known.laid.get(one.signature) ?? [];
    const tagged = found.find(({ head }) => one.tag !== '' && head.endsWith(`${one.kind} ${one.tag}`));
    const layout = tagged ?? found[0];
    if (layout === undefined) continue;
    const fields = [...fieldsIn(layout.items, one, layout.size * 8, known, machine)];
    records.set(one.name, { align: layout.align, fields, units: one.units });
  }
  return records;
}

/** Both kinds of blocks by the signature of the record. */
interface Known {
  readonly laid: Map<string, Laid[]>;
  readonly generated: Map<string, Generated>;
}

const LINE = /^ *(\d+)(?::(?:-|(\d+)-(\d+)))? \| ( *)(.*)$/;
const SIZE = /^ *\| *\[sizeof=(\d+), (?:dsize=\d+, )?align=(\d+)/m;

function laidOut(block: string): Laid {
  const lines = block.split('\n').slice(1);
  const head = LINE.exec(lines[0] ?? '')?.[5]?.trim() ?? '';
  const [, size, align] = SIZE.exec(block) ?? [];
  return { head, size: Number(size), align: Number(align), items: itemsAt(lines, { next: 1 }, 2) };
}

function itemsAt(lines: readonly string[], at: { next: number }, depth: number): Item[] {
  const items: Item[] = [];
  for (;;) {
    const line = lines[at.next] ?? '';
    const [, byte = '', first, last, margin = '', text = ''] = LINE.exec(line) ?? [];
    if (margin.length !== depth) return items;
    at.next++;
    const isBitField = line.includes(':') && /^ *\d+:/.test(line);
    const start = Number(byte) * 8 + Number(first ?? 0);
    const width = isBitField ? (first === undefined ? 0 : Number(last) - Number(first) + 1) : null;
    items.push({ start, width, text: text.trim(), items: itemsAt(lines, at, depth + 2) });
  }
}

/** What both blocks have of a record: its bit-fields with their types and widths, the names of other members. */
function signatureOf(text: string, items: readonly Item[]): string {
  // A typedef's name says nothing of the kind; the members of a union all begin with it.
  const [
    ,
    kind = items.length > 1 && items.every(({ start }) => start === items[0]!.start) ? 'union' : 'struct',
  ] = /\b(struct|union) /.exec(text) ?? [];
  const members = items.map((one) => (one.width === null ? nameIn(one.text) : `${one.text}:${one.width}`));
  return [kind, ...members].join(';');
}

const nameIn = (text: string) => /(?:[ *\])])(\w*)$/.exec(text)?.[1] ?? '';

const FIELD = /^[|`]-FieldDecl \S+ (?:(?:parent|prev) \S+ )*<.*?>(?= ) \S+ (.*?)'([^']*)'/;

function generatedFrom(block: string): Generated[] {
  const lines = block.split('\n');
  const declared = / (struct|union)(?: (\w+))? definition$/.exec(lines[1] ?? '');
  const name = /^ *LLVMType:(%\S+) = type /m.exec(block)?.[1];
  if (declared === null || name === undefined) return [];
  const members: string[] = [];
  const packedFields = new Set<number>();
  let packed = false;
  let field: { type: string; name: string } | null = null;
  let width: number | null = null;
  const close = () => {
    if (field === null) return;
    members.push(width === null ? field.name : `${`${field.type} ${field.name}`.trim()}:${width}`);
    field = null;
    width = null;
  };
  for (const line of lines.slice(2)) {
    if (line.startsWith('Layout:')) break;
    if (/^[|`]-/.test(line)) {
      close();
      if (/^[|`]-PackedAttr /.test(line)) packed = true;
      const [, words = '', type = ''] = FIELD.exec(line) ?? [];
      if (line.startsWith('|-FieldDecl') || line.startsWith('`-FieldDecl')) {
        const own = words
          .trim()
          .split(/\s+/)
          .filter((word) => !/^(?:implicit|referenced|used|mutable|invalid)$/.test(word));
        field = { type, name: own.at(-1) ?? '' };
      }
    } else if (field !== null) {
      if (/^[| ] [|`]-PackedAttr /.test(line)) packedFields.add(members.length);
      const value =
        /^[| ] [| ] [|`]-value: Int (\d+)$/.exec(line)?.[1] ??
        /^[| ] [|`]-IntegerLiteral .* (\d+)$/.exec(line)?.[1];
      if (value !== undefined && width === null) width = Number(value);
    }
  }
  close();
  const units = new Map<string, number>();
  const INFO = /<CGBitFieldInfo Offset:(\d+) Size:(\d+) IsSigned:\d StorageSize:(\d+) StorageOffset:0 /g;
  for (const [, offset, size, storage] of block.matchAll(INFO))
    units.set(`${offset}:${size}`, Number(storage));
  const [, kind = '', tag = ''] = declared;
  const signature = [kind, ...members].join(';');
  return [{ name, kind: kind as 'struct' | 'union', tag, signature, packed, packedFields, units }];
}

/** The bit-fields of a record and of those that lie in it without an array between. */
function* fieldsIn(
  items: readonly Item[],
  record: Generated | undefined,
  end: number,
  known: Known,
  machine: GccMachine,
): Generator<RecordField> {
  const isUnion = record?.kind === 'union';
  for (const [i, item] of items.entries()) {
    if (item.items.length > 0) {
      const signature = signatureOf(item.text, item.items);
      const inner = known.generated.get(signature);
      const size = known.laid.get(signature)?.[0]?.size;
      const innerEnd = size === undefined ? (items[i + 1]?.start ?? end) : item.start + size * 8;
      yield* fieldsIn(item.items, inner, innerEnd, known, machine);
    }
    if (item.width === null || item.width === 0) continue;
    const region = isUnion ? regionOf(bitsOf(item), end, machine) : runAround(items, i, end, machine);
    const packed = record?.packed === true || record?.packedFields.has(i) === true;
    yield { ...bitsOf(item), region, packed };
  }
}

const bitsOf = ({ start, width }: Item) => ({ start, end: start + (width ?? 0) });

/** The run of adjacent bit-fields that one is in. A zero-width one ends a run, and begins one where it ends none. */
function runAround(items: readonly Item[], index: number, end: number, machine: GccMachine) {
  let first: number | null = null;
  for (let i = 0; i < index; i++) {
    const { width } = items[i]!;
    if (width === null || (width === 0 && first !== null)) first = null;
    else first ??= i;
  }
  let last = index;
  while ((items[last + 1]?.width ?? 0) > 0) last++;
  const run = { start: items[first ?? index]!.start, end: bitsOf(items[last]!).end };
  return regionOf(run, items[last + 1]?.start ?? end, machine);
}
