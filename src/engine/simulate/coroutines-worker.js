// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
// @ts-check
// Makes coroutines of modules' functions, one module after the other. Plain JavaScript, because Node 20 cannot run
// TypeScript in a worker.
import { parentPort } from 'node:worker_threads';
import binaryen from 'binaryen';

/** @typedef {import('./coroutines.js').CoroutinesMessage} CoroutinesMessage */
/**
 * A function of the module that the scheduler puts its own in place of; it returns an i32 or nothing. Where its thread
 * may be left there, it `leaves`. Those that only say something of memory need not be there.
 * @typedef {{ name: string, parameters: readonly ('i32' | 'i64')[], returns: boolean, leaves: boolean }} Replaced
 */

/** @type {readonly Replaced[]} */
const replaced = [
  { name: 'sim_access', parameters: ['i32', 'i32', 'i32'], returns: false, leaves: true },
  { name: 'sim_cas', parameters: ['i32', 'i32', 'i32', 'i64', 'i64'], returns: false, leaves: true },
  { name: 'sim_copy', parameters: ['i32', 'i32', 'i32', 'i32'], returns: false, leaves: true },
  { name: 'sim_frame', parameters: ['i32', 'i32', 'i32'], returns: false, leaves: true },
  { name: 'sim_loop', parameters: ['i32'], returns: false, leaves: true },
  { name: 'stub_acquire', parameters: ['i32', 'i32', 'i32'], returns: false, leaves: true },
  { name: 'stub_try_acquire', parameters: ['i32', 'i32', 'i32'], returns: true, leaves: true },
  { name: 'stub_release', parameters: ['i32', 'i32'], returns: false, leaves: true },
  { name: 'stub_shadow_valid', parameters: ['i32', 'i32'], returns: false, leaves: false },
  { name: 'stub_shadow_unwritten', parameters: ['i32', 'i32'], returns: false, leaves: false },
  { name: 'stub_shadow_freed', parameters: ['i32', 'i32'], returns: false, leaves: false },
  { name: 'stub_shadow_outside', parameters: ['i32', 'i32'], returns: false, leaves: false },
  { name: 'stub_stack_overflow', parameters: [], returns: false, leaves: false },
];

/** What belongs to a thread and not to the machine, and what the scheduler knows it by. */
const threadGlobals = { __stack_pointer: 'stack_pointer', __tls_base: 'tls_base' };

/** What a module must have. */
class Missing extends Error {}

/**
 * @param {Uint8Array} hooked
 * @returns {Uint8Array<ArrayBuffer>}
 */
function withCoroutines(hooked) {
  const { Features } = binaryen;
  // Not all that it knows, since it would write what Node 20 cannot read.
  const features =
    Features.Atomics |
    Features.BulkMemory |
    Features.BulkMemoryOpt |
    Features.MutableGlobals |
    Features.SignExt |
    Features.NontrappingFPToInt;
  const module = binaryen.readBinaryWithFeatures(hooked, features);
  try {
    return rewritten(module);
  } finally {
    module.dispose();
  }
}

/** @param {binaryen.Module} module */
function rewritten(module) {
  for (const one of replaced) replaceFunction(module, one);
  for (const [name, base] of Object.entries(threadGlobals)) replaceGlobal(module, name, base);
  binaryen.setDebugInfo(true);
  // At any level but 0 Asyncify optimises twice what it makes, for 5 s. Two passes behind it take a quarter of that, and
  // cost an exploration a tenth of its speed: V8 does the rest.
  binaryen.setOptimizeLevel(0);
  binaryen.clearPassArguments();
  const left = replaced.filter(({ leaves }) => leaves).map(({ name }) => `sim.${name}`);
  binaryen.setPassArgument('asyncify-imports', left.join(','));
  binaryen.setPassArgument('asyncify-import-globals', '1'); // an empty text would count as none
  module.runPasses(['asyncify', 'coalesce-locals', 'vacuum']);
  return new Uint8Array(module.emitBinary());
}

/**
 * @param {binaryen.Module} module
 * @param {Replaced} replaced
 */
function replaceFunction(module, { name, parameters, returns, leaves }) {
  if (module.getFunction(name) === 0) {
    if (!leaves) return;
    throw new Missing(`function '${name}'`);
  }
  module.removeFunction(name);
  if (!leaves && module.getExport(name) !== 0) module.removeExport(name);
  const taken = binaryen.createType(parameters.map((type) => binaryen[type]));
  module.addFunctionImport(name, 'sim', name, taken, returns ? binaryen.i32 : binaryen.none);
}

/**
 * @param {binaryen.Module} module
 * @param {string} name
 * @param {string} base
 */
function replaceGlobal(module, name, base) {
  const exported = module.getExport(name);
  if (exported === 0) throw new Missing(`exported global '${name}'`);
  const { value } = binaryen.getExportInfo(exported);
  module.removeExport(name);
  module.removeGlobal(value);
  module.addGlobalImport(value, 'sim', base, binaryen.i32, true);
}

/** @param {CoroutinesMessage} message */
const send = (message) => parentPort?.postMessage(message);

parentPort?.on('message', (/** @type {Uint8Array} */ hooked) => {
  try {
    send({ kind: 'made', bytes: withCoroutines(hooked) });
  } catch (error) {
    if (!(error instanceof Missing)) throw error;
    send({ kind: 'missing', what: error.message });
  }
});
