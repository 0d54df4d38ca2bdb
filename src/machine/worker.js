// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
// @ts-check
// A machine's thread. Plain JavaScript, because Node 20 cannot run TypeScript in a worker: this one file is
// the entry point in a build, in tests and in an installed package alike. It instantiates the module over
// the shared memory on a stack of its own, then calls exports on request.
import { serve } from './serve.js';

/** @typedef {import('./protocol.js').Loaded} Loaded */
/** @typedef {import('./protocol.js').WorkerStart} WorkerStart */

// Stacks are read as a whole: those of traps and those that the module asks for.
Error.stackTraceLimit = 64;

/**
 * @param {WorkerStart} start
 * @returns {Loaded}
 */
function load({ module, memory, index, areaBytes, tlsBytes }) {
  /**
   * Writes where the module was called from, as offsets into it: innermost first, without the function that asks.
   *
   * @param {number} address of the room
   * @param {number} room most offsets
   * @returns {number} how many there are
   */
  function backtrace(address, room) {
    const frames = [...(new Error().stack ?? '').matchAll(/wasm-function\[\d+\]:0x([0-9a-f]+)/g)];
    const offsets = frames.slice(1, 1 + room).map(([, hex]) => Number.parseInt(hex ?? '', 16));
    new Uint32Array(memory.buffer, address, offsets.length).set(offsets);
    return offsets.length;
  }

  const { exports } = new WebAssembly.Instance(module, { env: { memory, stub_backtrace: backtrace } });

  /** @param {string} name */
  const global = (name) => /** @type {WebAssembly.Global} */ (exports[name]);
  /** @param {string} name */
  const callable = (name) => /** @type {(...args: number[]) => number | undefined} */ (exports[name]);

  // Areas of all threads lie side by side behind the module's data: thread-local storage at the low end, the
  // stack growing down from the high end.
  const heapBase = Number(global('__heap_base').value);
  const firstArea = Math.ceil(heapBase / 65536) * 65536;
  const area = firstArea + index * areaBytes;
  if (Number(global('__tls_size').value) > tlsBytes)
    throw new Error('thread-local storage has outgrown its area');
  // Of a module without such storage that does nothing; its stacks are held against the base all the same.
  global('__tls_base').value = area;
  callable('__wasm_init_tls')(area);
  const emptyStack = () => {
    global('__stack_pointer').value = area + areaBytes;
  };
  emptyStack();
  callable('lab_enter')(index);
  return { firstArea, call: (name, args) => callable(name)(...args) ?? 0, trapped: emptyStack };
}

serve(load);
