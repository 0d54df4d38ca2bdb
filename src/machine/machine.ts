// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { LostbitError } from '../errors.js';
import { type CodeFrame, CodeMap } from '../layout/code-map.js';
import { DebugInfo } from '../layout/debug-info.js';
import type { Type } from '../layout/types.js';
import { memoized } from '../memoized.js';
import { offer } from '../nearest.js';
import { type InstanceData, instanceDataOf } from '../wasm/instance-data.js';
import { type ProgramFacts, programOf } from '../wasm/program-section.js';
import type { WorkerStart } from './protocol.js';
import { StructView } from './struct-view.js';
import { Thread } from './threads.js';

/** Pages of 64 KiB: the memory that every module is linked for. */
const pages = 1024;
const moduleBytes = pages * 65536;
/** Of a thread: its thread-local storage, and its stack. */
export const areaBytes = 80 * 1024;
export const tlsBytes = 16 * 1024;
const threadsWithoutLab = 64;

/** What a machine's threads run in. */
export interface Host {
  /** Of the memory, of 64 KiB each. */
  readonly pages: number;
  /** The threads' own program. */
  readonly entry: URL;
  /** What that is given beside a {@link WorkerStart}. */
  readonly extra: object;
}

const workers: Host = { pages, entry: new URL('./worker.js', import.meta.url), extra: {} };

/** A module's code that trapped: a NULL or wild access, or an explicit BUG. */
export class Trap extends Error {
  override readonly name = 'Trap';
  /** Index of the thread. */
  readonly thread: number;
  /** Functions of the module, innermost first. */
  readonly functions: readonly string[];
  /** Offsets into the module: where it trapped, then the calls that led there. */
  readonly offsets: readonly number[];

  constructor(thread: number, message: string, stack: string) {
    super(message);
    this.thread = thread;
    // A linked module has its file's name, which stands before those of its functions.
    this.functions = [...stack.matchAll(/^\s*at (?:\S+\.wasm\.)?(\S+) \(wasm:/gm)].map(([, name]) => name!);
    this.offsets = [...stack.matchAll(/wasm-function\[\d+\]:0x([0-9a-f]+)/g)].map(([, hex]) =>
      Number.parseInt(hex!, 16),
    );
  }
}

/** A module that was instrumented after it was linked. */
export interface Instrumented {
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** Where in the linked module an offset of this one was. */
  original(offset: number): number;
}

/** What is made of a linked module once, however many machines run it. */
export const debugInfoOf = memoized((bytes: Uint8Array) => DebugInfo.fromWasm(bytes));
/** Most threads a module may have. Programs without the lab have no workers of its own, and as much room. */
export const threadLimitOf = memoized((bytes: Uint8Array): number => {
  const debugInfo = debugInfoOf(bytes);
  if (!debugInfo.hasVariable('lab_workers')) return threadsWithoutLab;
  const type = bare(debugInfo.variable('lab_workers').type);
  if (type.kind !== 'array' || type.count === null) throw new Error('lab_workers is not an array');
  return type.count;
});

/** What V8 has made fast for one machine is so for the next. */
const compiled = memoized((bytes: Uint8Array<ArrayBuffer>) => new WebAssembly.Module(bytes));

/**
 * A module loaded into threads over one shared memory, each with a stack and thread-local storage of its
 * own. The main thread never runs the module's code, so that no endless loop of a driver can stop it: it reads and writes
 * the memory, and has the others call exports.
 */
export class Machine {
  readonly memory: WebAssembly.Memory;
  /** As it was linked. */
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly debugInfo: DebugInfo;
  /** The variables that each instance of the machine has for itself. */
  readonly own: InstanceData;
  readonly program: ProgramFacts;
  /** Of the linked module. */
  readonly codeMap: CodeMap;
  /** Most threads there may be, each with an area behind the data: as many as the C side's `lab_workers` has room for. */
  readonly threadLimit: number;
  readonly #host: Host;
  readonly #module: WebAssembly.Module;
  readonly #original: (offset: number) => number;
  /** Those that are ready. */
  readonly #threads: Thread[] = [];
  /** All that were taken, ready or not. */
  readonly #taken: Thread[] = [];
  #unpinned: string | null = null;
  readonly #views = new Map<string, StructView>();
  #free = 0;
  #firstFree = 0;

  /**
   * @param bytes a linked module.
   * @param instrumented what runs in its place.
   * @param host what its threads run in, where that is something else.
   */
  constructor(bytes: Uint8Array<ArrayBuffer>, instrumented?: Instrumented, host: Host = workers) {
    this.#host = host;
    this.memory = new WebAssembly.Memory({ initial: host.pages, maximum: host.pages, shared: true });
    this.#module = compiled(instrumented?.bytes ?? bytes);
    this.#original = instrumented?.original ?? ((offset) => offset);
    this.bytes = bytes;
    this.debugInfo = debugInfoOf(bytes);
    this.own = instanceDataOf(bytes);
    this.program = programOf(bytes);
    this.threadLimit = threadLimitOf(bytes);
    this.codeMap = CodeMap.fromWasm(bytes);
  }

  get threads(): number {
    return this.#threads.length;
  }

  /** Why a thread could not be bound to its processor; `null` if all are. */
  get unpinned(): string | null {
    return this.#unpinned;
  }

