// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import type { ByteReader } from '../bytes.js';
import type { AbbrevTable, AbbrevTables } from './abbrev.js';
import { UnitType } from './constants.js';

/** One unit of `.debug_info` (DWARF 5 §7.5.1, DWARF 4 §7.5.1.1); offsets are from the section's start. */
export interface Unit {
  readonly offset: number;
  readonly end: number;
  readonly version: number;
  readonly addressSize: number;
  readonly abbrevs: AbbrevTable;
  readonly firstDie: number;
}

const DWARF64 = 0xffffffff;
const RESERVED = 0xfffffff0;

/** All units of `.debug_info`. Refuses 64-bit DWARF, versions other than 4 and 5, and split DWARF. */
export function readUnits(reader: ByteReader, tables: AbbrevTables): Unit[] {
  const units: Unit[] = [];
  reader.seek(0);
  while (!reader.atEnd) {
    const unit = readUnit(reader, tables);
    units.push(unit);
    reader.seek(unit.end);
  }
  return units;
}

function readUnit(reader: ByteReader, tables: AbbrevTables): Unit {
  const offset = reader.position;
  const length = reader.u32();
  if (length === DWARF64) throw reader.bad('is 64-bit DWARF; only the 32-bit format is read', offset);
  if (length >= RESERVED)
    throw reader.bad(`has a unit of the reserved length 0x${length.toString(16)}`, offset);
  const end = reader.position + length;
  if (end > reader.bytes.length)
    throw reader.bad(`has a unit of ${length} bytes that outruns the section`, offset);
  const version = reader.u16();
  if (version !== 4 && version !== 5) {
    throw reader.bad(`has a unit of DWARF version ${version}; versions 4 and 5 are read`, offset);
  }
  let addressSize: number;
  let abbrevOffset: number;
  if (version === 4) {
    abbrevOffset = reader.u32();
    addressSize = reader.u8();
  } else {
    const type = reader.u8();
    addressSize = reader.u8();
    abbrevOffset = reader.u32();
    if (type === UnitType.type) {
      reader.skip(12); // signature and type offset
    } else if (type === UnitType.skeleton || type === UnitType.splitCompile || type === UnitType.splitType) {
      throw reader.bad(
        'is split DWARF, whose types are in .dwo files; compile without -gsplit-dwarf',
        offset,
      );
    } else if (type !== UnitType.compile && type !== UnitType.partial) {
      throw reader.bad(`has a unit of the unknown type 0x${type.toString(16)}`, offset);
    }
  }
  if (addressSize !== 4 && addressSize !== 8) {
    throw reader.bad(`has a unit with addresses of ${addressSize} bytes; 4 and 8 are read`, offset);
  }
  if (reader.position > end) throw reader.bad('has a unit shorter than its header', offset);
  return {
    offset,
    end,
    version,
    addressSize,
    abbrevs: tables.at(abbrevOffset, addressSize),
    firstDie: reader.position,
  };
}
