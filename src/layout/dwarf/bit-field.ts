// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
/** A bit-field as its entry describes it. */
export interface EncodedBitField {
  readonly width: number;
  /** DW_AT_data_member_location, bytes. */
  readonly memberOffset: number;
  /** Bytes of the storage unit: DW_AT_byte_size, else the size of the declared type. */
  readonly unitSize: number;
  /** DW_AT_data_bit_offset: bits from the struct's start (DWARF 4 and 5). */
  readonly dataBitOffset: number | null;
  /** DW_AT_bit_offset: bits from the most significant bit of the unit to that of the field (DWARF ≤ 4). */
  readonly bitOffset: number | null;
}

export interface PlacedBitField {
  readonly offset: number;
  readonly bit: number;
  readonly storage: { readonly offset: number; readonly size: number } | null;
}

/**
 * Where a bit-field lies, in the terms of `Member`; null where that is before the struct or beyond any size.
 * DWARF 5 §5.7.6 Data Member Entries; DWARF 4 §5.5.6 for DW_AT_bit_offset.
 */
export function placeBitField(field: EncodedBitField, littleEndian: boolean): PlacedBitField | null {
  const { width, memberOffset, unitSize, dataBitOffset, bitOffset } = field;
  const unitBits = unitSize * 8;
  if (width < 1 || width > unitBits) return null;

  // Counted like DW_AT_data_bit_offset: from the least significant bit of byte 0 on little endian, from
  // its most significant on big endian; on both, the field is the run [first, first + width).
  let first: number;
  if (dataBitOffset !== null) first = dataBitOffset;
  else if (bitOffset === null) first = memberOffset * 8;
  else first = memberOffset * 8 + (littleEndian ? unitBits - bitOffset - width : bitOffset);
  if (!Number.isSafeInteger(first) || first < 0) return null;

  const unit = dataBitOffset === null ? memberOffset : Math.floor(first / unitBits) * unitSize;
  const inside = first >= unit * 8 && first + width <= (unit + unitSize) * 8;
  const least = littleEndian ? first : first + width - 1;
  return {
    offset: Math.floor(least / 8),
    bit: littleEndian ? least % 8 : 7 - (least % 8),
    storage: inside ? { offset: unit, size: unitSize } : null,
  };
}
