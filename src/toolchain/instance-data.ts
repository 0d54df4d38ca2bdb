// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { LostbitError } from '../errors.js';
import { applyEdits, type Edit, growth, resized } from '../wasm/edits.js';
import { codeSection, type FunctionBody } from '../wasm/function-bodies.js';
import { INSTANCE_DATA, instanceDataSection } from '../wasm/instance-data.js';
import { forEachInstruction, type Instruction, readLocals } from '../wasm/instructions.js';
import { uleb } from '../wasm/leb.js';
import {
  dataSegments,
  type LinkerSymbol,
  type Linking,
  linkingOf,
  type Relocation,
  RelocationType,
  relocationsIn,
} from '../wasm/linking.js';
import { moduleReader, type Section, SectionId, sectionsOf } from '../wasm/sections.js';

/** Raised whenever the same linked module would be made into another one: part of the key of cached modules. */
export const FINISHER = 1;

const Opcode = { i32Const: 0x41, memoryInit: 0xfc08 } as const;
/** What the linker's code sets to zero. */
const ZEROES = /^\.bss(?:\.|$)/;

/**
 * Makes of a module that was linked with its relocations (`--emit-relocs`) one without: all that is kept of them is
 * what depends on the place of the instance's data (see {@link instanceDataSection}). No code moves.
 *
 * @param objects that it was linked of, by file name.
 * @throws LostbitError `E_LINK` where data that all machines share point to data that each has a copy of.
 */
export function finished(
  linked: Uint8Array<ArrayBuffer>,
  objects: ReadonlyMap<string, Uint8Array>,
): Uint8Array<ArrayBuffer> {
  const linking = linkingOf(linked);
  if (linking === null) throw new LostbitError('E_LINK', 'the linker has kept no relocations');
  const sections = sectionsOf(linked);
  const isLinkers = ({ id, name }: Section) =>
    id === SectionId.custom && (name === 'linking' || name.startsWith('reloc.'));
  const removed = sections
    .filter(isLinkers)
    .map(({ start, end }): Edit => ({ at: start, remove: end - start, bytes: [] }));
  const filled = memoryFilled(linked);
  const added = sectionOf(linked, linking, filled, objects);
  return applyEdits(linked, [
    ...zeroesLeftOut(linked, linking, filled),
    ...removed,
    { at: linked.length, remove: 0, bytes: added },
  ]).bytes;
}

/** Where the linker's code copies a data segment to when the first thread starts. */
interface Filled {
  readonly segment: number;
  readonly address: number;
}

function memoryFilled(module: Uint8Array): Filled[] {
  const start = sectionsOf(module).find(({ id }) => id === SectionId.start);
  if (start === undefined) return [];
  const index = moduleReader(module).seek(start.content).uleb();
  const body = codeSection(module).bodies.find((one) => one.index === index);
  const instructions = body === undefined ? [] : instructionsOf(module, body);
  return instructions.flatMap((instruction, i) => {
    if (instruction.opcode !== Opcode.memoryInit) return [];
    const operands = instructions.slice(Math.max(i - 3, 0), i);
    const [to, from] = operands;
    if (!operands.every(({ opcode }) => opcode === Opcode.i32Const) || from?.operand !== 0) return [];
    return [{ segment: Number(instruction.operand), address: Number(to!.operand) >>> 0 }];
  });
}

function instructionsOf(module: Uint8Array, { start, end }: FunctionBody): Instruction[] {
  const reader = moduleReader(module).seek(start);
  readLocals(reader);
  const instructions: Instruction[] = [];
  forEachInstruction(reader, end, (instruction) => instructions.push(instruction));
  return instructions;
}

/** Takes out what the linker has in the module only since it keeps relocations: its code sets zeroes without. */
function zeroesLeftOut(module: Uint8Array, linking: Linking, filled: readonly Filled[]): Edit[] {
  const section = sectionsOf(module).find(({ id }) => id === SectionId.data);
  const edits = dataSegments(module).flatMap(({ length, start, end }, segment): Edit[] => {
    const isSet = filled.some((one) => one.segment === segment);
    if (isSet || !ZEROES.test(linking.segments[segment]?.name ?? '')) return [];
    if (module.subarray(start, end).some((byte) => byte !== 0)) return [];
    return [{ at: length, remove: end - length, bytes: uleb(0) }];
  });
  return section === undefined || edits.length === 0 ? [] : [resized(section, growth(edits)), ...edits];
}

