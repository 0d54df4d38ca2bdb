// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
/** The numbers of DWARF 5 §7 (and the GNU extensions of DWARF 4 that compilers still emit) lostbit acts on. */

export const Tag = {
  arrayType: 0x01,
  classType: 0x02,
  enumerationType: 0x04,
  formalParameter: 0x05,
  member: 0x0d,
  pointerType: 0x0f,
  referenceType: 0x10,
  compileUnit: 0x11,
  structureType: 0x13,
  subroutineType: 0x15,
  typedef: 0x16,
  unionType: 0x17,
  unspecifiedParameters: 0x18,
  variant: 0x19,
  inheritance: 0x1c,
  inlinedSubroutine: 0x1d,
  memberPointerType: 0x1f,
  subrangeType: 0x21,
  baseType: 0x24,
  constType: 0x26,
  enumerator: 0x28,
  subprogram: 0x2e,
  variantPart: 0x33,
  variable: 0x34,
  volatileType: 0x35,
  restrictType: 0x37,
  unspecifiedType: 0x3b,
  importedUnit: 0x3d,
  rvalueReferenceType: 0x42,
  templateAlias: 0x43,
  atomicType: 0x47,
} as const;

/** What has members. */
export const RECORDS: readonly number[] = [Tag.structureType, Tag.classType, Tag.unionType];

export const At = {
  location: 0x02,
  name: 0x03,
  byteSize: 0x0b,
  bitOffset: 0x0c,
  bitSize: 0x0d,
  stmtList: 0x10,
  lowPc: 0x11,
  highPc: 0x12,
  discriminant: 0x15,
  import: 0x18,
  compDir: 0x1b,
  constValue: 0x1c,
  upperBound: 0x2f,
  abstractOrigin: 0x31,
  count: 0x37,
  dataMemberLocation: 0x38,
  declFile: 0x3a,
  declLine: 0x3b,
  external: 0x3f,
  declaration: 0x3c,
  encoding: 0x3e,
  specification: 0x47,
  type: 0x49,
  virtuality: 0x4c,
  ranges: 0x55,
  callFile: 0x58,
  callLine: 0x59,
  signature: 0x69,
  dataBitOffset: 0x6b,
  strOffsetsBase: 0x72,
  addrBase: 0x73,
  rnglistsBase: 0x74,
  dwoName: 0x76,
  alignment: 0x88,
  gnuDwoName: 0x2130,
  gnuDwoId: 0x2131,
} as const;

export const Form = {
  addr: 0x01,
  block2: 0x03,
  block4: 0x04,
  data2: 0x05,
  data4: 0x06,
  data8: 0x07,
  string: 0x08,
  block: 0x09,
  block1: 0x0a,
  data1: 0x0b,
  flag: 0x0c,
  sdata: 0x0d,
  strp: 0x0e,
  udata: 0x0f,
  refAddr: 0x10,
  ref1: 0x11,
  ref2: 0x12,
  ref4: 0x13,
  ref8: 0x14,
  refUdata: 0x15,
  indirect: 0x16,
  secOffset: 0x17,
  exprloc: 0x18,
  flagPresent: 0x19,
  strx: 0x1a,
  addrx: 0x1b,
  refSup4: 0x1c,
  strpSup: 0x1d,
  data16: 0x1e,
  lineStrp: 0x1f,
  refSig8: 0x20,
  implicitConst: 0x21,
  loclistx: 0x22,
  rnglistx: 0x23,
  refSup8: 0x24,
  strx1: 0x25,
  strx2: 0x26,
  strx3: 0x27,
  strx4: 0x28,
  addrx1: 0x29,
  addrx2: 0x2a,
  addrx3: 0x2b,
  addrx4: 0x2c,
  gnuAddrIndex: 0x1f01,
  gnuStrIndex: 0x1f02,
  gnuRefAlt: 0x1f20,
  gnuStrpAlt: 0x1f21,
} as const;

/** Entries of `.debug_rnglists`. */
export const Rle = {
  endOfList: 0x00,
  baseAddressx: 0x01,
  startxEndx: 0x02,
  startxLength: 0x03,
  offsetPair: 0x04,
  baseAddress: 0x05,
  startEnd: 0x06,
  startLength: 0x07,
} as const;

/** Opcodes of line programs: standard ones, then what follows a zero. */
export const Lns = {
  copy: 0x01,
  advancePc: 0x02,
  advanceLine: 0x03,
  setFile: 0x04,
  constAddPc: 0x08,
  fixedAdvancePc: 0x09,
} as const;

export const Lne = { endSequence: 0x01, setAddress: 0x02 } as const;

/** What a column of a line program's file table holds. */
export const Lnct = { path: 0x01, directoryIndex: 0x02 } as const;

export const Op = { addr: 0x03, plusUconst: 0x23, addrx: 0xa1 } as const;

export const UnitType = {
  compile: 0x01,
  type: 0x02,
  partial: 0x03,
  skeleton: 0x04,
  splitCompile: 0x05,
  splitType: 0x06,
} as const;

export const Encoding = {
  boolean: 0x02,
  float: 0x04,
  signed: 0x05,
  signedChar: 0x06,
  unsigned: 0x07,
  unsignedChar: 0x08,
  utf: 0x10,
} as const;
