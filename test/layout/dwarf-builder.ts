// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { Form } from '../../src/layout/dwarf/constants.js';
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
}

/** Writes one unit of DWARF by the letter of the specification, to have exact input for the reader. */
export function buildDwarf(root: Entry, options: UnitOptions = {}): Map<string, Uint8Array> {
  const { version = 5, addressSize = 4, littleEndian = true } = options;
  const info = new Writer(littleEndian);
  const abbrev = new Writer(littleEndian);
  const strings = new Writer(littleEndian);
  const labels = new Map<string, number>();
  const references: { at: number; label: string }[] = [];

  info.uint(0, 4);
  info.uint(version, 2);
  if (version >= 5) {
    info.uint(1, 1);
    info.uint(addressSize, 1);
    info.uint(0, 4);
  } else {
    info.uint(0, 4);
    info.uint(addressSize, 1);
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
      references.push({ at: info.length, label: value.label });
      info.uint(0, 4);
    } else if (typeof value === 'string') {
      if (form !== Form.string) info.uint(strings.length, 4);
      (form === Form.string ? info : strings).text(value);
    } else if (form === Form.sdata) {
      info.sleb(BigInt(value));
    } else {
      const size = form === Form.addr ? addressSize : SIZES[form];
      if (size === undefined) info.uleb(value);
      else info.uint(value, size);
    }
  }

  write(root);
  abbrev.uleb(0);
  for (const { at, label } of references) info.patch(at, labels.get(label)!);
  info.patch(0, info.length - 4);
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

/** Bytes of the forms whose values are plain integers; the rest are LEB128. */
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
  [Form.refAddr]: 4,
  [Form.refSup4]: 4,
  [Form.strp]: 4,
  [Form.strpSup]: 4,
  [Form.lineStrp]: 4,
  [Form.secOffset]: 4,
  [Form.strx4]: 4,
  [Form.addrx4]: 4,
  [Form.gnuRefAlt]: 4,
  [Form.gnuStrpAlt]: 4,
  [Form.data8]: 8,
  [Form.ref8]: 8,
  [Form.refSig8]: 8,
  [Form.refSup8]: 8,
};
