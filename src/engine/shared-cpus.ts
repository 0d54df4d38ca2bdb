// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import type { ArrayType } from '../layout/types.js';
import type { Machine } from '../machine/machine.js';
import { processors } from '../scenario/limits.js';
import { arenaStart, type Words } from './heap.js';

/** The words by which tasks share processors (`struct stub_cpu`). Their steps are how tasks take turns, and of no code. */
export interface SharedCpus {
  /** 0 where no tasks share any. */
  readonly address: number;
  readonly type: ArrayType;
}

/** Where they are in an instance of the machine. */
export function sharedCpus(machine: Machine, instance: number, words: Words): SharedCpus {
  const { debugInfo } = machine;
  const arena = debugInfo.struct('stub_arena').members.find(({ name }) => name === 'cpus');
  const element = debugInfo.struct('stub_cpu');
  const count = processors();
  const type: ArrayType = { kind: 'array', element, count, size: count * element.size };
  const start = arenaStart(machine, instance);
  return { address: arena === undefined ? 0 : (words(start + arena.offset).at(-1) ?? 0), type };
}

/** Is it one of these words? */
export const isSharedCpu = ({ address, type }: SharedCpus, at: number): boolean =>
  address !== 0 && at >= address && at < address + type.size;