  /**
   * Starts threads until there are `count`, thread i on the i-th of `cpus` (none: not pinned).
   *
   * @throws LostbitError `E_WORKERS` where the machine cannot start so many.
   */
  async start(count: number, cpus: readonly number[]): Promise<void> {
    if (count > this.threadLimit) throw tooMany(count, `a race has at most ${this.threadLimit}`);
    const started = this.threads;
    const thread = (index: number) => this.#startThread(index, cpus[index % cpus.length] ?? null);
    try {
      // The first one alone: it initialises the memory, and says where the data ends.
      if (started === 0) await thread(0);
      const more = Array.from({ length: count - this.threads }, (_, i) => this.threads + i);
      await Promise.all(more.map(thread));
    } catch (error) {
      // Those that are still starting as well: none may be left behind.
      await this.stop();
      if (error instanceof WebAssembly.LinkError) throw error;
      throw tooMany(count, (error as Error).message);
    }
  }

  async #startThread(index: number, cpu: number | null): Promise<void> {
    const { entry, extra } = this.#host;
    const thread = Thread.take(entry, cpu);
    this.#taken.push(thread);
    const start: WorkerStart = { module: this.#module, memory: this.memory, index, areaBytes, tlsBytes };
    const { unpinned, firstArea } = await thread.begin(
      { ...start, ...extra },
      (text, stack) => new Trap(index, text, stack),
    );
    this.#unpinned ??= unpinned;
    if (index === 0) this.#firstFree = this.#free = firstArea + this.threadLimit * areaBytes;
    this.#threads[index] = thread;
  }

  /** Calls an export on a thread. Rejects with a {@link Trap} where the code traps. */
  call(thread: number, name: string, ...args: number[]): Promise<number> {
    return this.#threads[thread]!.mailbox.call(name, args, true);
  }

  /** The same, of what takes long, or counts on what other threads are to do meanwhile: nobody waits here. */
  launch(thread: number, name: string, ...args: number[]): Promise<number> {
    return this.#threads[thread]!.mailbox.call(name, args, false);
  }

  /** Ends all threads, whatever they are doing. */
  async stop(): Promise<void> {
    this.#threads.length = 0;
    this.#unpinned = null;
    await Promise.all(this.#taken.splice(0).map((thread) => thread.giveBack()));
  }

  /** Bytes that {@link allocate} can still give. */
  get room(): number {
    return moduleBytes - this.#free;
  }

  /** Takes memory behind the module's data and the threads' areas. Needs a started thread. Not zeroed. */
  allocate(bytes: number, align = 64): number {
    const address = Math.ceil(this.#free / align) * align;
    if (address + bytes > moduleBytes) throw new RangeError('the machine is out of memory');
    this.#free = address + bytes;
    return address;
  }

  /** Takes back all that {@link allocate} has given; what was written there stays. */
  freeAll(): void {
    this.#free = this.#firstFree;
  }

  /** A global struct of the module (an element of it, for an array of structs). */
  global(name: string, index = 0): StructView {
    const key = `${name}[${index}]`;
    let view = this.#views.get(key);
    if (view === undefined) {
      const variable = this.debugInfo.variable(name);
      let type = bare(variable.type);
      if (type.kind === 'array') type = bare(type.element);
      if (type.kind !== 'struct') throw new Error(`${name} is not a struct`);
      view = new StructView(type, this.memory, variable.address + index * type.size);
      this.#views.set(key, view);
    }
    return view;
  }

  /** The functions behind offsets of the running module, innermost first, inlined ones included. */
  stack(offsets: readonly number[]): CodeFrame[] {
    return this.codeMap.stack(offsets.map((offset) => this.#original(offset)));
  }

  /** What a pointer that is a constant of the C holds: of one to a function, its index in the table; `null` where there is none. */
  pointer(name: string): number | null {
    if (!this.debugInfo.hasVariable(name)) return null;
    return new DataView(this.memory.buffer).getUint32(this.debugInfo.variable(name).address, true);
  }

  /** Writes a global 32-bit integer of the module. */
  setScalar(name: string, value: number): void {
    const { address } = this.debugInfo.variable(name);
    new DataView(this.memory.buffer).setInt32(address, value, true);
  }

  /** The text at an address, up to its zero. */
  text(address: number): string {
    const bytes = new Uint8Array(this.memory.buffer, address);
    // A copy, since a decoder refuses shared memory.
    return new TextDecoder().decode(bytes.slice(0, bytes.indexOf(0)));
  }

  /** How many elements an array in a struct of the C side's has: `step` of `lab_actor`. */
  arrayLength(struct: string, member: string): number {
    const found = this.debugInfo.struct(struct).members.find(({ name }) => name === member);
    const type = found && bare(found.type);
    if (type?.kind !== 'array' || type.count === null) throw new Error(`${struct}.${member} is not an array`);
    return type.count;
  }

  /** The value of an enumerator, e.g. `LAB_OP_OPEN` of `lab_op`. */
  enumerator(enumeration: string, name: string): number {
    const values = this.debugInfo.enumeration(enumeration);
    const value = values.get(name);
    if (value === undefined)
      throw new Error(`enum ${enumeration} has no ${name}: ${offer(name, values.keys())}`);
    return value;
  }

  /** The enumerator that has a value. */
  enumeratorName(enumeration: string, value: number): string {
    for (const [name, known] of this.debugInfo.enumeration(enumeration)) if (known === value) return name;
    return String(value);
  }
}

/** A type without typedefs and qualifiers around it. */
function bare(type: Type): Type {
  return type.kind === 'typedef' || type.kind === 'qualified' ? bare(type.target) : type;
}

function tooMany(count: number, why: string): LostbitError {
  return new LostbitError('E_WORKERS', `cannot start ${count} workers: ${why}`, {
    hint: 'ask for fewer with --workers, or give the scenario fewer actors',
  });
}
