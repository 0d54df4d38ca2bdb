// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { Form, UnitType } from '../../src/layout/dwarf/constants.js';
import { Writer } from './writer.js';

/** A reference to the entry of that label, for the forms `ref4` and `refAddr`. */
interface Label {
  readonly label: string;
}

/** What `indirect` names in front of its value, and that value. */
interface Indirect {
  readonly form: number;
  readonly value: number | string;
}

export type Attribute = readonly [
  at: number,
  form: number,
  value: number | bigint | string | Uint8Array | Label | Indirect,
];

export interface Entry {
  readonly tag: number;
  readonly label?: string;
  readonly attributes?: readonly Attribute[];
  readonly children?: readonly Entry[];
}

export interface UnitOptions {
  readonly version?: number;
  readonly addressSize?: 4 | 8;
  readonly littleEndian?: boolean;
  /** 8 in 64-bit DWARF. */
  readonly offsetSize?: 4 | 8;
  /** DW_UT_…, of version 5; by default a compilation. */
  readonly type?: number;
  /** Of a unit that is a type: its signature, and the label of the type. */
  readonly typeUnit?: { readonly signature: bigint; readonly label: string };
  /** Of a skeleton, and of what it stands for. */
  readonly dwoId?: bigint;
}

/** Writes one unit of DWARF by the letter of the specification, to have exact input for the reader. */
export function buildDwarf(root: Entry, options: UnitOptions = {}): Map<string, Uint8Array> {
  const { version = 5, addressSize = 4, littleEndian = true, offsetSize = 4 } = options;
  const { typeUnit, dwoId, type = typeUnit === undefined ? UnitType.compile : UnitType.type } = options;
  const info = new Writer(littleEndian);
  const abbrev = new Writer(littleEndian);
  const strings = new Writer(littleEndian);
  const labels = new Map<string, number>();
  const references: { at: number; label: string; size: number }[] = [];

  if (offsetSize === 8) info.uint(0xffff_ffff, 4);
  const lengthAt = info.length;
  info.uint(0, offsetSize);
  info.uint(version, 2);
  if (version >= 5) {
    info.uint(type, 1);
    info.uint(addressSize, 1);
    info.uint(0, offsetSize);
  } else {
    info.uint(0, offsetSize);
    info.uint(addressSize, 1);
  }
  if (dwoId !== undefined) info.uint(dwoId, 8);
  if (typeUnit !== undefined) {
    info.uint(typeUnit.signature, 8);
    references.push({ at: info.length, label: typeUnit.label, size: offsetSize });
    info.uint(0, offsetSize);
  }

  let codes = 0;
  function write({ tag, label, attributes = [], children }: Entry): void {
    if (label !== undefined) labels.set(label, info.length);
    const code = ++codes;
    info.uleb(code);
    abbrev.uleb(code);
    abbrev.uleb(tag);
    abbrev.uint(children === undefined ? 0 : 1, 1);
    for (const [at, form, value] of attributes) {
      abbrev.uleb(at);
      abbrev.uleb(form);
      if (form === Form.implicitConst) abbrev.sleb(BigInt(value as number));
      else writeValue(form, value);
    }
    abbrev.uleb(0);
    abbrev.uleb(0);
    if (children === undefined) return;
    for (const child of children) write(child);
    info.uint(0, 1);
  }

  function writeValue(form: number, value: Attribute[2]): void {
    if (value instanceof Uint8Array) {
      const length = { [Form.block1]: 1, [Form.block2]: 2, [Form.block4]: 4 }[form];
      if (length !== undefined) info.uint(value.length, length);
      else if (form !== Form.data16) info.uleb(value.length);
      info.raw(value);
    } else if (typeof value === 'object' && 'form' in value) {
      info.uleb(value.form);
      writeValue(value.form, value.value);
    } else if (typeof value === 'object') {
      const size =
        form === Form.refAddr && version > 2 ? offsetSize : form === Form.refAddr ? addressSize : 4;
      references.push({ at: info.length, label: value.label, size });
      info.uint(0, size);
    } else if (typeof value === 'string') {
      if (form !== Form.string) info.uint(strings.length, offsetSize);
      (form === Form.string ? info : strings).text(value);
    } else if (form === Form.sdata) {
      info.sleb(BigInt(value));
    } else {
      const size = form === Form.addr ? addressSize : OFFSETS.has(form) ? offsetSize : SIZES[form];
      if (size === undefined) info.uleb(value);
      else info.uint(value, size);
    }
  }

  write(root);
  abbrev.uleb(0);
  for (const { at, label, size } of references) info.patch(at, labels.get(label)!, size);
  info.patch(lengthAt, info.length - lengthAt - offsetSize, offsetSize);
  return new Map([
    ['.debug_info', info.bytes()],
    ['.debug_abbrev', abbrev.bytes()],
    ['.debug_str', strings.bytes()],
  ]);
}

/** A module of nothing but custom sections. */
export function wrapInWasm(sections: ReadonlyMap<string, Uint8Array>): Uint8Array {
  const out = new Writer(true);
  out.raw(Uint8Array.of(0, 0x61, 0x73, 0x6d, 1, 0, 0, 0));
  for (const [name, bytes] of sections) {
    const section = new Writer(true);
    section.uleb(name.length);
    section.raw(Buffer.from(name));
    section.raw(bytes);
    out.uint(0, 1);
    out.uleb(section.length);
    out.raw(section.bytes());
  }
  return out.bytes();
}

/** Forms of as many bytes as the unit's offsets have. */
const OFFSETS: ReadonlySet<number> = new Set([
  Form.refAddr,
  Form.strp,
  Form.strpSup,
  Form.lineStrp,
  Form.secOffset,
  Form.gnuRefAlt,
  Form.gnuStrpAlt,
]);

/** Bytes of the other forms whose values are plain integers; the rest are LEB128. */
const SIZES: Readonly<Record<number, number>> = {
  [Form.flagPresent]: 0,
  [Form.data1]: 1,
  [Form.flag]: 1,
  [Form.ref1]: 1,
  [Form.strx1]: 1,
  [Form.addrx1]: 1,
  [Form.data2]: 2,
  [Form.ref2]: 2,
  [Form.strx2]: 2,
  [Form.addrx2]: 2,
  [Form.strx3]: 3,
  [Form.addrx3]: 3,
  [Form.data4]: 4,
  [Form.ref4]: 4,
  [Form.refSup4]: 4,
  [Form.strx4]: 4,
  [Form.addrx4]: 4,
  [Form.data8]: 8,
  [Form.ref8]: 8,
  [Form.refSig8]: 8,
  [Form.refSup8]: 8,
};
