// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import type { Program } from '../toolchain/types.js';

/** An op as the C declares it. */
export interface DeclaredOp {
  readonly name: string;
  /** As they are written: `u32 device`. */
  readonly parameters: readonly string[];
}

/** The ops that a program declares, sorted. What macros of its own declare is not found. */
export function declaredOps(program: Program): DeclaredOp[] {
  const found = matches(program, /^LAB_OP\(\s*(\w+)\s*(?:,([^();{}]{0,500}))?\)/gm);
  return found
    .map(([, name, parameters = '']) => ({
      name: name!,
      parameters: parameters
        .split(',')
        .map((one) => one.replace(/\s+/g, ' ').trim())
        .filter((one) => one !== ''),
    }))
    .sort((a, b) => (a.name < b.name ? -1 : 1));
}

/** The functions that a program can have fail, sorted. */
export const declaredFaults = (program: Program): string[] =>
  matches(program, /^STUB_FAULT\((\w+)\)/gm)
    .map(([, name]) => name!)
    .sort();

const matches = ({ tree, units }: Program, pattern: RegExp): RegExpMatchArray[] =>
  units.flatMap((unit) => [...(tree.get(unit) ?? '').matchAll(pattern)]);
