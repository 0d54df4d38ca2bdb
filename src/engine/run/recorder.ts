// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only

import type { Machine } from '../../machine/machine.js';
import type { Context } from '../../scenario/scenario.js';
import type { Step } from '../../scenario/step.js';
import { copiedWords } from '../heap.js';
import type { Site } from '../instrument/sites.js';
import { covers, type NamedObject, namedObjects, nameIn, namesNow } from '../locate.js';
import { MemoryNames } from '../memory-names.js';
import type { Names } from '../variables.js';
import { Records } from './records.js';

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

/** The device whose an object is, by the object's name. */
export const deviceOf = (name: string): string => name.split('.')[0]!;

/** Records what the module's code writes while a machine runs step by step. */
export class Recorder {
  readonly #machine: Machine;
  readonly #sites: readonly Site[];
  readonly #records: Records;
  #names: Names = {};
  /** Those before the step, which may free some. */
  #objects: NamedObject[] = [];
  #before: MemoryNames | null = null;

  /** @param machine must run code that reports its accesses with the numbers of these sites. */
  constructor(machine: Machine, sites: readonly Site[]) {
    this.#machine = machine;
    this.#sites = sites;
    this.#records = new Records(machine);
  }

  begin(names: Names): void {
    this.#names = names;
    this.#objects = [...namedObjects(this.#machine, names, 0)];
    this.#before = new MemoryNames(this.#machine, names, 0, copiedWords(this.#machine, 0));
    this.#records.begin();
  }

  /** What was written since then. */
  end(step: Step): RecordedWrite[] {
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
    const writes: RecordedWrite[] = [];
    const known = new Set<string>();
    for (const { address, bytes, site: number, context, held } of this.#records.all()) {
      const site = this.#sites[number];
      // A loop writes the same again and again.
      const locks = held.map(({ lock, shared }) => `${lock} ${shared}`);
      const key = [number, address, bytes, context, ...locks].join(' ');
      if (known.has(key)) continue;
      known.add(key);
      const of = found(address);
      if (of === null || site === undefined || site.kind === 'atomic.load') continue;
      writes.push({
        object: of.object,
        offset: address - of.object.address,
        bytes,
        site,
        context,
        locks: held.map(({ lock, shared }) => ({ name: lockName(lock, of.device), shared })),
        step,
      });
    }
    return writes;
  }
}
