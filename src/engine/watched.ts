// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import type { Machine } from '../machine/machine.js';
import type { RaceScenario } from '../scenario/scenario.js';
import { arenaStart, type Words } from './heap.js';
import { placesOf } from './locate.js';
import { resolveField, scenarioNames } from './variables.js';

/** Bits that a scenario observes or calls exclusive. */
export interface WatchedBits {
  /** Of the first byte that they are in, */
  readonly address: number;
  /** ... and how many bytes they are in. */
  readonly bytes: number;
  /** From that byte's least significant bit on. */
  readonly mask: bigint;
}

/**
 * Where the fields are that a scenario observes or calls exclusive, in the first instance of a machine. Where a pointer on the
 * way there has had several values, at all of them.
 */
export function watchedBits(machine: Machine, scenario: RaceScenario, words: Words): WatchedBits[] {
  const { observe, exclusive = [] } = scenario;
  const fields = new Set(
    [...Object.values(observe), ...exclusive].filter((what) => typeof what === 'string'),
  );
  return [...fields].flatMap((field) => {
    const { hops, bit, bits } = resolveField(machine, scenarioNames(scenario), field);
    const mask = ((1n << BigInt(bits)) - 1n) << BigInt(bit);
    const bytes = Math.ceil((bit + bits) / 8);
    return placesOf(arenaStart(machine, 0), hops, words).map((address) => ({ address, bytes, mask }));
  });
}

/** Are any of [address, address + bytes) watched? */
export const isWatched = (watched: readonly WatchedBits[], address: number, bytes: number): boolean =>
  watched.some((one) => one.address < address + bytes && address < one.address + one.bytes);

/** Those bits of [address, address + bytes), 8 bytes at most, that are watched, the least significant first. */
export function watchedIn(watched: readonly WatchedBits[], address: number, bytes: number): bigint {
  const whole = (1n << BigInt(8 * bytes)) - 1n;
  return watched.reduce((sum, one) => {
    if (!isWatched([one], address, bytes)) return sum;
    const offset = BigInt((one.address - address) * 8);
    return sum | ((offset < 0n ? one.mask >> -offset : one.mask << offset) & whole);
  }, 0n);
}
