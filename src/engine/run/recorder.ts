// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only

import type { Machine } from '../../machine/machine.js';
import { StructView } from '../../machine/struct-view.js';
import type { Context } from '../../scenario/scenario.js';
import type { Step } from '../../scenario/step.js';
import { copiedWords } from '../heap.js';
import type { Site } from '../instrument/sites.js';
import { taskContextOf } from '../kernel-names.js';
import { covers, type NamedObject, namedObjects, nameIn, namesNow } from '../locate.js';
import { MemoryNames } from '../memory-names.js';
import type { Names } from '../variables.js';

/** A lock that a task holds. */
export interface HeldLock {
  /** As a scenario's path names it, `A.memory_lock`; its address in hexadecimal where none does. */
  readonly name: string;
  /** Others may hold it at the same time: a semaphore down for reading. */
  readonly shared: boolean;
}

/** A write of an object that a scenario can name. */
export interface RecordedWrite {
  readonly object: NamedObject;
  /** Bytes from the object's start. */
  readonly offset: number;
  readonly bytes: number;
  readonly site: Site;
  readonly context: Context;
  /** The first taken first. */
  readonly locks: readonly HeldLock[];
  readonly step: Step;
}

/** Bytes from the start of a `struct stub_record`; of its first lock, and from one lock to the next. */
interface RecordPlaces {
  readonly size: number;
  readonly address: number;
  readonly bytes: number;
  readonly site: number;
  readonly context: number;
  readonly nr_held: number;
  readonly lock: number;
  readonly how: number;
  readonly held: number;
}

/** Writes of one step that there is room for. */
const room = 16_384;

/** The device whose an object is, by the object's name. */
export const deviceOf = (name: string): string => name.split('.')[0]!;

/** Records what the module's code writes while a machine runs step by step. */
export class Recorder {
  readonly #machine: Machine;
  readonly #sites: readonly Site[];
  readonly #records: number;
  readonly #at: RecordPlaces;
  #names: Names = {};
  /** Those before the step, which may free some. */
  #objects: NamedObject[] = [];
  #before: MemoryNames | null = null;

  /** @param machine must run code that reports its accesses with the numbers of these sites. */
  constructor(machine: Machine, sites: readonly Site[]) {
    this.#machine = machine;
    this.#sites = sites;
    const struct = machine.debugInfo.struct('stub_record');
    const first = new StructView(struct, machine.memory, 0);
    this.#at = {
      size: struct.size,
      address: first.addressOf('address'),
      bytes: first.addressOf('bytes'),
      site: first.addressOf('site'),
      context: first.addressOf('context'),
      nr_held: first.addressOf('nr_held'),
      lock: first.addressOf('held[0].lock'),
      how: first.addressOf('held[0].how'),
      held: first.addressOf('held[1].lock') - first.addressOf('held[0].lock'),
    };
    this.#records = machine.allocate(room * struct.size);
    const recorder = machine.global('stub_recorder');
    recorder.set('records', this.#records);
    recorder.set('room', room);
  }

  begin(names: Names): void {
    this.#names = names;
    this.#objects = [...namedObjects(this.#machine, names, 0)];
    this.#before = new MemoryNames(this.#machine, names, 0, copiedWords(this.#machine, 0));
    this.#machine.global('stub_recorder').set('count', 0);
  }

  /** What was written since then. */
  end(step: Step): RecordedWrite[] {
    const count = this.#machine.global('stub_recorder').get('count');
    if (count > room) throw new Error(`a step makes ${count} writes, and ${room} can be recorded`);
    const objects = [...this.#objects, ...namedObjects(this.#machine, this.#names, 0)].map((object) => ({
      object,
      device: deviceOf(object.name),
    }));
    const found = (address: number) => objects.find(({ object }) => covers(object, address)) ?? null;
    let memory: MemoryNames | null = null;
    // What several devices share is named by the device that is written, what no name begins at by the pointers that lead there.
    const lockName = (address: number, device: string) => {
      const own = objects.find((one) => one.device === device && covers(one.object, address));
      const { object } = own ?? found(address) ?? {};
      if (object !== undefined) return nameIn(object, address);
      memory ??= namesNow(this.#machine, this.#names, 0, this.#before);
      return memory.lockNameOf(address);
    };
    const view = new DataView(this.#machine.memory.buffer);
    const { size, held, lock, how, ...at } = this.#at;
    const read = this.#machine.enumerator('stub_hold', 'STUB_READ');
    const writes: RecordedWrite[] = [];
    const known = new Set<string>();
    for (let i = 0; i < count; i++) {
      const record = this.#records + i * size;
      const get = (offset: number) => view.getUint32(record + offset, true);
      const [address, bytes, nr_held] = [get(at.address), get(at.bytes), get(at.nr_held)];
      const site = this.#sites[get(at.site)];
      // A loop writes the same again and again.
      let key = `${get(at.site)} ${address} ${bytes} ${get(at.context)}`;
      for (let nth = 0; nth < nr_held; nth++) key += ` ${get(lock + nth * held)} ${get(how + nth * held)}`;
      if (known.has(key)) continue;
      known.add(key);
      const locks = Array.from({ length: nr_held }, (_, nth) => ({
        at: get(lock + nth * held),
        shared: get(how + nth * held) === read,
      }));
      const of = found(address);
      if (of === null || site === undefined || site.kind === 'atomic.load') continue;
      writes.push({
        object: of.object,
        offset: address - of.object.address,
        bytes,
        site,
        context: taskContextOf(this.#machine, get(at.context)) ?? 'process',
        locks: locks.map(({ at, shared }) => ({ name: lockName(at, of.device), shared })),
        step,
      });
    }
    return writes;
  }
}
