// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { schedulerBytes } from '../engine/simulate/scheduler-module.js';
import type { DriverAccesses, WrittenPlace } from '../layout/writes.js';
import type { Build } from '../toolchain/build.js';
import { Cache, keyOf, sha256 } from '../toolchain/cache.js';
import { programDigest } from '../toolchain/program-digest.js';
import { type AccessesOptions, driverAccesses } from './accesses.js';
import type { Cell } from './verify.js';

export interface KeptAccessesOptions extends AccessesOptions {
  /** Called with what is wrong with the cache, which is no reason to stop. */
  readonly warn: (text: string) => void;
}

/**
 * What a driver's code writes; from the cache, where this same program has run the same modules in the same scenarios
 * before.
 *
 * @throws what {@link driverAccesses} does.
 */
export async function keptAccesses<C extends Cell>(
  cells: readonly C[],
  buildOf: (cell: C) => Build,
  { warn, ...options }: KeptAccessesOptions,
): Promise<DriverAccesses> {
  const cache = new Cache(warn);
  const ran = cells.map((cell) => [cell.name, cell.scenario, buildOf(cell).key]);
  const key = keyOf('accesses', programDigest(), sha256(schedulerBytes()), ran);
  const kept = await cache.get(key);
  if (kept !== undefined) return JSON.parse(new TextDecoder().decode(kept.bytes), revive) as DriverAccesses;
  const accesses = await driverAccesses(cells, buildOf, options);
  const text = JSON.stringify(accesses, replace);
  await cache.put(key, { bytes: new TextEncoder().encode(text), diagnostics: '' });
  return accesses;
}

/** JSON has no integers of 64 bits; bits are the only ones. */
const ofBits: readonly string[] = ['mask', 'unsure'] satisfies (keyof WrittenPlace)[];
const replace = (_: string, value: unknown) => (typeof value === 'bigint' ? value.toString() : value);
const revive = (name: string, value: unknown) => (ofBits.includes(name) ? BigInt(value as string) : value);
