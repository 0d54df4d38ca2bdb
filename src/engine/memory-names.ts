// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import type { DebugInfo } from '../layout/debug-info.js';
import { type ArrayType, bare, type StructType, type Type, VOID } from '../layout/types.js';
import type { Machine } from '../machine/machine.js';
import { memoized } from '../memoized.js';
import { type Allocation, allocationAt, arenaStart, heapAt, type Words } from './heap.js';
import { rootObjects } from './locate.js';
import { sharedCpus } from './shared-cpus.js';
import { type Names, offsetOf, ownVariables } from './variables.js';

/** Memory that a path leads to: an object, or as many as were allocated together. */
export interface NamedMemory {
  /** The path, from one of the scenario's names or from a variable: `A`, `A.vconfig`, `registry.devices`. */
  readonly name: string;
  /** What lies there; void: unknown. */
  readonly type: Type;
  readonly address: number;
  /** From there on; more than the type's size where it ends in an array without a length. */
  readonly bytes: number;
}

interface View extends NamedMemory {
  readonly depth: number;
  /** In the order they were found. */
  readonly found: number;
}

/** Most pointers in a row: longer names are of no help. */
const deepest = 8;
/** Objects that get a name. */
const mostViews = 4096;
/** Elements of an array whose pointers are followed. */
const mostElements = 256;
/** Bytes of memory of no known type that are looked through for pointers. */
const mostUntyped = 1024;
const pointerBytes = 4;

/** A pointer in an object. */
interface Slot {
  readonly offset: number;
  /** From the object: `.vdev.dev_set`, `.barmap[2]`. */
  readonly path: string;
  readonly target: Type;
}

/** The pointers that a type holds. */
const slotsOf = memoized((type: Type): readonly Slot[] => [...slotsIn(type, 0, '')]);

function* slotsIn(type: Type, offset: number, path: string): Generator<Slot> {
  const inner = bare(type);
  if (inner.kind === 'pointer') {
    if (inner.size === pointerBytes && bare(inner.target).kind !== 'function')
      yield { offset, path, target: inner.target };
  } else if (inner.kind === 'array') {
    const count = Math.min(inner.count ?? 0, mostElements);
    if (!holdsPointers(inner.element)) return;
    for (let i = 0; i < count; i++)
      yield* slotsIn(inner.element, offset + i * inner.element.size, `${path}[${i}]`);
  } else if (inner.kind === 'struct' || inner.kind === 'union') {
    for (const member of inner.members) {
      if (member.bits !== null) continue;
      const own = member.name === null || member.name === '' ? '' : `.${member.name}`;
      yield* slotsIn(member.type, offset + member.offset, path + own);
    }
  }
}

function holdsPointers(type: Type): boolean {
  const inner = bare(type);
  if (inner.kind === 'array') return holdsPointers(inner.element);
  if (inner.kind === 'struct' || inner.kind === 'union')
    return inner.members.some((member) => holdsPointers(member.type));
  return inner.kind === 'pointer';
}

/**
 * Names memory by the paths that lead there: from a scenario's names and the subject's variables, or else from the kernel's own,
 * along pointers, each typed as the module's debug information says. Breadth first, so that the shortest path names an object;
 * and of an object only what the allocator has given out, so that no stale or wild pointer leads anywhere else. Memory is
 * never given out twice: what an address was once the name of, it stays that of.
 */
export class MemoryNames {
  readonly #machine: Machine;
  readonly #names: Names;
  readonly #instance: number;
  readonly #words: Words;
  readonly #origin: (allocation: Allocation) => string | null;
  /** What was found before something happened. */
  readonly #before: MemoryNames | null;
  #walked = false;
  #isDone = false;
  #allocations: readonly Allocation[] = [];
  /** By where their allocation begins. */
  readonly #views = new Map<number, View[]>();
  /** Whose name a path is. */
  readonly #paths = new Map<string, number>();
  #count = 0;
  /** What was asked for before. */
  readonly #found = new Map<number, View | null>();

