// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { CodeMap } from '../../src/layout/code-map.js';
import { At, Form, Tag } from '../../src/layout/dwarf/constants.js';
import { type Attribute, buildDwarf, type Entry, type UnitOptions, wrapInWasm } from './dwarf-builder.js';

/** Where the one function of {@link codeModule} is, counted from the code section's content. */
export const BODY = { low: 2, high: 62 } as const;

/** Offset of address 0 in {@link codeModule}: behind its header, two sections, and the third one's header. */
const CODE = 8 + 6 + 4 + 2;

const HEADER = [0, 0x61, 0x73, 0x6d, 1, 0, 0, 0];
const SECTIONS = [
  ...[1, 4, 1, 0x60, 0, 0], // a type () -> ()
  ...[3, 2, 1, 0], // a function of that type
  ...[10, BODY.high, 1, BODY.high - BODY.low, 0, ...new Array(BODY.high - BODY.low - 2).fill(1), 0x0b],
];

/** A module of one function, 58 times `nop`, and custom sections. */
export function codeModule(sections: ReadonlyMap<string, Uint8Array>): Uint8Array {
  return Uint8Array.from([...HEADER, ...SECTIONS, ...wrapInWasm(sections).subarray(HEADER.length)]);
}

export const span = (low: number, high: number): Attribute[] => [
  [At.lowPc, Form.addr, low],
  [At.highPc, Form.data4, high - low],
];

export const named = (name: string): Attribute => [At.name, Form.string, name];

/** The function `f` over the whole of the body. */
export const whole = (...children: Entry[]): Entry => {
  return { tag: Tag.subprogram, attributes: [named('f'), ...span(BODY.low, BODY.high)], children };
};

export interface Described extends UnitOptions {
  /** Attributes of the unit beside its name; by default it has the whole body. */
  readonly unit?: readonly Attribute[];
  readonly functions?: readonly Entry[];
  /** Other sections by name. */
  readonly sections?: Readonly<Record<string, readonly number[]>>;
}

/** A map of the module with a unit `a.c` of that description. */
export function mapOf({ unit, functions = [whole()], sections = {}, ...options }: Described): CodeMap {
  const dwarf = buildDwarf(
    {
      tag: 0x11,
      attributes: [named('a.c'), ...(unit ?? span(BODY.low, BODY.high))],
      children: functions,
    },
    options,
  );
  for (const [name, bytes] of Object.entries(sections)) dwarf.set(name, Uint8Array.from(bytes));
  return CodeMap.fromWasm(codeModule(dwarf));
}

/** What a map of {@link mapOf} says of an address. */
export const at = (map: CodeMap, address: number) => map.frames(CODE + address);

/** 4 bytes, little-endian. */
export const word = (value: number): number[] => [...new Uint8Array(Uint32Array.of(value).buffer)];
