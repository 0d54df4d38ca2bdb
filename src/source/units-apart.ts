// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only

/** Units that hand memory out and take it back, and that check accesses: they touch what no other code may. */
export const allocatorUnits: readonly (string | null)[] = [
  'kernel/check.c',
  'kernel/record.c',
  'kernel/slab.c',
  'kernel/violation.c',
  'lab/instance.c',
];

/** Units that are not part of the machine: they implement locks, record violations, or drive the machine itself. */
export const outsideUnits: readonly (string | null)[] = [
  'kernel/check.c',
  'kernel/host.c',
  'kernel/stack.c',
  'kernel/violation.c',
  'kernel/wait.c',
  'lab/instance.c',
  'lab/replay.c',
  'lab/simulated.c',
  'lab/stress.c',
];

/** What engines know by its unit, and so has to be one. */
export const unitsApart: ReadonlySet<string | null> = new Set([...allocatorUnits, ...outsideUnits]);
