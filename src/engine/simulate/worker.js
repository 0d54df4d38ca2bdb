// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
// @ts-check
// The simulator's thread. Plain JavaScript, because Node 20 cannot run TypeScript in a worker. It puts the scheduler
// and the program under test together over one memory, wasm to wasm, and calls exports on request.
import { serve } from '../../machine/serve.js';

/** @typedef {import('../../machine/protocol.js').Loaded} Loaded */
/** @typedef {import('../../machine/protocol.js').WorkerStart} WorkerStart */

/**
 * @param {WorkerStart & { scheduler: WebAssembly.Module }} start
 * @returns {Loaded}
 */
function load({ module, memory, areaBytes, tlsBytes, scheduler: schedulerModule }) {
  /** What the lab may ask for; there are no stacks, since those of unwound code are meaningless. */
  const program = { memory, stub_backtrace: () => 0 };
  /** Of an unwound stack's buffer, of which each logical thread has one. */
  const bufferBytes = 64 * 1024;

  const global = () => new WebAssembly.Global({ value: 'i32', mutable: true }, 0);
  const asyncify = { __asyncify_state: global(), __asyncify_data: global() };
  const own = { stack_pointer: global(), tls_base: global() };

  /** Most calls that are reported of a thread, those of the scheduler among them. */
  const framesMax = 64;

  /**
   * Writes which functions of the program the running code was called from, innermost first: a thread that was taken up
   * again has all of its calls on the stack. Only where an execution is described, since it takes long.
   *
   * @param {number} address of the room
   * @param {number} room most functions
   * @returns {number} how many there are
   */
  function backtrace(address, room) {
    const limit = Error.stackTraceLimit;
    Error.stackTraceLimit = framesMax;
    const { stack } = new Error();
    Error.stackTraceLimit = limit;
    const frames = [...(stack ?? '').matchAll(/(wasm:\/\/[^\s(]*):wasm-function\[(\d+)\]:/g)];
    const scheduler = frames[0]?.[1];
    const own = frames.filter(([, url]) => url !== scheduler).slice(0, room);
    const functions = own.map(([, , index]) => Number(index));
    new Uint32Array(memory.buffer, address, functions.length).set(functions);
    return functions.length;
  }

  const table = new WebAssembly.Table({ initial: 128, element: 'anyfunc' });

  const scheduler = new WebAssembly.Instance(schedulerModule, {
    env: { memory, table, sim_backtrace: backtrace, ...asyncify },
    sim: own,
  }).exports;
  const target = new WebAssembly.Instance(module, {
    env: { ...program, ...asyncify },
    sim: { ...scheduler, ...own },
  }).exports;

  /** What explore() comes back with, beyond what the scheduler's own says: no room for what goes on, or it is not the same twice. */
  const Came = { full: 3, strayed: 4 };

  /**
   * The scheduler's, which a thread that traps leads out of: it goes on from there, without a word to anybody, nor a
   * trace of the stack, which takes milliseconds.
   *
   * @param {number} most
   * @param {number} untilNew
   */
  function explore(most, untilNew) {
    const call = (/** @type {string} */ name, /** @type {number[]} */ ...args) =>
      /** @type {(...args: number[]) => number} */ (scheduler[name])(...args);
    const limit = Error.stackTraceLimit;
    Error.stackTraceLimit = 0;
    try {
      for (let trapped = false; ; trapped = true) {
        try {
          return trapped ? call('go_on', untilNew) : call('explore', most, untilNew);
        } catch (error) {
          const failure = call('get_failure');
          if (failure === 0) {
            // Beyond what the engine has room for, or a trap of the program's own.
            call('after_trap', Number(/** @type {Error} */ (error).message.includes('call stack')));
            continue;
          }
          call('abandon');
          return failure === constant('Failure_FULL') ? Came.full : Came.strayed;
        }
      }
    } finally {
      Error.stackTraceLimit = limit;
    }
  }

  /** @type {Record<string, unknown>} */
  const exports = { ...target, ...scheduler, explore };

  /**
   * What the scheduler says of itself: how many threads, and where it finds what.
   * @param {string} name
   */
  const constant = (name) => Number(/** @type {WebAssembly.Global} */ (scheduler[name]).value);

  /** @param {string} name */
  const callable = (name) =>
    /** @type {(...args: number[]) => number | bigint | undefined} */ (exports[name]);

  table.set(constant('ACTOR'), callable('sim_actor'));
  table.set(constant('OBSERVE'), callable('sim_observe'));
  // Programs without a kernel have nothing that is done by itself.
  if (exports.sim_unserved !== undefined) {
    table.set(constant('UNSERVED'), callable('sim_unserved'));
    callable('set_asks')();
  }

  // As for threads that are real: areas side by side behind the module's data, storage at the low end, the stack growing
  // down from the high end.
  const heapBase = Number(/** @type {WebAssembly.Global} */ (target.__heap_base).value);
  const tlsSize = Number(/** @type {WebAssembly.Global} */ (target.__tls_size).value);
  const firstArea = Math.ceil(heapBase / 65536) * 65536;
  if (tlsSize > tlsBytes) throw new Error('thread-local storage has outgrown its area');
  for (let thread = constant('THREADS') - 1; thread >= 0; thread--) {
    const area = firstArea + thread * areaBytes;
    const buffer = constant('FREE') + thread * bufferBytes;
    // Of a module without such storage that does nothing; its stacks are held against the base all the same.
    own.tls_base.value = area;
    callable('__wasm_init_tls')(area);
    callable('set_thread')(
      thread,
      area + areaBytes,
      Number(own.tls_base.value),
      buffer,
      buffer + bufferBytes,
    );
  }
  callable('set_areas')(firstArea, areaBytes, tlsSize);
  // What is called from here runs where the first logical thread will.
  own.stack_pointer.value = firstArea + areaBytes;
  if (exports.lab_enter !== undefined) callable('lab_enter')(0);

  return { firstArea, call: (name, args) => Number(callable(name)(...args) ?? 0), trapped: () => {} };
}

serve(load);