  /**
   * @param words what lies at an address, or has lain there, as little-endian u32.
   * @param origin says where an allocation comes from that no path leads to.
   */
  constructor(
    machine: Machine,
    names: Names,
    instance: number,
    words: Words,
    origin: (allocation: Allocation) => string | null = () => null,
    before: MemoryNames | null = null,
  ) {
    this.#machine = machine;
    this.#names = names;
    this.#instance = instance;
    this.#words = words;
    this.#origin = origin;
    this.#before = before;
  }

  /** The same after memory has changed: what had a name keeps it. Memory is read when a name is first asked for. */
  after(words: Words, origin: (allocation: Allocation) => string | null): MemoryNames {
    return new MemoryNames(this.#machine, this.#names, this.#instance, words, origin, this);
  }

  /** The object that an address lies in; `null` where no path leads to one. */
  objectAt(address: number): NamedMemory | null {
    return this.#find(address);
  }

  /**
   * `A.vconfig[5]`, `A.pdev.dev.mutex`: the innermost member that begins at an address or covers it. Where no path leads,
   * what the memory is, and where in it: `[64 bytes allocated by 'logger']+0x8`; the address in hexadecimal where that is
   * not known either. `header(A.vconfig)` is what the allocator keeps of it.
   */
  nameOf(address: number): string {
    const object = this.#find(address);
    return object === null ? this.#unnamed(address) : nameWithin(object, address - object.address);
  }

  /** The same of a lock: one that an object begins with is not the object. */
  lockNameOf(address: number): string {
    const object = this.#find(address);
    if (object === null || object.address !== address) return this.nameOf(address);
    return object.name + firstLock(object.type);
  }

  #unnamed(address: number): string {
    this.#walk();
    const allocation = allocationAt(this.#allocations, address);
    if (allocation === null) return this.#header(address) ?? hex(address);
    if (this.#before !== null && allocationAt(this.#before.#allocations, address) !== null)
      return this.#before.#unnamed(address);
    const origin = this.#origin(allocation);
    const what = `[${allocation.bytes} bytes${origin === null ? '' : ` ${origin}`}]`;
    return what + offsetText(address - allocation.address);
  }

  /** What the allocator keeps in front of an object, if an address is of that. */
  #header(address: number): string | null {
    const header = this.#machine.debugInfo.struct('header', 'slab.c');
    const behind = allocationAt(this.#allocations, address + header.size);
    const offset = behind === null ? -1 : address + header.size - behind.address;
    if (behind === null || offset >= header.size) return null;
    const object = this.#find(behind.address);
    const name = object?.address === behind.address ? object.name : this.nameOf(behind.address);
    return `header(${name})${memberAt(header, offset)}`;
  }

  /** What all machines share, if an address is of that. */
  #variable(address: number): View | null {
    const variable = this.#machine.debugInfo.variableAt(address);
    if (variable === null) return null;
    const { name, owner, type } = variable;
    const path = owner === null ? name : `${owner.name}().${name}`;
    return { name: path, type, address: variable.address, bytes: type.size, depth: 0, found: 0 };
  }

  #find(address: number): View | null {
    const before = this.#found.get(address);
    if (before !== undefined) return before;
    const found = this.#look(address);
    // While the walk is under way, there may be better ones to come.
    if (this.#isDone) this.#found.set(address, found);
    return found;
  }

  #look(address: number): View | null {
    const known = this.#before === null ? null : this.#before.#find(address);
    if (known !== null) return known;
    this.#walk();
    return this.#best(address) ?? this.#variable(address);
  }

  #best(address: number): View | null {
    const allocation = allocationAt(this.#allocations, address);
    const views = this.#views.get(allocation?.address ?? address) ?? [];
    const covering = views.filter((view) => address >= view.address && address < view.address + view.bytes);
    return covering.sort((a, b) => rank(b) - rank(a) || a.found - b.found)[0] ?? null;
  }

