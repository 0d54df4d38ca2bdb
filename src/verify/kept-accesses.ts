// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { schedulerBytes } from '../engine/simulate/scheduler-module.js';
import type { DriverAccesses, WrittenPlace } from '../layout/writes.js';
import type { Build } from '../toolchain/build.js';
import { Cache, keyOf, sha256 } from '../toolchain/cache.js';
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
  const key = keyOf('accesses', program(), ran);
  const kept = await cache.get(key);
  if (kept !== undefined) return JSON.parse(new TextDecoder().decode(kept.bytes), revive) as DriverAccesses;
  const accesses = await driverAccesses(cells, buildOf, options);
  const text = JSON.stringify(accesses, replace);
  await cache.put(key, { bytes: new TextEncoder().encode(text), diagnostics: '' });
  return accesses;
}

let digest: string | undefined;

/** A digest of this program's code: any change in it may change the result. */
function program(): string {
  if (digest === undefined) {
    const root = fileURLToPath(new URL('..', import.meta.url));
    const files = readdirSync(root, { recursive: true, encoding: 'utf8' })
      .filter((file) => /\.[jt]s$/.test(file) && !file.endsWith('.d.ts'))
      .sort()
      .map((file) => [file, sha256(readFileSync(join(root, file)))]);
    digest = sha256(JSON.stringify([files, sha256(schedulerBytes())]));
  }
  return digest;
}

/** JSON has no integers of 64 bits; bits are the only ones. */
const ofBits: readonly string[] = ['mask', 'unsure'] satisfies (keyof WrittenPlace)[];
const replace = (_: string, value: unknown) => (typeof value === 'bigint' ? value.toString() : value);
const revive = (name: string, value: unknown) => (ofBits.includes(name) ? BigInt(value as string) : value);
