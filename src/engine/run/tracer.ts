// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { type CodeFrame, CodeMap } from '../../layout/code-map.js';
import type { Instrumented, Machine } from '../../machine/machine.js';
import type { Context } from '../../scenario/scenario.js';
import { chained, type Edited } from '../../wasm/edits.js';
import { functionNames } from '../../wasm/function-names.js';
import { copiedWords } from '../heap.js';
import { hookCalls } from '../instrument/hook-calls.js';
import { type Site, sitesOf } from '../instrument/sites.js';
import { namesNow } from '../locate.js';
import { MemoryNames } from '../memory-names.js';
import { placeOf } from '../simulate/describe-access.js';
import type { Names } from '../variables.js';
import { checkedAccesses } from './checked.js';
import type { HeldLock } from './recorder.js';
import { Records } from './records.js';

/** Something that the code of some units does: it calls what is not theirs, or writes an object that a scenario can name. */
export interface TracedEvent {
  /** The function that is called; `null` of a write. */
  readonly called: string | null;
  /** What is passed first, where a path leads there: `A.igate`. Of a write, the fields. */
  readonly what: readonly string[];
  readonly context: Context;
  /** The first taken first. */
  readonly locks: readonly HeldLock[];
  /** Where, innermost first. */
  readonly stack: readonly CodeFrame[];
}

/** Which code is traced. */
export interface Traced {
  /** Is the unit's code traced? */
  isOwn(unit: string): boolean;
  /** Is a function of another unit part of what is called? */
  isCalled(unit: string): boolean;
}

interface CallSite {
  readonly called: string;
  readonly stack: readonly CodeFrame[];
}

/** A module that reports accesses, and the calls that are traced. */
export interface TracedModule {
  readonly module: Instrumented;
  readonly calls: readonly CallSite[];
  readonly isOwn: (functionIndex: number) => boolean;
}

/** Adds reports of calls to a module's reports of accesses. */
export function tracedModule(bytes: Uint8Array<ArrayBuffer>, { isOwn, isCalled }: Traced): TracedModule {
  const codeMap = CodeMap.fromWasm(bytes);
  const checked = checkedAccesses(bytes) as Edited;
  const names = functionNames(bytes);
  const calls: CallSite[] = [];
  const owns = byIndex((index) => isOwn(codeMap.unitOf(index) ?? ''));
  const isKernels = byIndex((index) => isCalled(codeMap.unitOf(index) ?? ''));
  const hooked = hookCalls(checked.bytes, {
    hook: 'stub_record_call',
    what: ({ callee, offset }, caller) => {
      if (!owns(caller) || owns(callee) || !isKernels(callee)) return null;
      const called = names.get(callee) ?? '';
      return calls.push({ called, stack: codeMap.frames(checked.original(offset)) }) - 1;
    },
  });
  return { module: chained(checked, hooked), calls, isOwn: owns };
}

function byIndex(find: (index: number) => boolean): (index: number) => boolean {
  const known = new Map<number, boolean>();
  return (index) => {
    const found = known.get(index) ?? find(index);
    known.set(index, found);
    return found;
  };
}

/** Follows what code does while a machine runs step by step. */
export class Tracer {
  readonly #machine: Machine;
  readonly #sites: readonly Site[];
  readonly #traced: TracedModule;
  readonly #records: Records;
  #names: Names = {};
  #before: MemoryNames | null = null;

  /** @param machine must run the traced module. */
  constructor(machine: Machine, traced: TracedModule) {
    this.#machine = machine;
    this.#traced = traced;
    this.#sites = sitesOf(machine.bytes);
    this.#records = new Records(machine);
  }

  begin(names: Names): void {
    this.#names = names;
    this.#before = new MemoryNames(this.#machine, names, 0, copiedWords(this.#machine, 0));
    this.#records.begin();
  }

  /** What was done since then. */
  end(): TracedEvent[] {
    const events: TracedEvent[] = [];
    const names = namesNow(this.#machine, this.#names, 0, this.#before);
    const nameAt = (address: number) => (names.objectAt(address) === null ? [] : [names.lockNameOf(address)]);
    for (const { address, bytes, site, context, held } of this.#records.all()) {
      const locks = () => held.map(({ lock, shared }) => ({ name: names.lockNameOf(lock), shared }));
      if (bytes === 0) {
        const { called, stack } = this.#traced.calls[site]!;
        events.push({ called, what: nameAt(address), context, locks: locks(), stack });
        continue;
      }
      const write = this.#sites[site];
      if (write === undefined || write.kind === 'atomic.load' || !this.#traced.isOwn(write.functionIndex))
        continue;
      const { fields, oneOf, within, object } = placeOf(names, address, bytes, write);
      if (within === null) continue;
      const all = [...fields, ...oneOf];
      events.push({
        called: null,
        what: all.length > 0 ? all : [object],
        context,
        locks: locks(),
        stack: write.stack,
      });
    }
    return events;
  }
}
