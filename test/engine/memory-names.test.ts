// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { describe, expect, test } from 'vitest';
import type { Words } from '../../src/engine/heap.js';
import { wordsOf } from '../../src/engine/heap.js';
import { MemoryNames } from '../../src/engine/memory-names.js';
import type { PlacedVariable } from '../../src/layout/debug-info.js';
import { type Member, pointerTo, type StructType, type Type, VOID } from '../../src/layout/types.js';
import type { Machine } from '../../src/machine/machine.js';
import type { StructView } from '../../src/machine/struct-view.js';

const u8: Type = { kind: 'base', name: 'unsigned char', size: 1, encoding: 'unsigned' };
const u32: Type = { kind: 'base', name: 'unsigned int', size: 4, encoding: 'unsigned' };
const to = (resolve: () => Type) => pointerTo(4, resolve);
const many = (element: Type, count: number | null): Type => ({
  kind: 'array',
  element,
  count,
  size: element.size * (count ?? 0),
});

/** A struct of members one behind the other, none with a hole in front. */
function struct(name: string, members: Readonly<Record<string, Type>>): StructType {
  let size = 0;
  const laid = Object.entries(members).map(([name, type]): Member => {
    const member = { name, type, offset: size, bit: null, bits: null, storage: null };
    size += type.size;
    return member;
  });
  return { kind: 'struct', name, size, complete: true, members: laid };
}

const region = struct('region', { type: u32, flags: u32, data: to(() => u8) });
const ctx = struct('ctx', { count: u32 });
const list: StructType = struct('list', { next: to(() => list), prev: to(() => list) });
const node: StructType = struct('node', { value: u32, next: to(() => node), head: list });
const table = struct('table', { size: u32, entry: many(u32, null) });
const callback: Type = { kind: 'function', size: 0, returns: VOID, parameters: [], variadic: false };
const device = struct('vfio_pci_core_device', {
  vconfig: to(() => u8),
  region: to(() => region),
  trigger: to(() => ctx),
  vectors: many(
    to(() => ctx),
    3,
  ),
  ring: to(() => node),
  items: list,
  table: to(() => table),
  priv: to(() => VOID),
  opaque: to(() => ({ ...struct('opaque', {}), complete: false })),
  release: to(() => callback),
});
const policy = struct('policy', { nointx: u32, idle_d3: u32 });
const kinds = {
  stub_lane: struct('stub_lane', { next: u32, end: u32, last: u32 }),
  header: struct('header', { bytes: u32, mark: u32 }),
  stub_cpu: struct('stub_cpu', { hard: u32, soft: u32 }),
};
const arenaType = struct('stub_arena', {
  lock: u32,
  end: u32,
  first: kinds.stub_lane,
  nr_lanes: u32,
  lanes: u32,
  own: u32,
  first_object: u32,
  cpus: u32,
});
const start = 0x1000;

/** Variables as they are linked: those of a machine, and one that all share. */
const linked = { start: 0x400, end: 0x500 };
const variables: readonly PlacedVariable[] = [
  { name: 'root', unit: 'port.c', address: 0x400, type: to(() => device), owner: null },
  { name: 'policy', unit: 'port.c', address: 0x410, type: policy, owner: null },
  { name: 'count', unit: 'port.c', address: 0x420, type: u32, owner: { name: 'open', returns: u32 } },
  { name: 'registry', unit: 'kernel/driver.c', address: 0x430, type: node, owner: null },
  { name: 'shared', unit: 'kernel/driver.c', address: 0x600, type: policy, owner: null },
];
const own = { ...linked, align: 4, pointers: [], instructions: [] };
const ownAt = Math.ceil(arenaType.size / 64) * 64;

/** Memory with a heap such as the stub kernel's, and a device A in it. */
class Heap {
  readonly memory = new WebAssembly.Memory({ initial: 8, maximum: 8, shared: true });
  readonly view = new DataView(this.memory.buffer);
  #next = start + ownAt + linked.end - linked.start;
  #last = 0;
  readonly device: number;

  constructor() {
    this.#arena('end', this.memory.buffer.byteLength);
    this.#arena('own', start + ownAt);
    this.#arena('first_object', this.#next);
    this.device = this.make(device.size);
    this.set(this.copyOf('root'), this.device);
  }

