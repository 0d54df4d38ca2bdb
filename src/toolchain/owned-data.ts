// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { applyEdits, type Edit, growth, resized } from '../wasm/edits.js';
import { INSTANCE_DATA } from '../wasm/instance-data.js';
import { uleb } from '../wasm/leb.js';
import { dataSegments, linkingOf, relocationsIn, SegmentFlag, type SegmentName } from '../wasm/linking.js';
import { SectionId, sectionsOf } from '../wasm/sections.js';

/** Segments of constants: `.rodata`, `.rodata.table`, `.init.rodata` … */
const CONSTANT = /(^|\.)rodata(\.|$)/;
const THREAD_LOCAL = /^\.t(?:data|bss)(?:\.|$)/;
/** How C asks where a section begins and ends. */
const BOUND = /^__(?:start|stop)_(.+)$/;

/**
 * Gives the data of some objects to the machines: each machine has a copy of their variables. All other objects stay as
 * they are, with what they have put into the section `instance_data` themselves.
 *
 * @param objects by file name.
 * @param owned which of them, by the path of the C file.
 */
export function ownedByInstances(
  objects: ReadonlyMap<string, Uint8Array>,
  owned: (unit: string) => boolean,
): Map<string, Uint8Array> {
  const isOwned = (name: string) => owned(name.replace(/\.o$/, '.c'));
  if (![...objects.keys()].some(isOwned)) return new Map(objects);
  const bounded = new Set([...objects.values()].flatMap(boundedSegments));
  return new Map(
    Array.from(objects, ([name, object]) => [
      name,
      isOwned(name) ? ownedByInstance(object, bounded) : object,
    ]),
  );
}

/** Segments that an object wants the bounds of. */
function boundedSegments(object: Uint8Array): string[] {
  const symbols = linkingOf(object)?.symbols ?? [];
  return symbols.flatMap(({ name, isDefined }) => (isDefined ? [] : (BOUND.exec(name)?.[1] ?? [])));
}

/**
 * Renames the segments of an object that a linker is to put into the instance's data: all but thread-local storage,
 * strings, and constants without addresses. Constants that point to data are copied too, since what they point to is.
 *
 * @param bounded segments that keep their names, since C asks where they begin.
 */
function ownedByInstance(object: Uint8Array, bounded: ReadonlySet<string>): Uint8Array {
  const linking = linkingOf(object);
  if (linking === null || linking.names === null) return object;
  const pointing = segmentsWithPointers(object);
  const isShared = ({ name, flags }: SegmentName, segment: number) =>
    (flags & (SegmentFlag.strings | SegmentFlag.threadLocal)) !== 0 ||
    THREAD_LOCAL.test(name) ||
    bounded.has(name) ||
    (CONSTANT.test(name) && !pointing.has(segment));
  const names = linking.segments
    .filter((one, segment) => !isShared(one, segment))
    .map(({ start, end }): Edit => ({ at: start, remove: end - start, bytes: instanceData }));
  if (names.length === 0) return object;
  const { size, counted, end } = linking.names;
  const part = { at: size, remove: counted - size, bytes: uleb(end - counted + growth(names)) };
  const section = sectionsOf(object).find(({ start, end }) => start < size && size < end)!;
  return applyEdits(object, [resized(section, growth([part, ...names])), part, ...names]).bytes;
}

const instanceData = [...uleb(INSTANCE_DATA.length), ...Buffer.from(INSTANCE_DATA)];

/** Segments in which addresses of data stand, by number. */
function segmentsWithPointers(object: Uint8Array): Set<number> {
  const segments = dataSegments(object);
  const pointing = relocationsIn(object, SectionId.data).map(({ offset }) =>
    segments.findIndex(({ start, end }) => start <= offset && offset < end),
  );
  return new Set(pointing);
}
