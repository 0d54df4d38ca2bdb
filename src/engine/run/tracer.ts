// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { type CodeFrame, CodeMap } from '../../layout/code-map.js';
import type { Instrumented, Machine } from '../../machine/machine.js';
import type { Context } from '../../scenario/scenario.js';
import { chained, type Edited } from '../../wasm/edits.js';
import { functionNames } from '../../wasm/function-names.js';
import { copiedWords } from '../heap.js';
import { ValueType } from '../instrument/access-shapes.js';
import { hookCalls } from '../instrument/hook-calls.js';
import { functionTypes } from '../instrument/module-types.js';
import { type Site, sitesOf } from '../instrument/sites.js';
import { namesNow } from '../locate.js';
import { MemoryNames } from '../memory-names.js';
import { placeOf } from '../simulate/describe-access.js';
import type { Names } from '../variables.js';
import { checkedAccesses } from './checked.js';
import type { HeldLock } from './recorder.js';
import { Records } from './records.js';
import { StateReader } from './state-reader.js';

/** Something that the code of some units does: it calls what is not theirs, or writes an object that a scenario can name. */
export interface TracedEvent {
  /** The function that is called; `null` of a write. */
  readonly called: string | null;
  /** What is passed first, where a path leads there: `A.igate`. Of a write, the fields. */
  readonly what: readonly string[];
  /** Of a call, what is passed second: 32 bits, whatever they mean; `null` where nothing of that kind is. */
  readonly second: number | null;
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
  /** Fields behind each of a scenario's names that are read after each step, besides the object's own. */
  readonly states: readonly string[];
}

/** What a step has done, and what it left. */
export interface FollowedStep {
  readonly events: readonly TracedEvent[];
  /** As {@link StateReader.read} has them. */
  readonly states: ReadonlyMap<string, number | null>;
}

interface CallSite {
  readonly called: string;
  readonly hasSecond: boolean;
  readonly stack: readonly CodeFrame[];
}

/** A module that reports accesses, and the calls that are traced. */
export interface TracedModule {
  readonly module: Instrumented;
  readonly calls: readonly CallSite[];
  readonly isOwn: (functionIndex: number) => boolean;
}

/** Adds reports of calls to a module's reports of accesses. */
export function tracedModule(
  bytes: Uint8Array<ArrayBuffer>,
  { isOwn, isCalled }: Pick<Traced, 'isOwn' | 'isCalled'>,
): TracedModule {
  const codeMap = CodeMap.fromWasm(bytes);
  const checked = checkedAccesses(bytes) as Edited;
  const names = functionNames(bytes);
  const types = functionTypes(bytes);
  const calls: CallSite[] = [];
  const owns = byIndex((index) => isOwn(codeMap.unitOf(index) ?? ''));
  const isKernels = byIndex((index) => isCalled(codeMap.unitOf(index) ?? ''));
  const hooked = hookCalls(checked.bytes, {
    hook: 'stub_record_call',
    what: ({ callee, offset }, caller) => {
      const called = names.get(callee) ?? '';
      if (!owns(caller) || owns(callee) || !isKernels(callee) || isHook(called)) return null;
      const hasSecond = types[callee]!.parameters[1] === ValueType.i32;
      return calls.push({ called, hasSecond, stack: codeMap.frames(checked.original(offset)) }) - 1;
    },
  });
  return { module: chained(checked, hooked), calls, isOwn: owns };
}

/** What instrumented code calls, and no source does. */
const isHook = (name: string): boolean => /^stub_(?:check|record)_/.test(name);

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
  readonly #besides: readonly string[];
  #states: StateReader | null = null;
  #names: Names = {};
  #before: MemoryNames | null = null;

  /** @param machine must run the traced module. */
  constructor(machine: Machine, traced: TracedModule, states: readonly string[]) {
    this.#machine = machine;
    this.#besides = states;
    this.#traced = traced;
    this.#sites = sitesOf(machine.bytes);
    this.#records = new Records(machine);
  }

  begin(names: Names): void {
    if (this.#names !== names) this.#states = null;
    this.#names = names;
    this.#before = new MemoryNames(this.#machine, names, 0, copiedWords(this.#machine, 0));
    this.#records.begin();
  }

  /** What was done since then. */
  end(): FollowedStep {
    this.#states ??= new StateReader(this.#machine, this.#names, this.#besides);
    return { events: this.#events(), states: this.#states.read() };
  }

  #events(): TracedEvent[] {
    const events: TracedEvent[] = [];
    const names = namesNow(this.#machine, this.#names, 0, this.#before);
    // Longer paths lead through what another program may not have, or has elsewhere.
    const isNear = (name: string, whole: string) => {
      const isNamed = Object.hasOwn(this.#names, name);
      const [root = '', ...members] = name.split('.');
      const pointed = Object.hasOwn(this.#names, root) && members.length === 1;
      return (isNamed || pointed) && whole.slice(name.length).split('.').length <= 3;
    };
    const nameAt = (address: number) => {
      const object = names.objectAt(address);
      const whole = object === null ? '' : names.lockNameOf(address);
      return object !== null && isNear(object.name, whole) ? [whole] : [];
    };
    for (const { address, bytes, second, site, context, held } of this.#records.all()) {
      const locks = () => held.map(({ lock, shared }) => ({ name: names.lockNameOf(lock), shared }));
      if (bytes === 0) {
        const { called, hasSecond, stack } = this.#traced.calls[site]!;
        const passed = hasSecond ? second : null;
        events.push({ called, what: nameAt(address), second: passed, context, locks: locks(), stack });
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
        second: null,
        context,
        locks: locks(),
        stack: write.stack,
      });
    }
    return events;
  }
}
