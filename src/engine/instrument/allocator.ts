// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
/** Where memory is handed out and taken back, and what looks at accesses: these touch what nobody else may. */
export const allocatorFiles: readonly (string | null)[] = [
  'kernel/check.c',
  'kernel/record.c',
  'kernel/slab.c',
  'kernel/violation.c',
  'lab/instance.c',
];
