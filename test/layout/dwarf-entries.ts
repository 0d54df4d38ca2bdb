// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { expect } from 'vitest';
import { DebugInfo } from '../../src/layout/debug-info.js';
import { At, Form, Tag } from '../../src/layout/dwarf/constants.js';
import { type Attribute, buildDwarf, type Entry, type UnitOptions, wrapInWasm } from './dwarf-builder.js';

const COMPILE_UNIT = 0x11;
export const UNKNOWN_ATTRIBUTE = 0x3fff;

export const named = (name: string): Attribute => [At.name, Form.string, name];
export const sized = (size: number): Attribute => [At.byteSize, Form.data1, size];
export const typed = (label: string): Attribute => [At.type, Form.ref4, { label }];
export const unit = (...children: Entry[]): Entry => ({
  tag: COMPILE_UNIT,
  attributes: [named('a.c')],
  children,
});
export const struct = (name: string, members: Entry[], size = 4): Entry => {
  return { tag: Tag.structureType, label: name, attributes: [named(name), sized(size)], children: members };
};
export const member = (name: string, type: string, ...more: Attribute[]): Entry => {
  return { tag: Tag.member, attributes: [named(name), typed(type), ...more] };
};
export const int: Entry = {
  tag: Tag.baseType,
  label: 'int',
  attributes: [named('int'), sized(4), [At.encoding, Form.data1, 5]],
};

export const read = (root: Entry, options?: UnitOptions) =>
  DebugInfo.fromWasm(wrapInWasm(buildDwarf(root, options)));

export const bad = (message: string | RegExp) =>
  expect.objectContaining({ code: 'E_BAD_DWARF', message: expect.stringMatching(message) });
