// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { encodeScenario } from '../../src/engine/encode.js';
import { placeOwn } from '../../src/engine/given.js';
import { placedFor } from '../../src/engine/instrument/placed.js';
import { privateMemory } from '../../src/engine/simulate/private-memory.js';
import { sharedPages } from '../../src/engine/simulate/shared-memory.js';
import { areaBytes, Machine } from '../../src/machine/machine.js';
import { type RaceScenario, sharesCpus } from '../../src/scenario/scenario.js';

const arenaBytes = 256 * 1024;
/** Where a scheduler has its own memory: behind the module's. */
const schedulerMemory = 1024 * 65536;
const unwoundBytes = 64 * 1024;

/** A step as it is reported to the scheduler, right before it is done. */
export interface ReportedStep {
  readonly name: string;
  readonly args: readonly number[];
  /** The word in memory that its address lies in. */
  readonly before: number;
}

/** What memory holds, up to the end of the first instance, after a scenario's set-up. */
export async function memoryAfterSetup(
  bytes: Uint8Array<ArrayBuffer>,
  scenario: RaceScenario,
): Promise<Uint8Array> {
  const machine = new Machine(bytes, placedFor(bytes, sharesCpus(scenario)));
  await machine.start(1, []);
  placeOwn(machine);
  encodeScenario(machine, scenario);
  const instances = machine.global('lab_instances');
  const states = privateMemory(bytes);
  machine.allocate(states.start + states.bytes - machine.allocate(0, 1), 1); // the logical threads' states
  const start = machine.allocate(arenaBytes);
  for (const [field, value] of Object.entries({ start, stride: arenaBytes, bytes: arenaBytes, count: 1 }))
    instances.set(field, value);
  machine.setScalar('lab_states', states.start);
  const failed = await machine.call(0, 'lab_setup');
  if (failed !== 0) throw new Error(`set-up failed: ${failed}`);
  const memory = new Uint8Array(machine.memory.buffer.slice(0, start + arenaBytes));
  await machine.stop();
  return memory;
}

/** The numbers that Asyncify's state has. */
const State = { normal: 0, unwinding: 1, rewinding: 2 } as const;

type Exports = Readonly<Record<string, (...args: number[]) => number | undefined>>;

interface Thread {
  readonly actor: number;
  /** Where Asyncify keeps what a thread that was left is at. */
  readonly unwound: number;
  state: 'new' | 'left' | 'done';
  stackPointer: number;
  readonly tlsBase: number;
}

/**
 * A minimal scheduler, for tests of what is reported to it: logical threads are suspended where `leaves` says so, and
 * where they would wait.
 */
export class Coroutines {
  readonly memory = new WebAssembly.Memory({ initial: sharedPages, maximum: sharedPages, shared: true });
  readonly reported: ReportedStep[] = [];
  /** Asked before each step whether to leave its thread there; the step is done when the thread goes on. */
  leaves: (step: ReportedStep) => boolean = () => false;
  /** A thread runs: what is reported outside of one is not a step. */
  #running = false;
  readonly #threads: readonly Thread[];
  readonly #words: Int32Array;
  readonly #state = new WebAssembly.Global({ value: 'i32', mutable: true }, 0);
  readonly #data = new WebAssembly.Global({ value: 'i32', mutable: true }, 0);
  readonly #stackPointer = new WebAssembly.Global({ value: 'i32', mutable: true }, 0);
  readonly #tlsBase = new WebAssembly.Global({ value: 'i32', mutable: true }, 0);
  readonly #exports: Exports;
  readonly #start: Uint8Array;

