// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { constants } from 'node:os';

/** Is it an errno, as the kernel tells them from other values? */
export const isErrno = (value: number): boolean => value < 0 && value >= -4095;

/** An errno as the kernel returns it: -19 is `-ENODEV`. */
export function errnoName(value: number): string {
  const name = errnoWord(value);
  return name === String(value) ? name : `${name} (${value})`;
}

/** The name alone: `-ENODEV`; the number where it has none. */
export function errnoWord(value: number): string {
  const known = Object.entries(linux).find(([, number]) => number === -value);
  return known === undefined ? String(value) : `-${known[0]}`;
}

// Linux's numbers, on whatever system this runs; the few that Node's own table has elsewhere differ.
const linux: Readonly<Record<string, number>> = {
  ...(process.platform === 'linux' ? constants.errno : {}),
  EPERM: 1,
  ENOENT: 2,
  EIO: 5,
  E2BIG: 7,
  EBADF: 9,
  EAGAIN: 11,
  ENOMEM: 12,
  EACCES: 13,
  EFAULT: 14,
  EBUSY: 16,
  EEXIST: 17,
  ENODEV: 19,
  EINVAL: 22,
  ENOTTY: 25,
  ENOSPC: 28,
  ERANGE: 34,
  ENOSYS: 38,
  ENOTCONN: 107,
};