  #arena(field: string, value: number): void {
    this.set(start + arenaType.members.find(({ name }) => name === field)!.offset, value);
  }

  set(address: number, value: number): void {
    this.view.setUint32(address, value, true);
  }

  /** An allocation of so many bytes; its address. */
  make(bytes: number): number {
    const header = this.#next;
    this.set(header, bytes);
    this.set(header + 4, 0xa110_0000 | (this.#last === 0 ? 0 : (header - this.#last) / 8));
    this.#last = header;
    this.#next = header + 8 + Math.ceil(bytes / 8) * 8;
    this.set(start + 8 + 8, header);
    return header + 8;
  }

  /** Where the machine's own copy of a variable is. */
  copyOf(name: string): number {
    return start + ownAt + variables.find((one) => one.name === name)!.address - linked.start;
  }

  /** A field of A is set. */
  point(field: string, value: number, index = 0): void {
    this.set(this.device + device.members.find(({ name }) => name === field)!.offset + 4 * index, value);
  }

  names(words: Words = wordsOf(this.memory)): MemoryNames {
    const { memory } = this;
    const instances = { start, stride: 0, count: 1 } as Readonly<Record<string, number>>;
    const machine = {
      memory,
      global: () => ({ get: (name: string) => instances[name] }) as unknown as StructView,
      own,
      program: { own: ['port.c'] },
      debugInfo: {
        struct: (name: string) =>
          name === 'stub_arena' ? arenaType : (kinds as Readonly<Record<string, StructType>>)[name]!,
        variables: () => variables,
        variableAt: (address: number) =>
          variables.find(
            (one) => address >= one.address && address < one.address + Math.max(one.type.size, 1),
          ) ?? null,
      },
    } as unknown as Machine;
    return new MemoryNames(machine, { A: 'root' }, 0, words, () => 'allocated in the set-up');
  }
}

describe('memory is named by the path that leads there', () => {
  test('with the index, in an array behind a pointer', () => {
    const heap = new Heap();
    const [vconfig, regions] = [heap.make(256), heap.make(3 * region.size)];
    const data = heap.make(16);
    heap.point('vconfig', vconfig);
    heap.point('region', regions);
    heap.set(regions + 2 * region.size + 8, data);
    const names = heap.names();
    expect(names.nameOf(heap.device)).toBe('A');
    expect(names.nameOf(vconfig)).toBe('A.vconfig[0]');
    expect(names.nameOf(vconfig + 255)).toBe('A.vconfig[255]');
    expect(names.nameOf(regions + 4)).toBe('A.region[0].flags');
    expect(names.nameOf(regions + region.size + 4)).toBe('A.region[1].flags');
    expect(names.nameOf(data + 5)).toBe('A.region[2].data[5]');
    expect(names.objectAt(vconfig + 7)).toMatchObject({ name: 'A.vconfig', address: vconfig, bytes: 256 });
  });

  test('of one object by its member, of pointers in an array by their index, and behind a length', () => {
    const heap = new Heap();
    const [one, other, entries] = [heap.make(ctx.size), heap.make(ctx.size), heap.make(4 + 5 * 4)];
    heap.point('trigger', one);
    heap.point('vectors', other, 2);
    heap.point('table', entries);
    const names = heap.names();
    expect(names.nameOf(one)).toBe('A.trigger');
    expect(names.nameOf(other)).toBe('A.vectors[2]');
    expect(names.nameOf(entries + 4 + 3 * 4)).toBe('A.table.entry[3]');
  });

  test('which is the shortest, and goes round no ring', () => {
    const heap = new Heap();
    const nodes = Array.from({ length: 4 }, () => heap.make(node.size));
    for (const [i, at] of nodes.entries()) heap.set(at + 4, nodes[(i + 1) % 4]!);
    heap.point('ring', nodes[0]!);
    const names = heap.names();
    expect(nodes.map((at) => names.nameOf(at))).toEqual([
      'A.ring',
      'A.ring.next',
      'A.ring.next.next',
      'A.ring.next.next.next',
    ]);
    expect(names.nameOf(nodes[1]! + 12)).toBe('A.ring.next.head.prev');
  });

  test('which ends somewhere: a long list takes no time, and what is far away is named as that', () => {
    const heap = new Heap();
    let last = heap.make(node.size);
    heap.point('ring', last);
    for (let i = 0; i < 10_000; i++) {
      const next = heap.make(node.size);
      heap.set(last + 4, next);
      last = next;
    }
    const started = performance.now();
    expect(heap.names().nameOf(last + 4)).toBe(`[${node.size} bytes allocated in the set-up]+0x4`);
    expect(performance.now() - started).toBeLessThan(5000);
  });

  test('of what links of a list lie in, by the link', () => {
    const heap = new Heap();
    const item = heap.make(48);
    heap.point('items', item + 16);
    const names = heap.names();
    // No array of links, though six have room there.
    expect(names.nameOf(item + 20)).toBe('A.items.next.prev');
    expect(names.nameOf(item + 40)).toBe('[48 bytes allocated in the set-up]+0x28');
  });

  test('without a type by the bytes, and from there to what it points to', () => {
    const heap = new Heap();
    const [priv, inner, opaque] = [heap.make(24), heap.make(8), heap.make(8)];
    heap.point('priv', priv + 1); // with a mark in the lowest bit
    heap.set(priv + 8, inner);
    heap.point('opaque', opaque);
    heap.point('release', inner);
    const names = heap.names();
    expect(names.nameOf(priv + 12)).toBe('A.priv+0xc');
    expect(names.nameOf(inner + 4)).toBe('*(A.priv+0x8)+0x4');
    expect(names.nameOf(opaque)).toBe('A.opaque+0x0');
  });

  test('and by none that is NULL, dangling, or wild', () => {
    const heap = new Heap();
    const spare = heap.make(32);
    heap.point('vconfig', 0);
    heap.point('region', 0xdead_beef);
    heap.point('trigger', 0x10); // in front of the heap
    heap.point('ring', spare - 4); // into the allocator's own header
    heap.point('table', heap.memory.buffer.byteLength - 2);
    const names = heap.names();
    for (const address of [0, 0x10, 0xdead_beef, spare - 4]) expect(names.objectAt(address)).toBe(null);
    expect(names.nameOf(0xdead_beef)).toBe('0xdeadbeef');
    expect(names.nameOf(spare + 4)).toBe('[32 bytes allocated in the set-up]+0x4');
  });

  test('of the allocator’s own by the object behind it', () => {
    const heap = new Heap();
    const vconfig = heap.make(64);
    heap.point('vconfig', vconfig);
    const spare = heap.make(32);
    const names = heap.names();
    expect(names.nameOf(vconfig - 8)).toBe('header(A.vconfig)');
    expect(names.nameOf(vconfig - 4)).toBe('header(A.vconfig).mark');
    expect(names.nameOf(spare - 4)).toBe('header([32 bytes allocated in the set-up]+0x0).mark');
  });

  test('whatever was written over the heap', () => {
    const heap = new Heap();
    const vconfig = heap.make(64);
    heap.point('vconfig', vconfig);
    for (const mark of [0xffff_ffff, 0xa110_0000, 0xa11f_ffff])
      for (const bytes of [0, 0xffff_ffff, 64]) {
        heap.set(vconfig - 4, mark);
        heap.set(vconfig - 8, bytes);
        expect(heap.names().nameOf(vconfig + 3)).toMatch(/^(A\.vconfig\[3\]|0x[0-9a-f]+|\[\d+ bytes.*)$/);
      }
  });
});

describe('a variable', () => {
  test('has its own name in the machine that has a copy of it, and where all share it', () => {
    const heap = new Heap();
    const next = heap.make(node.size);
    heap.set(heap.copyOf('registry') + 4, next);
    const names = heap.names();
    expect(names.nameOf(heap.copyOf('policy') + 4)).toBe('policy.idle_d3');
    expect(names.nameOf(heap.copyOf('count'))).toBe('open.count');
    expect(names.nameOf(heap.copyOf('registry') + 4)).toBe('registry.next');
    expect(names.nameOf(next)).toBe('registry.next');
    expect(names.nameOf(0x604)).toBe('shared.idle_d3');
    expect(names.nameOf(start)).toBe('arena');
  });
});

describe('what happens', () => {
  test('gives what it makes a name, and takes none away', () => {
    const heap = new Heap();
    const first = heap.make(ctx.size);
    heap.point('trigger', first);
    const before = heap.names(wordsOf(heap.memory));
    expect(before.nameOf(first)).toBe('A.trigger');

    const [second, third, lost] = [heap.make(ctx.size), heap.make(ctx.size), heap.make(40)];
    heap.point('trigger', 0); // ... after it was the second, and then the third
    const slot = heap.device + 8;
    const words: Words = (address) => [
      ...(address === slot ? [first, second, third] : []),
      heap.view.getUint32(address, true),
    ];
    const after = before.after(words, ({ bytes }) => `allocated by 'opener', ${bytes} of them`);
    expect(after.nameOf(first)).toBe('A.trigger');
    expect(after.nameOf(second)).toBe('A.trigger#2');
    expect(after.nameOf(third)).toBe('A.trigger#3');
    expect(after.nameOf(lost + 8)).toBe("[40 bytes allocated by 'opener', 40 of them]+0x8");
  });
});