  /** @param start what memory holds before the first thread runs. */
  constructor(simulated: WebAssembly.Module, start: Uint8Array, first: number, actors: number) {
    this.#start = start;
    this.#words = new Int32Array(this.memory.buffer);
    this.#threads = Array.from({ length: actors }, (_, actor) => ({
      actor,
      unwound: schedulerMemory + actor * unwoundBytes,
      state: 'new',
      stackPointer: 0,
      tlsBase: first + actor * areaBytes,
    }));
    this.reset();
    const { exports } = new WebAssembly.Instance(simulated, {
      env: {
        memory: this.memory,
        stub_backtrace: () => 0,
        __asyncify_state: this.#state,
        __asyncify_data: this.#data,
      },
      sim: {
        stack_pointer: this.#stackPointer,
        tls_base: this.#tlsBase,
        sim_access: (...args: number[]) => void this.#arrives('sim_access', args),
        sim_copy: (...args: number[]) => void this.#arrives('sim_copy', args),
        sim_cas: (...[address, bytes, what]: [number, number, number]) =>
          void this.#arrives('sim_access', [address, bytes, what]),
        sim_loop: () => {},
        sim_frame: (...args: number[]) => void this.#arrives('sim_frame', args),
        stub_shadow_valid: () => {},
        stub_shadow_unwritten: () => {},
        stub_shadow_freed: () => {},
        stub_shadow_outside: () => {},
        stub_stack_overflow: () => {},
        stub_acquire: (...args: [number, number, number]) => this.#acquire(...args),
        stub_try_acquire: (...args: [number, number, number]) =>
          this.#arrives('stub_try_acquire', args) && this.#takes(...args) ? 1 : 0,
        stub_release: (word: number, claim: number) => {
          if (this.#arrives('stub_release', [word, claim])) this.#words[word >> 2]! -= claim;
        },
      },
    });
    this.#exports = exports as unknown as Exports;
  }

  /** All is as at the start. */
  reset(): void {
    new Uint8Array(this.memory.buffer).set(this.#start);
    this.reported.length = 0;
    for (const thread of this.#threads) thread.state = 'new';
  }

  /** Lets a thread go on until it is left, or done: whether it is. */
  run(actor: number): boolean {
    const thread = this.#threads[actor]!;
    if (thread.state === 'done') return true;
    this.#tlsBase.value = thread.tlsBase;
    if (thread.state === 'new') {
      this.#stackPointer.value = thread.tlsBase + areaBytes;
      this.#exports.__wasm_init_tls!(thread.tlsBase);
      this.#words.set([thread.unwound + 8, thread.unwound + unwoundBytes], thread.unwound >> 2);
    } else {
      this.#stackPointer.value = thread.stackPointer;
      this.#exports.asyncify_start_rewind!(thread.unwound);
    }
    this.#data.value = thread.unwound;
    this.#running = true;
    this.#exports.sim_actor!(actor);
    this.#running = false;
    if (this.#state.value === State.unwinding) {
      this.#exports.asyncify_stop_unwind!();
      thread.stackPointer = this.#stackPointer.value;
      thread.state = 'left';
      return false;
    }
    thread.state = 'done';
    if (this.#stackPointer.value !== thread.tlsBase + areaBytes) throw new Error('a stack was left behind');
    return true;
  }

  /** What the scenario observes. */
  observe(count: number): bigint[] {
    const values = schedulerMemory - 64 * 8;
    const { tlsBase } = this.#threads[0]!;
    this.#tlsBase.value = tlsBase;
    this.#stackPointer.value = tlsBase + areaBytes;
    this.#exports.sim_observe!(values);
    return [...new BigInt64Array(this.memory.buffer, values, count)];
  }

  /** A step is about to be done; false where it is not to be done now, since its thread is being left. */
  #arrives(name: string, args: readonly number[]): boolean {
    if (!this.#running) return true;
    if (this.#state.value === State.rewinding) {
      this.#exports.asyncify_stop_rewind!();
      return true;
    }
    const step = { name, args, before: this.#words[args[0]! >>> 2]! };
    this.reported.push(step);
    if (!this.leaves(step)) return true;
    this.#leave();
    return false;
  }

  #leave(): void {
    this.#exports.asyncify_start_unwind!(Number(this.#data.value));
  }

  #takes(word: number, busy: number, claim: number): boolean {
    if ((this.#words[word >> 2]! & busy) !== 0) return false;
    this.#words[word >> 2]! += claim;
    return true;
  }

  #acquire(word: number, busy: number, claim: number): void {
    if (this.#arrives('stub_acquire', [word, busy, claim]) && !this.#takes(word, busy, claim)) this.#leave();
  }
}

/** A linked module over memory like that, one thread after the other. */
export class Uninterrupted {
  readonly words: Int32Array;
  readonly #exports: Exports;
  readonly #stackPointer: WebAssembly.Global;

  constructor(module: WebAssembly.Module, start: Uint8Array) {
    const memory = new WebAssembly.Memory({ initial: 1024, maximum: 1024, shared: true });
    new Uint8Array(memory.buffer).set(start);
    this.words = new Int32Array(memory.buffer);
    const { exports } = new WebAssembly.Instance(module, { env: { memory, stub_backtrace: () => 0 } });
    this.#exports = exports as unknown as Exports;
    this.#stackPointer = exports.__stack_pointer as WebAssembly.Global;
  }

  /** Runs an actor from its start to its end. */
  run(actor: number, first: number): void {
    const area = first + actor * areaBytes;
    this.#exports.__wasm_init_tls!(area);
    this.#stackPointer.value = area + areaBytes;
    this.#exports.sim_actor!(actor);
  }
}
