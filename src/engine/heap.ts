// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import type { Machine } from '../machine/machine.js';
import { StructView } from '../machine/struct-view.js';
import { ownPath } from '../source/own-path.js';

/** The u32 at an address, little-endian: its value, or all values it has had. */
export type Words = (address: number) => readonly number[];

/** An object as the stub kernel's allocator has made it, freed or not. */
export interface Allocation {
  readonly address: number;
  readonly bytes: number;
}

export interface Heap {
  /** By address, ascending. */
  readonly allocations: readonly Allocation[];
  /** The copy of the variables that belong to a machine. */
  readonly own: Allocation;
}

/** Of the back link in an object's header: the bits that count, and the bytes of one of them (slab.c). */
const backBits = 0xf_ffff;
const granule = 8;
/** A chain that is longer has been written over. */
const longest = 1 << 20;

/** The words of memory as it is. */
export function wordsOf(memory: WebAssembly.Memory): Words {
  const view = new DataView(memory.buffer);
  return (address) => (address + 4 <= view.byteLength ? [view.getUint32(address, true)] : []);
}

/** A copy of the words of an arena, without the tasks' lanes. */
export function copiedWords(machine: Machine, instance: number): Words {
  const start = arenaStart(machine, instance);
  const arena = new StructView(machine.debugInfo.struct('stub_arena'), machine.memory, start);
  const bytes = Math.max(0, arena.get('first.next') - start);
  const view = new DataView(new Uint8Array(machine.memory.buffer, start, bytes).slice().buffer);
  return (address) => {
    const at = address - start;
    return at >= 0 && at + 4 <= bytes ? [view.getUint32(at, true)] : [];
  };
}

export function arenaStart(machine: Machine, instance: number): number {
  const instances = machine.global('lab_instances');
  return instances.get('start') + instance * instances.get('stride');
}

/** All objects of the arena at an address, itself included: each has a header in front, which leads to the one before. */
export function heapAt({ debugInfo, memory }: Machine, start: number, words: Words): Heap {
  const struct = (tag: string, unit?: string) => new StructView(debugInfo.struct(tag, unit), memory, 0);
  const [arena, lane] = [struct('stub_arena'), struct('stub_lane')];
  const header = struct('header', 'slab.c');
  const word = (address: number) => words(address).at(-1) ?? 0;
  const field = (at: number, of: StructView, path: string) => word(at + of.addressOf(path));
  const end = field(start, arena, 'end');

  const address = field(start, arena, 'own');
  const own = { address, bytes: Math.max(0, field(start, arena, 'first_object') - address) };
  const allocations: Allocation[] = [{ address: start, bytes: arena.type.size }, own];
  const lanes = [start + arena.addressOf('first.next') - lane.addressOf('next')];
  const more = field(start, arena, 'lanes');
  for (let i = 0; i < Math.min(field(start, arena, 'nr_lanes'), 64); i++)
    lanes.push(more + i * lane.type.size);
  for (const one of lanes) {
    let at = field(one, lane, 'last');
    for (let n = 0; n < longest && at > start && at < end; n++) {
      const address = at + header.type.size;
      const bytes = Math.min(field(at, header, 'bytes'), end - address);
      if (bytes > 0) allocations.push({ address, bytes });
      const back = (field(at, header, 'mark') & backBits) * granule;
      if (back === 0) break;
      at -= back;
    }
  }
  allocations.sort((a, b) => a.address - b.address);

  return { allocations, own };
}

/** The object that an address lies in, of those sorted by address. */
export function allocationAt(allocations: readonly Allocation[], address: number): Allocation | null {
  let [low, high] = [0, allocations.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (allocations[middle]!.address <= address) low = middle + 1;
    else high = middle;
  }
  const found = allocations[low - 1];
  return found !== undefined && address < found.address + found.bytes ? found : null;
}

/** The task and place that allocated an object, as the stub kernel recorded them; `null` where it did not. */
export function notedOrigin(machine: Machine, instance: number, { address }: Allocation): string | null {
  const { debugInfo, memory } = machine;
  const size = memory.buffer.byteLength;
  const arena = new StructView(debugInfo.struct('stub_arena'), memory, arenaStart(machine, instance));
  const struct = debugInfo.struct('stub_allocation', 'slab.c');
  let note = new StructView(struct, memory, arena.get('allocations'));
  for (let n = 0; n < longest && note.address > 0 && note.address + struct.size <= size; n++) {
    if (note.get('object') !== address) {
      note = new StructView(struct, memory, note.get('next'));
      continue;
    }
    const offsets = Array.from({ length: Math.min(note.get('frames'), 64) }, (_, i) =>
      note.get(`frame[${i}]`),
    );
    const caller = machine.stack(offsets).find(({ file }) => ownPath(file) !== 'kernel/slab.c');
    const task = note.getText('task', 16);
    return `allocated by ${task === '' ? 'the set-up' : `'${task}'`}${caller === undefined ? '' : ` in ${caller.function}`}`;
  }
  return null;
}
