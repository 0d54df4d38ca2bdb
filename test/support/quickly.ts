// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { type Ran, root, within } from './lostbit.js';
import { quickest } from './race.js';

const compiling = ['verify', 'run', 'race', 'simulate', 'replay', 'fidelity', 'layout', 'hazards'];

/** Runs the command line in this process with the quickest toolchain, and has it print what it does by default. */
export async function quickly(args: readonly string[], cwd = root): Promise<Ran> {
  if (!compiling.includes(args[0] ?? '')) return within(cwd, args);
  const { status, stdout, stderr } = await within(cwd, [...args, '--toolchain', await quickest]);
  return { status, stdout: asByDefault(stdout), stderr };
}

/** Commands that are printed name a toolchain other than the default. */
const asByDefault = (text: string) => text.replaceAll(/ --toolchain clang\b/g, '');