  /** A view that is known of just this object. */
  #known(key: number, address: number, type: Type): View | null {
    const own = this.#views.get(key)?.find((view) => view.address === address && isSame(view.type, type));
    if (own !== undefined) return own;
    return this.#before === null ? null : this.#before.#known(key, address, type);
  }

  #owner(path: string): number | undefined {
    const own = this.#paths.get(path);
    return own !== undefined || this.#before === null ? own : this.#before.#owner(path);
  }

  #walk(): void {
    if (this.#walked) return;
    this.#walked = true;
    if (this.#before !== null) this.#before.#walk();
    const machine = this.#machine;
    const start = arenaStart(machine, this.#instance);
    const { allocations } = heapAt(machine, start, this.#words);
    this.#allocations = allocations;

    const seen = new Set<View>();
    const untyped: View[] = [];
    const follow = (queue: View[]) => {
      for (const view of queue) {
        if (seen.has(view) || view.depth >= deepest) continue;
        seen.add(view);
        for (const { offset, path, target } of pointersIn(view)) {
          // What the stub kernel notes of every object, or of every lock, is no path to one.
          if (isNote(target)) continue;
          for (const value of this.#words(view.address + offset)) {
            const child = this.#behind(view, path, target, value);
            if (child === null || seen.has(child)) continue;
            (bare(child.type).kind === 'void' ? untyped : queue).push(child);
          }
        }
      }
    };
    const roots = [...rootObjects(machine, this.#names, this.#instance, this.#words)];
    follow(
      roots.map(({ name, struct, address }) => {
        const whole = this.#whole(struct, address);
        return this.#add(name, whole, address, whole.size, 0);
      }),
    );
    follow(
      ownVariables(machine).map((variable) => {
        const { name, type } = variable;
        return this.#add(name, type, start + offsetOf(machine, variable), type.size, 0);
      }),
    );
    const arena = machine.debugInfo.struct('stub_arena');
    this.#add('arena', arena, start, arena.size, 0);
    const lanes = lanesOf(machine, start, this.#words);
    if (lanes !== null) this.#add('lane', lanes.type, lanes.address, lanes.type.size, 0);
    const { address: cpus, type } = sharedCpus(machine, this.#instance, this.#words);
    if (cpus !== 0) this.#add('cpu', type, cpus, type.size, 0);
    // A view with a type is better.
    for (let i = 0; i < untyped.length && this.#count < mostViews; i++) follow([untyped[i]!]);
    this.#isDone = true;
  }

  #behind(holder: View, path: string, pointed: Type, value: number): View | null {
    const target = this.#whole(pointed, value);
    const type = bare(target);
    const untyped = type.size === 0 || type.kind === 'void' || type.kind === 'unknown';
    // The low bits of a pointer often mean something else.
    const address = untyped ? value - (value % pointerBytes) : value;
    const allocation = allocationAt(this.#allocations, address);
    if (allocation === null || this.#count >= mostViews) return null;
    const room = allocation.address + allocation.bytes - address;
    const isWhole = address === allocation.address;
    if (untyped) {
      if (this.#best(address) !== null || (bare(holder.type).kind === 'void' && !isWhole)) return null;
      const name = bare(holder.type).kind === 'void' ? `*(${holder.name}${path})` : holder.name + path;
      return this.#child(holder, name, VOID, address, room);
    }
    const isList = (type.kind === 'struct' || type.kind === 'union') && refersToItself(type);
    const isMany =
      type.kind === 'struct' || type.kind === 'union'
        ? isWhole && !isList && !endsOpen(type) && room >= 2 * type.size && room % type.size === 0
        : type.kind !== 'array';
    const name = holder.name + path;
    if (!isMany) {
      const open = endsOpen(type);
      return this.#child(holder, name, target, address, open ? room : Math.min(type.size, room));
    }
    const count = Math.floor(room / type.size);
    if (count === 0) return null;
    const many: ArrayType = { kind: 'array', element: target, count, size: count * type.size };
    return this.#child(holder, name, many, address, many.size);
  }

  /** The type of what is at an address, along with what the stub kernel keeps behind it. */
  #whole(type: Type, address: number): Type {
    const inner = bare(type);
    const larger =
      inner.kind === 'struct' ? largerOf(this.#machine.debugInfo).get(inner.name ?? '') : undefined;
    if (larger === undefined) return type;
    const allocation = allocationAt(this.#allocations, address);
    return allocation?.address === address && allocation.bytes >= larger.size ? larger : type;
  }

  #child(holder: View, name: string, type: Type, address: number, bytes: number): View | null {
    const known = this.#known(this.#key(address), address, type);
    if (known !== null) return known;
    // A part of what is there already needs no name of its own.
    const within = this.#find(address);
    if (within !== null && rank(within) > rankOf(type) && address + bytes <= within.address + within.bytes)
      return null;
    return this.#add(name, type, address, bytes, holder.depth + 1);
  }

  #add(path: string, type: Type, address: number, bytes: number, depth: number): View {
    const key = this.#key(address);
    const known = this.#known(key, address, type);
    if (known !== null) return known;
    let name = path;
    // One path leads to one object after the other.
    for (let nth = 2; (this.#owner(name) ?? address) !== address; nth++) name = `${path}#${nth}`;
    this.#paths.set(name, address);
    const view: View = { name, type, address, bytes, depth, found: this.#count++ };
    const there = this.#views.get(key);
    if (there === undefined) this.#views.set(key, [view]);
    else there.push(view);
    return view;
  }

  #key(address: number): number {
    return allocationAt(this.#allocations, address)?.address ?? address;
  }
}

/** The stub kernel's structs that begin with one of a kernel's, which alone is what pointers are to. */
const around = ['stub_function'];

/** By the tag of the kernel's struct: one that has its members, and those of the struct around it. */
const largerOf = memoized((debugInfo: DebugInfo): ReadonlyMap<string, StructType> => {
  const all = around.flatMap((tag) => {
    const outer = structOf(debugInfo, tag);
    const [first, ...others] = outer?.members ?? [];
    const inner = first === undefined ? undefined : bare(first.type);
    if (outer === null || inner?.kind !== 'struct' || inner.name === null) return [];
    const larger: StructType = { ...inner, size: outer.size, members: [...inner.members, ...others] };
    return [[inner.name, larger] as const];
  });
  return new Map(all);
});

function structOf(debugInfo: DebugInfo, tag: string): StructType | null {
  try {
    return debugInfo.struct(tag);
  } catch {
    // A program that has no use for it is linked without.
    return null;
  }
}

/** The parts of an arena that tasks have to themselves; `null` where there are none. */
function lanesOf(machine: Machine, start: number, words: Words): { address: number; type: ArrayType } | null {
  const arena = machine.debugInfo.struct('stub_arena');
  const element = machine.debugInfo.struct('stub_lane');
  const wordOf = (name: string) =>
    words(start + (arena.members.find((member) => member.name === name)?.offset ?? 0)).at(-1) ?? 0;
  const [address, count] = [wordOf('lanes'), wordOf('nr_lanes')];
  if (address === 0 || count === 0) return null;
  return { address, type: { kind: 'array', element, count, size: count * element.size } };
}

function* pointersIn({ type, bytes }: View): Generator<Slot> {
  const inner = bare(type);
  if (inner.kind === 'void') {
    for (let offset = 0; offset + pointerBytes <= Math.min(bytes, mostUntyped); offset += pointerBytes)
      yield { offset, path: offsetText(offset), target: VOID };
  } else if (inner.kind === 'array') {
    yield* slotsIn(inner, 0, '');
  } else yield* slotsOf(type);
}

/** How informative a view of memory is, compared to others that cover it too. */
const rank = ({ type, depth }: View): number =>
  depth === 0 && bare(type).kind !== 'void' ? Number.MAX_SAFE_INTEGER : rankOf(type);

function rankOf(type: Type): number {
  const inner = bare(type);
  if (inner.kind === 'void') return -1;
  const element = inner.kind === 'array' ? bare(inner.element) : inner;
  return element.kind === 'struct' || element.kind === 'union' ? element.size : 0;
}

function isSame(one: Type, other: Type): boolean {
  const [a, b] = [bare(one), bare(other)];
  return a === b || (a.kind === 'array' && b.kind === 'array' && isSame(a.element, b.element));
}

/** Does a struct end in an array without a length? */
export function endsOpen(type: Type): boolean {
  const inner = bare(type);
  if (inner.kind === 'array') return inner.count === null || inner.count === 0;
  const last = inner.kind === 'struct' ? inner.members.at(-1) : undefined;
  return last !== undefined && endsOpen(last.type);
}

/** So do links of a list: what they lie in is another struct, and they are no elements of an array. */
const refersToItself = memoized((type: StructType): boolean =>
  slotsOf(type).some(({ target }) => bare(target) === type),
);

function nameWithin({ name, type }: NamedMemory, offset: number): string {
  return bare(type).kind === 'void' ? name + offsetText(offset) : name + memberAt(type, offset, true);
}

/** `.member[index].member` to the innermost struct or scalar that begins at or covers the offset. */
export function memberAt(type: Type, offset: number, isElement = false): string {
  const inner = bare(type);
  if (inner.kind === 'array') {
    if ((offset === 0 && !isElement) || inner.element.size === 0) return '';
    const index = Math.floor(offset / inner.element.size);
    return `[${index}]${memberAt(inner.element, offset - index * inner.element.size)}`;
  }
  if (offset === 0 || (inner.kind !== 'struct' && inner.kind !== 'union')) return '';
  const member = inner.members.findLast((candidate) => candidate.offset <= offset);
  if (member === undefined) return '';
  const own = member.name === null || member.name === '' ? '' : `.${member.name}`;
  return own + memberAt(member.type, offset - member.offset);
}

/** The kernel's types of locks and of what is waited for. */
const lockTypes: ReadonlySet<string> = new Set([
  'spinlock',
  'spinlock_t',
  'raw_spinlock',
  'raw_spinlock_t',
  'rwlock_t',
  'mutex',
  'rw_semaphore',
  'semaphore',
  'completion',
  'seqlock_t',
  'wait_queue_head',
]);

/** `.tx_lock`: the member that a type begins with, where that is a lock; empty where it does not, or is one. */
export function firstLock(type: Type): string {
  if (isLockType(type)) return '';
  const inner = bare(type);
  if (inner.kind === 'array') {
    const within = firstLock(inner.element);
    return isLockType(inner.element) || within !== '' ? `[0]${within}` : '';
  }
  if (inner.kind !== 'struct') return '';
  const first = inner.members.find(({ offset }) => offset === 0);
  if (first === undefined) return '';
  const within = firstLock(first.type);
  if (!isLockType(first.type) && within === '') return '';
  return (first.name === null || first.name === '' ? '' : `.${first.name}`) + within;
}

function isLockType(type: Type): boolean {
  if (type.kind === 'typedef' && lockTypes.has(type.name)) return true;
  const inner = bare(type);
  return inner.kind === 'struct' && inner.name !== null && lockTypes.has(inner.name);
}

export const hex = (value: number) => `0x${value.toString(16)}`;
const offsetText = (offset: number) => `+${hex(offset)}`;

/** What the allocator records while it is watched, and what the order of locks is known by. */
const notes: readonly string[] = ['stub_allocation', 'stub_order_edge'];

function isNote(target: Type): boolean {
  const type = bare(target);
  return type.kind === 'struct' && notes.includes(type.name ?? '');
}
