// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { packageRoot } from '../../package-root.js';
import { exportedConstant } from '../instrument/module-types.js';

/** The scheduler's module, and the constants that it is read by. */
export interface Scheduler {
  readonly module: WebAssembly.Module;
  /** A constant that `assembly/index.ts` exports: where a table lies, where a field lies in an entry of it. */
  constant(name: string): number;
}

let loaded: Scheduler | undefined;

/** Made from `assembly/` by the build. */
export const schedulerBytes = () => readFileSync(join(packageRoot(), 'dist/assembly/scheduler.wasm'));

export function loadScheduler(): Scheduler {
  if (loaded !== undefined) return loaded;
  const bytes = schedulerBytes();
  const known = new Map<string, number>();
  loaded = {
    module: new WebAssembly.Module(bytes),
    constant(name) {
      const value = known.get(name) ?? exportedConstant(bytes, name);
      if (value === undefined) throw new Error(`the scheduler exports no ${name}`);
      known.set(name, value);
      return value;
    },
  };
  return loaded;
}
