// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
/** Bytes [offset, offset + size). */
export interface Bytes {
  readonly offset: number;
  readonly size: number;
}

/** What gcc's choice depends on. Bits are counted in the order of memory from the object that is accessed. */
export interface BitFieldPlace {
  /** Bits [start, end) of the field. */
  readonly start: number;
  readonly end: number;
  /** What a write may touch. */
  readonly region: { readonly start: number; readonly end: number };
  /** Bytes that the object is known to be aligned to. */
  readonly align: number;
  /** Declared packed, itself or its struct. */
  readonly packed: boolean;
  readonly volatile: boolean;
}

/** Bytes that are loaded or stored at once, and the bits of the field that it is done for. */
export interface Piece extends Bytes {
  readonly start: number;
  readonly end: number;
}

/** The pieces that gcc loads and stores, in their order; one that a write covers whole is not loaded. */
export interface GccAccess {
  readonly read: readonly Piece[];
  readonly write: readonly Piece[];
}

/** What differs from one machine to the next. */
export interface GccMachine {
  /** Bits of a register, and of the widest integer. */
  readonly word: number;
  readonly widest: number;
  /** An access of a byte is taken to be no cheaper than one of a word, and the largest unit that will do is taken. */
  readonly prefersLarge: boolean;
}

/** The machines whose gcc the rule is tested against. */
export const gccMachines = {
  x86_64: { word: 64, widest: 128, prefersLarge: false },
  i386: { word: 32, widest: 64, prefersLarge: false },
  aarch64: { word: 64, widest: 128, prefersLarge: true },
} as const satisfies Record<string, GccMachine>;

const MODES = [8, 16, 32, 64, 128] as const;
/** gcc's upper bound of what any datum is aligned to. */
const BIGGEST_ALIGNMENT = 128;

/**
 * The bytes that gcc reads to read a bit-field, and reads and writes to write it. The rule, found from the code that gcc
 * makes and tested against it: the smallest of 1, 2, 4 and 8 bytes that, where it begins at a multiple
 * of its size, has the whole field. A write must stay in the run of adjacent bit-fields, and is counted from the
 * start of that run. Where no size will do, the field is taken apart, unit by unit.
 */
export function gccAccess(place: BitFieldPlace, machine: GccMachine): GccAccess {
  return { read: readPieces(place, machine), write: writePieces(place, machine) };
}

function readPieces({ start, end, align, volatile }: BitFieldPlace, machine: GccMachine): Piece[] {
  if (isWholeInteger(start, end)) return [pieceOf(start, end, start, end)];
  return pieces({ start, end, limit: null, align: align * 8, volatile, preferred: 64 }, machine);
}

function writePieces(place: BitFieldPlace, machine: GccMachine): Piece[] {
  const { start, end, region, align, packed, volatile } = place;
  const size = end - start;
  const isWhole = isWholeInteger(start, end);
  // Laid out as a plain integer: no longer a bit-field to gcc.
  if (isWhole && start % size === 0 && (!packed || size === 8)) return [pieceOf(start, end, start, end)];
  // Counted from the start of the run, which limits what is known of the alignment.
  const base = region.start;
  const aligned = base === 0 ? align * 8 : Math.min(align * 8, base & -base);
  const limit = region.end - base;
  const asked = { start: start - base, end: end - base, limit, align: aligned, volatile, preferred: 32 };
  const found = pieces(asked, machine);
  // A load and a store of one unit, of which whole bytes are replaced, are combined to a store of those.
  if (found.length === 1 && isWhole && !volatile) return [pieceOf(start, end, start, end)];
  return found.map((one) => ({
    offset: one.offset + base / 8,
    size: one.size,
    start: one.start + base,
    end: one.end + base,
  }));
}

interface Asked {
  readonly start: number;
  readonly end: number;
  /** The bit before which every access ends; null for none. */
  readonly limit: number | null;
  /** Bits. */
  readonly align: number;
  readonly volatile: boolean;
  /** The largest unit that is taken where a smaller one would do, and large ones are preferred. */
  readonly preferred: number;
}

function pieces(asked: Asked, machine: GccMachine): Piece[] {
  // An instruction that puts bits into a register takes them from wherever they are in memory.
  const whole = unitFor(asked, machine, !machine.prefersLarge);
  if (whole !== null) return [whole];
  const { end, limit, align } = asked;
  const found: Piece[] = [];
  let unit = Math.min(align, machine.word);
  for (let at = asked.start; at < end; ) {
    // Close to the end of the run the units become smaller.
    while (limit !== null && unit > 8 && at - (at % unit) + unit > limit) unit /= 2;
    const to = Math.min(end, at - (at % unit) + unit);
    const piece = unitFor({ ...asked, start: at, end: to }, machine, true);
    if (piece !== null) found.push(piece);
    at = to;
  }
  return found;
}

/** The unit that has all of the bits: the smallest one, or the largest. */
function unitFor(
  { start, end, limit, align, volatile, preferred }: Asked,
  { word, prefersLarge }: GccMachine,
  aligned: boolean,
): Piece | null {
  const most = aligned ? Math.min(align, BIGGEST_ALIGNMENT, word) : word;
  // Without a bound, what is as aligned as the object is taken to be there as a whole.
  const chunk = Math.min(align, BIGGEST_ALIGNMENT);
  const last = limit ?? Math.ceil(end / chunk) * chunk;
  let found: Piece | null = null;
  for (const mode of MODES) {
    const from = start - (start % mode);
    if (end > from + mode) continue;
    if (mode > most || from + mode > last || (found !== null && !volatile && mode > preferred)) break;
    found = pieceOf(from, from + mode, start, end);
    if (!volatile && !prefersLarge) break;
  }
  return found;
}

/** Does a field have the bytes of an integer? */
function isWholeInteger(start: number, end: number): boolean {
  return start % 8 === 0 && [8, 16, 32, 64].includes(end - start);
}

const pieceOf = (from: number, to: number, start: number, end: number): Piece => ({
  offset: from / 8,
  size: (to - from) / 8,
  start,
  end,
});

/**
 * What a write of any bit-field of a run may touch: from the first byte of the run to its last one, and on to the
 * size of an integer where that ends before whatever comes next.
 *
 * @param next the bit where the next member begins, or the struct ends
 */
export function regionOf(
  run: { readonly start: number; readonly end: number },
  next: number,
  { widest }: GccMachine,
): { start: number; end: number } {
  const start = run.start - (run.start % 8);
  const bits = Math.ceil((run.end - start) / 8) * 8;
  const room = Math.ceil((next - start) / 8) * 8;
  const mode = MODES.find((one) => one >= bits);
  return { start, end: start + (mode !== undefined && mode <= room && mode <= widest ? mode : bits) };
}
