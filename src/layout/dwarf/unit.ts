// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import type { ByteReader } from '../../bytes.js';
import type { AbbrevTable, AbbrevTables } from './abbrev.js';
import { UnitType } from './constants.js';
import type { UnitFormat } from './forms.js';
import type { Contributions } from './package-index.js';

/** One unit of a section of entries (DWARF 5 §7.5.1, DWARF 4 §7.5.1); offsets are from the section's start. */
export interface Unit extends UnitFormat {
  readonly offset: number;
  readonly end: number;
  readonly abbrevs: AbbrevTable;
  readonly firstDie: number;
  /** Of a type unit: what entries elsewhere refer to it by, and the offset of the type's entry. */
  readonly type: { readonly signature: bigint; readonly offset: number } | null;
  /** By what a unit and its skeleton know each other; null where the header has none (before DWARF 5 an attribute has). */
  readonly dwoId: bigint | null;
  /** It is a skeleton: the actual unit is in a `.dwo` file. */
  readonly isSkeleton: boolean;
  /** Where its part of `.debug_str_offsets` begins, in a package; else 0. */
  readonly stringsFrom: number;
}

const DWARF64 = 0xffffffff;
const RESERVED = 0xfffffff0;
const OLDEST = 2;
const NEWEST = 5;

export interface UnitSource {
  /** They are those of `.debug_types` (DWARF 4 §7.5.1.2), each a type's. */
  readonly areTypes: boolean;
  /** Of a package (`.dwp`): what its units are counted from. */
  readonly contributions: Contributions | null;
}

/** All units of a section. Refuses versions other than 2 to 5. */
export function readUnits(reader: ByteReader, tables: AbbrevTables, source: UnitSource): Unit[] {
  const units: Unit[] = [];
  reader.seek(0);
  while (!reader.atEnd) {
    const unit = readUnit(reader, tables, source);
    units.push(unit);
    reader.seek(unit.end);
  }
  return units;
}

function readUnit(reader: ByteReader, tables: AbbrevTables, { areTypes, contributions }: UnitSource): Unit {
  const offset = reader.position;
  let length = reader.u32();
  const offsetSize = length === DWARF64 ? 8 : 4;
  if (offsetSize === 8) length = reader.offset(8);
  else if (length >= RESERVED)
    throw reader.bad(`has a unit of the reserved length 0x${length.toString(16)}`, offset);
  const end = reader.position + length;
  if (end > reader.bytes.length)
    throw reader.bad(`has a unit of ${length} bytes that overruns the section`, offset);
  const version = reader.u16();
  if (version < OLDEST || version > NEWEST)
    throw reader.bad(`has a unit of DWARF version ${version}; versions 2 to 5 are read`, offset);
  let addressSize: number;
  let abbrevOffset: number;
  let type: number = areTypes ? UnitType.type : UnitType.compile;
  if (version < 5) {
    abbrevOffset = reader.offset(offsetSize);
    addressSize = reader.u8();
  } else {
    type = reader.u8();
    addressSize = reader.u8();
    abbrevOffset = reader.offset(offsetSize);
  }
  let dwoId: bigint | null = null;
  let signature: bigint | null = null;
  let typeOffset = 0;
  switch (type) {
    case UnitType.compile:
    case UnitType.partial:
      break;
    case UnitType.skeleton:
    case UnitType.splitCompile:
      dwoId = BigInt(reader.u64());
      break;
    case UnitType.type:
    case UnitType.splitType:
      signature = BigInt(reader.u64());
      typeOffset = reader.offset(offsetSize);
      break;
    default:
      throw reader.bad(`has a unit of the unknown type 0x${type.toString(16)}`, offset);
  }
  if (addressSize !== 4 && addressSize !== 8) {
    throw reader.bad(`has a unit with addresses of ${addressSize} bytes; 4 and 8 are read`, offset);
  }
  if (reader.position > end) throw reader.bad('has a unit shorter than its header', offset);
  const firstDie = reader.position;
  const from = contributions?.of(offset) ?? { abbrevs: 0, strings: 0 };
  const format: UnitFormat = { version, addressSize, offsetSize };
  return {
    ...format,
    offset,
    end,
    abbrevs: tables.at(from.abbrevs + abbrevOffset, format),
    firstDie,
    type: signature === null ? null : { signature, offset: offset + typeOffset },
    dwoId,
    isSkeleton: type === UnitType.skeleton,
    stringsFrom: from.strings,
  };
}
