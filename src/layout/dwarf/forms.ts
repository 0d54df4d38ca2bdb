// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import type { ByteReader } from '../../bytes.js';
import { Form } from './constants.js';

/** What the sizes of a unit's values depend on. */
export interface UnitFormat {
  readonly version: number;
  /** Bytes. */
  readonly addressSize: 4 | 8;
  /** Bytes of an offset into a section: 4, and 8 in 64-bit DWARF (DWARF 5 §7.4). */
  readonly offsetSize: 4 | 8;
}

/** Bytes of each form whose size is the same everywhere (DWARF 5 §7.5.6). */
const FIXED: ReadonlyMap<number, number> = new Map([
  [Form.flagPresent, 0],
  [Form.implicitConst, 0],
  [Form.data1, 1],
  [Form.flag, 1],
  [Form.ref1, 1],
  [Form.strx1, 1],
  [Form.addrx1, 1],
  [Form.data2, 2],
  [Form.ref2, 2],
  [Form.strx2, 2],
  [Form.addrx2, 2],
  [Form.strx3, 3],
  [Form.addrx3, 3],
  [Form.data4, 4],
  [Form.ref4, 4],
  [Form.refSup4, 4],
  [Form.strx4, 4],
  [Form.addrx4, 4],
  [Form.data8, 8],
  [Form.ref8, 8],
  [Form.refSig8, 8],
  [Form.refSup8, 8],
  [Form.data16, 16],
]);

const OFFSETS: ReadonlySet<number> = new Set([
  Form.strp,
  Form.strpSup,
  Form.lineStrp,
  Form.secOffset,
  Form.gnuRefAlt,
  Form.gnuStrpAlt,
]);

/** Bytes of a form's value, null where the value itself says. */
export function fixedFormSize(form: number, format: UnitFormat): number | null {
  if (form === Form.addr) return format.addressSize;
  if (form === Form.refAddr) return referenceSize(format);
  return OFFSETS.has(form) ? format.offsetSize : (FIXED.get(form) ?? null);
}

/** Bytes of a reference into another unit, which was an address until DWARF 2 (§7.5.4). */
export function referenceSize({ version, addressSize, offsetSize }: UnitFormat): 4 | 8 {
  return version === 2 ? addressSize : offsetSize;
}

/** Moves behind a value of the given form. Every form of DWARF 2 to 5 is known, and the GNU ones. */
export function skipForm(reader: ByteReader, form: number, format: UnitFormat): void {
  const fixed = fixedFormSize(form, format);
  if (fixed !== null) {
    reader.skip(fixed);
    return;
  }
  switch (form) {
    case Form.udata:
    case Form.sdata:
    case Form.refUdata:
    case Form.strx:
    case Form.addrx:
    case Form.loclistx:
    case Form.rnglistx:
    case Form.gnuAddrIndex:
    case Form.gnuStrIndex:
      reader.skipLeb();
      return;
    case Form.string:
      reader.skipCstring();
      return;
    case Form.block1:
    case Form.block2:
    case Form.block4:
    case Form.block:
    case Form.exprloc:
      reader.skip(blockLength(reader, form));
      return;
    case Form.indirect:
      skipForm(reader, indirectForm(reader), format);
      return;
    default:
      throw reader.bad(`uses the unknown attribute form 0x${form.toString(16)}`);
  }
}

/** The form that a DW_FORM_indirect value names in front of itself. */
export function indirectForm(reader: ByteReader): number {
  const form = reader.uleb();
  // An indirect form of an indirect form has no use and could nest without end; a constant that
  // lives in the abbreviation has no place here.
  if (form === Form.indirect || form === Form.implicitConst) {
    throw reader.bad(`has an indirect attribute of form 0x${form.toString(16)}`);
  }
  return form;
}

/** The number of bytes of a block or an expression; the reader is left on the first of them. */
export function blockLength(reader: ByteReader, form: number): number {
  switch (form) {
    case Form.block1:
      return reader.u8();
    case Form.block2:
      return reader.u16();
    case Form.block4:
      return reader.u32();
    default:
      return reader.uleb();
  }
}