/** The section that says what depends on the place of the instance's data, of a module that has any. */
function sectionOf(
  module: Uint8Array,
  linking: Linking,
  filled: readonly Filled[],
  objects: ReadonlyMap<string, Uint8Array>,
): number[] {
  const segment = linking.segments.findIndex(({ name }) => name === INSTANCE_DATA);
  const bytes = dataSegments(module)[segment];
  if (bytes === undefined) return [];
  const start = filled.find((one) => one.segment === segment)?.address;
  if (start === undefined)
    throw new LostbitError('E_LINK', `the linker does not say where ${INSTANCE_DATA} is`);
  const isInside = ({ symbol }: Relocation) => linking.symbols[symbol]?.place?.segment === segment;
  const content = instanceDataSection(
    {
      start,
      end: start + bytes.end - bytes.start,
      align: linking.segments[segment]!.align,
      pointers: pointersIn(module, linking, segment, isInside, objects).map((at) => start + at - bytes.start),
      instructions: instructionsAt(module, relocationsIn(module, SectionId.code).filter(isInside)),
    },
    codeSection(module).start,
  );
  return [SectionId.custom, ...uleb(content.length), ...content];
}

/** Where words in a segment point into it, ascending; bytes from the module's start. */
function pointersIn(
  module: Uint8Array,
  linking: Linking,
  segment: number,
  isInside: (relocation: Relocation) => boolean,
  objects: ReadonlyMap<string, Uint8Array>,
): number[] {
  const segments = dataSegments(module);
  const pointers: number[] = [];
  for (const relocation of relocationsIn(module, SectionId.data)) {
    const { offset, type } = relocation;
    const at = segments.findIndex(({ start, end }) => start <= offset && offset + 4 <= end);
    const symbol = linking.symbols[relocation.symbol];
    if (
      type === RelocationType.distanceWord ? isInside(relocation) === (at === segment) : !isInside(relocation)
    )
      continue;
    if (type === RelocationType.addressWord && at === segment) pointers.push(offset);
    else {
      const place = { segment: at, offset: offset - (segments[at]?.start ?? 0) };
      throw sharedPointer(linking, place, symbol, objects);
    }
  }
  return pointers.sort((a, b) => a - b);
}

/** A word of data that all machines share, with an address that each machine has one of. */
function sharedPointer(
  { symbols, segments }: Linking,
  place: { readonly segment: number; readonly offset: number },
  target: LinkerSymbol | undefined,
  objects: ReadonlyMap<string, Uint8Array>,
): LostbitError {
  const holder = symbols.find(
    ({ place: one }) =>
      one?.segment === place.segment && one.offset <= place.offset && place.offset < one.offset + one.size,
  );
  const named = (symbol: LinkerSymbol) => `'${symbol.name}'${unitOf(symbol, objects)}`;
  const what = holder === undefined ? `data in ${segments[place.segment]?.name}` : named(holder);
  return new LostbitError(
    'E_LINK',
    `${what}: all machines share it, and it points to ${target === undefined ? 'data' : named(target)}, of which each machine has its own`,
    { hint: `put it into each machine too: __attribute__((section("${INSTANCE_DATA}")))` },
  );
}

/** Which C file defines a symbol, as far as one alone does. */
function unitOf({ name }: LinkerSymbol, objects: ReadonlyMap<string, Uint8Array>): string {
  const units = [...objects].filter(([, object]) =>
    linkingOf(object)?.symbols.some((symbol) => symbol.name === name && symbol.place !== null),
  );
  return units.length === 1 ? ` of ${units[0]![0].replace(/\.o$/, '.c')}` : '';
}

/** The instructions that have relocated numbers, ascending; bytes from the module's start. */
function instructionsAt(module: Uint8Array, relocations: readonly Relocation[]): number[] {
  const sorted = relocations.toSorted((a, b) => a.offset - b.offset);
  const found: number[] = [];
  let next = 0;
  for (const body of codeSection(module).bodies) {
    if ((sorted[next]?.offset ?? module.length) >= body.end) continue;
    for (const { offset, end, opcode } of instructionsOf(module, body)) {
      const relocation = sorted[next];
      if (relocation === undefined || relocation.offset >= end) continue;
      const expected = opcode === Opcode.i32Const ? RelocationType.addressSleb : RelocationType.addressLeb;
      if (relocation.offset <= offset || relocation.type !== expected) throw misplaced(relocation);
      found.push(offset);
      next++;
    }
  }
  const left = sorted[next];
  if (left !== undefined) throw misplaced(left);
  return found;
}

const misplaced = ({ type, offset }: Relocation) =>
  new LostbitError(
    'E_LINK',
    `the linker has put an address where none is expected (relocation ${type} at byte ${offset})`,
  );
