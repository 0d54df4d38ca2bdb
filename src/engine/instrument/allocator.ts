// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
/** Files that hand memory out and take it back, and that check accesses: they touch what no other code may. */
export const allocatorFiles: readonly (string | null)[] = [
  'kernel/check.c',
  'kernel/record.c',
  'kernel/slab.c',
  'kernel/violation.c',
  'lab/instance.c',
];
