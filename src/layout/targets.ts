// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { LostbitError } from '../errors.js';
import { offer } from '../nearest.js';
import type { LayoutTarget } from './types.js';

/** A machine that the compilers' front ends lay structs out for, whether or not they make code for it. */
export interface CompilerTarget extends LayoutTarget {
  readonly name: TargetName;
  /** For `--target=`. */
  readonly triple: string;
}

export type TargetName = keyof typeof known;

const known = {
  x86_64: { triple: 'x86_64-linux-gnu', littleEndian: true, pointerSize: 8 },
  aarch64: { triple: 'aarch64-linux-gnu', littleEndian: true, pointerSize: 8 },
  i386: { triple: 'i386-linux-gnu', littleEndian: true, pointerSize: 4 },
  riscv64: { triple: 'riscv64-linux-gnu', littleEndian: true, pointerSize: 8 },
  arm: { triple: 'arm-linux-gnueabi', littleEndian: true, pointerSize: 4 },
  ppc64le: { triple: 'powerpc64le-linux-gnu', littleEndian: true, pointerSize: 8 },
  s390x: { triple: 's390x-linux-gnu', littleEndian: false, pointerSize: 8 },
  wasm32: { triple: 'wasm32-unknown-unknown', littleEndian: true, pointerSize: 4 },
} as const;

export const targetNames = Object.keys(known) as TargetName[];

/** A target by its name. Throws `E_UNKNOWN_TARGET`, offering the nearest. */
export function targetOf(name: string): CompilerTarget {
  if (!Object.hasOwn(known, name)) {
    throw new LostbitError('E_UNKNOWN_TARGET', `there is no target '${name}'`, {
      hint: offer(name, targetNames),
    });
  }
  return { name: name as TargetName, ...known[name as TargetName] };
}
