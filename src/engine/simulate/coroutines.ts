import type binaryen from 'binaryen';
import { LostbitError } from '../../errors.js';

/** A function of the module that the scheduler puts its own in place of; it returns an i32 or nothing. */
interface Replaced {
  readonly name: string;
  readonly parameters: readonly ('i32' | 'i64')[];
  readonly returns: boolean;
}

const replaced: readonly Replaced[] = [
  { name: 'sim_access', parameters: ['i32', 'i32', 'i32'], returns: false },
  { name: 'sim_cas', parameters: ['i32', 'i32', 'i32', 'i64', 'i64'], returns: false },
  { name: 'sim_copy', parameters: ['i32', 'i32', 'i32', 'i32'], returns: false },
  { name: 'stub_acquire', parameters: ['i32', 'i32', 'i32'], returns: false },
  { name: 'stub_try_acquire', parameters: ['i32', 'i32', 'i32'], returns: true },
  { name: 'stub_release', parameters: ['i32', 'i32'], returns: false },
];

/** What belongs to a thread and not to the machine, and what the scheduler knows it by. */
const threadGlobals: Readonly<Record<string, string>> = {
  __stack_pointer: 'stack_pointer',
  __tls_base: 'tls_base',
};

/** Raised whenever this file would make something else of the same module. */
export const recipe = 'binaryen 131, 1';

/**
 * Makes a module whose calls of the hooks and of the lock functions can be left in the middle and taken up again:
 * these become imports from `sim`, the code around them unwinds and rewinds (Asyncify, whose state the scheduler
 * has, as `env.__asyncify_state` and `env.__asyncify_data`). Names of functions stay.
 *
 * @param hooked a module that calls its own hooks.
 * @throws LostbitError `E_HOOK` where the module lacks a function or a global that is replaced.
 */
export async function withCoroutines(hooked: Uint8Array): Promise<Uint8Array<ArrayBuffer>> {
  // 13 MB of code, which only who makes a module needs.
  const { default: binaryen } = await import('binaryen');
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
    for (const one of replaced) replaceFunction(binaryen, module, one);
    for (const [name, base] of Object.entries(threadGlobals)) replaceGlobal(binaryen, module, name, base);
    binaryen.setDebugInfo(true);
    // Asyncify optimises what it makes, at any level but 0. More makes it no faster: V8 does the rest.
    binaryen.setOptimizeLevel(2);
    binaryen.setShrinkLevel(0);
    binaryen.clearPassArguments();
    binaryen.setPassArgument('asyncify-imports', replaced.map(({ name }) => `sim.${name}`).join(','));
    binaryen.setPassArgument('asyncify-import-globals', '1'); // an empty text would count as none
    module.runPasses(['asyncify']);
    return new Uint8Array(module.emitBinary());
  } finally {
    module.dispose();
  }
}

function replaceFunction(
  types: typeof binaryen,
  module: binaryen.Module,
  { name, parameters, returns }: Replaced,
): void {
  if (module.getFunction(name) === 0) throw missing(`function '${name}'`);
  module.removeFunction(name);
  const taken = types.createType(parameters.map((type) => types[type]));
  module.addFunctionImport(name, 'sim', name, taken, returns ? types.i32 : types.none);
}

function replaceGlobal(
  { getExportInfo, i32 }: typeof binaryen,
  module: binaryen.Module,
  name: string,
  base: string,
): void {
  const exported = module.getExport(name);
  if (exported === 0) throw missing(`exported global '${name}'`);
  const { value } = getExportInfo(exported);
  module.removeExport(name);
  module.removeGlobal(value);
  module.addGlobalImport(value, 'sim', base, i32, true);
}

function missing(what: string): LostbitError {
  return new LostbitError('E_HOOK', `the wasm module has no ${what}, which the simulator replaces`);
}
