// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';

/** The processors this process may run on, by number; without a way to ask, 0 … n-1. */
export function allowedCpus(): number[] {
  try {
    const list = /^Cpus_allowed_list:\s*(\S+)/m.exec(readFileSync('/proc/self/status', 'utf8'))?.[1];
    if (list !== undefined) return parseCpuList(list);
  } catch {
    // No /proc: not Linux.
  }
  return Array.from({ length: availableParallelism() }, (_, cpu) => cpu);
}

/** Parses the kernel's list format: `0-3,8` is 0, 1, 2, 3, 8. */
export function parseCpuList(list: string): number[] {
  return list.split(',').flatMap((range) => {
    const [from = 0, to = from] = range.split('-').map(Number);
    return Array.from({ length: to - from + 1 }, (_, i) => from + i);
  });
}
