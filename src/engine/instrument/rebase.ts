// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { chained, type Edit, type Edited, growth, resized, unedited } from '../../wasm/edits.js';
import { ImportKind, importsOf } from '../../wasm/imports.js';
import { instanceDataOf } from '../../wasm/instance-data.js';
import { sleb32, uleb } from '../../wasm/leb.js';
import { moduleReader, SectionId, sectionsOf } from '../../wasm/sections.js';
import { ValueType } from './access-shapes.js';
import { addressPlaces, type CallTypes } from './address-places.js';
import { hookOf, rewritten } from './hook-accesses.js';
import { type DecodedFunction, decodeFunctions } from './memory-accesses.js';
import { declaredTypes, exportedFunction, functionTypes } from './module-types.js';

/** Called on each thread with how far its machine's copy lies from where the data were linked, in bytes. */
const SET_BASE = 'lab_set_base';

const Opcode = {
  end: 0x0b,
  return: 0x0f,
  localGet: 0x20,
  globalGet: 0x23,
  globalSet: 0x24,
  i32Const: 0x41,
  i32Add: 0x6a,
} as const;
const MUTABLE = 1;

/**
 * Has each thread work on its machine's copy of the data that each machine has: to every address inside of them, a
 * global is added, which `lab_set_base` sets (its own code is never run). 0, as it is at the start, is what was linked.
 * A copy lies behind what was linked: an access whose address is spread over an operand and an offset does not wrap around.
 *
 * Indices, exports, names, data and the numbers of accesses stay as they are; debug information is dropped, as by
 * hookAccesses. A module that has neither such data nor the function stays as it is.
 *
 * @param module a linked module.
 * @param before what was made of it so far.
 * @returns both edits as one.
 * @throws LostbitError `E_HOOK` where `lab_set_base` is of another type, `E_INSTRUCTION`, `E_BAD_MODULE`.
 */
export function rebased(module: Uint8Array<ArrayBuffer>, before: Edited = unedited(module)): Edited {
  const places = new Set(instanceDataOf(module).instructions.map(before.moved));
  const { bytes } = before;
  const hasSetter = exportedFunction(bytes, SET_BASE) !== undefined;
  if (places.size === 0 && !hasSetter) return before;
  const types: CallTypes = { functions: functionTypes(bytes), declared: declaredTypes(bytes) };
  const setter = hasSetter ? hookOf(bytes, types.functions, SET_BASE, [ValueType.i32]) : undefined;
  const { index, edits } = addedGlobal(bytes);

  const add = [Opcode.globalGet, ...uleb(index), Opcode.i32Add];
  const set = [Opcode.localGet, 0, Opcode.globalSet, ...uleb(index), Opcode.return];
  const wanted = byFunction(bytes, places);
  const bodies = decodeFunctions(bytes).flatMap((one) => {
    const inside = wanted.get(one.body.index);
    const found = inside === undefined ? [] : [...addressPlaces(bytes, one, types, inside).values()];
    const added = found.map((at): Edit => ({ at, remove: 0, bytes: add }));
    if (one.body.index === setter) added.unshift({ at: one.locals.end, remove: 0, bytes: set });
    return added.length === 0 ? [] : [sized(one, added), ...added];
  });
  return chained(before, rewritten(bytes, bodies, edits));
}

/** Behind all others, a global that is 0 at first. */
function addedGlobal(module: Uint8Array): { readonly index: number; readonly edits: Edit[] } {
  const reader = moduleReader(module);
  const section = sectionsOf(module).find(({ id }) => id === SectionId.global);
  if (section === undefined) throw reader.bad('has no globals', module.length);
  const own = reader.seek(section.content).uleb();
  const edits: Edit[] = [
    { at: section.content, remove: reader.position - section.content, bytes: uleb(own + 1) },
    {
      at: section.end,
      remove: 0,
      bytes: [ValueType.i32, MUTABLE, Opcode.i32Const, ...sleb32(0), Opcode.end],
    },
  ];
  const imported = importsOf(module).filter(({ kind }) => kind === ImportKind.global).length;
  return { index: imported + own, edits: [resized(section, growth(edits)), ...edits] };
}

/** Instructions by the index of the function that they are in. */
function byFunction(module: Uint8Array, places: ReadonlySet<number>): Map<number, Set<number>> {
  const sorted = [...places].sort((a, b) => a - b);
  const inside = new Map<number, Set<number>>();
  let next = 0;
  for (const { body } of decodeFunctions(module)) {
    const first = next;
    while (next < sorted.length && sorted[next]! < body.end) next++;
    if (next > first) inside.set(body.index, new Set(sorted.slice(first, next)));
  }
  return inside;
}

function sized({ body }: DecodedFunction, inside: readonly Edit[]): Edit {
  const size = uleb(body.end - body.start + growth(inside));
  return { at: body.size, remove: body.start - body.size, bytes: size };
}
