// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
// @ts-check
// A thread that serves machines without a module: threads.test.ts puts some onto it.
import { serve } from '../../src/machine/serve.js';

/** @type {Record<string, (...args: number[]) => number>} */
const exports = {
  add: (a = 0, b = 0) => a + b,
  sleep(milliseconds = 0) {
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, milliseconds);
    return milliseconds;
  },
  fail(milliseconds = 0) {
    exports.sleep?.(milliseconds);
    throw new Error(`failed after ${milliseconds} ms`);
  },
  trapped: () => trapped,
};
let trapped = 0;

serve(({ first = 0 }) => ({
  firstArea: first,
  call: (name, args) => exports[name]?.(...args) ?? -1,
  trapped: () => trapped++,
}));
