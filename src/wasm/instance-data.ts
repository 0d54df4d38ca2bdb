// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { memoized } from '../memoized.js';
import { uleb } from './leb.js';
import { moduleReader, SectionId, sectionsOf } from './sections.js';

/** The segment of data that each machine has a copy of, as sections of C and of objects name it. */
export const INSTANCE_DATA = 'instance_data';
/** The custom section that says of a linked module what depends on where such a copy lies. */
const SECTION = `lostbit.${INSTANCE_DATA}`;

/** What each machine has a copy of, and what has to be changed for a copy that lies elsewhere. Addresses are as linked. */
export interface InstanceData {
  readonly start: number;
  readonly end: number;
  /** Of a copy as well; a power of two. */
  readonly align: number;
  /** Addresses of the words of 32 bits inside that point inside. */
  readonly pointers: readonly number[];
  /** Instructions with an address inside, ascending; bytes from the module's start. */
  readonly instructions: readonly number[];
}

const nothing: InstanceData = { start: 0, end: 0, align: 1, pointers: [], instructions: [] };

/** What each machine has a copy of, of a linked module: of most modules nothing. Throws `E_BAD_MODULE`. */
export const instanceDataOf = memoized((module: Uint8Array): InstanceData => {
  const sections = sectionsOf(module);
  const section = sections.find(({ id, name }) => id === SectionId.custom && name === SECTION);
  const code = sections.find(({ id }) => id === SectionId.code);
  if (section === undefined) return nothing;
  const reader = moduleReader(module).seek(section.content);
  const [start, end, align] = [reader.uleb(), reader.uleb(), reader.uleb()];

  /** Ascending numbers from `low` on, each as its distance from the one before. */
  function ascending(low: number, high: number): number[] {
    const numbers: number[] = [];
    let last = low;
    for (let count = reader.uleb(); count > 0; count--) {
      last += reader.uleb();
      if (last > high || reader.position > section!.end)
        throw reader.bad('has wrong places of instance data');
      numbers.push(last);
    }
    return numbers;
  }

  const pointers = ascending(start, end - 4);
  const instructions = ascending(code?.content ?? 0, code?.end ?? 0);
  return { start, end, align, pointers, instructions };
});

/** The content of a custom section, its name included, for a module whose code section's content begins at `code`. */
export function instanceDataSection(
  { start, end, align, pointers, instructions }: InstanceData,
  code: number,
): number[] {
  const ascending = (numbers: readonly number[], low: number) =>
    numbers.flatMap((number, i) => uleb(number - (numbers[i - 1] ?? low)));
  return [
    ...[...uleb(SECTION.length), ...Buffer.from(SECTION)],
    ...[start, end, align].flatMap(uleb),
    ...[...uleb(pointers.length), ...ascending(pointers, start)],
    ...[...uleb(instructions.length), ...ascending(instructions, code)],
  ];
}
