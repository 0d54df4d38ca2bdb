// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import type { FollowedEvent } from '../../../src/engine/simulate/simulator.js';
import { kindOf, StepKind } from '../../../src/engine/simulate/step.js';

/**
 * Which steps of an execution must come before which: by their actors' programs, by locks, and by atomic accesses, of
 * which one that reads has seen all that was done before those that wrote. It knows no more than that one execution: an
 * oracle for the scheduler's data races, whose clocks are of all executions of a class.
 */
export class Synchronisation {
  readonly #events: readonly FollowedEvent[];
  /** By step, how many steps of each actor come before it, itself included. */
  readonly #clocks: readonly Uint32Array[];
  /** By step, which of its actor's it is, from 1. */
  readonly #nth: readonly number[];

  constructor(events: readonly FollowedEvent[], actors: number) {
    const nth: number[] = [];
    const clocks: Uint32Array[] = [];
    const last = Array.from({ length: actors }, () => new Uint32Array(actors));
    /** By the 8 bytes that they are in, the steps that a later one there may see. */
    const there = new Map<number, number[]>();
    for (const [i, event] of events.entries()) {
      const clock = Uint32Array.from(last[event.actor]!);
      nth.push(++clock[event.actor]!);
      for (const word of wordsOf(event)) {
        const before = there.get(word) ?? [];
        for (const step of before) if (sees(event, events[step]!)) join(clock, clocks[step]!);
        const left = isOverwriting(event) ? before.filter((step) => !covers(event, events[step]!)) : before;
        there.set(word, handsOver(event) ? [...left, i] : left);
      }
      clocks.push(clock);
      last[event.actor] = clock;
    }
    this.#events = events;
    this.#clocks = clocks;
    this.#nth = nth;
  }

  /** Must one step come before a later one? */
  orders(first: number, second: number): boolean {
    return this.#clocks[second]![this.#events[first]!.actor]! >= this.#nth[first]!;
  }
}

/** The bit of a lock's word that alone keeps a shared acquire out, and that no sharer's release gives back. */
const sharedBusy = 0x8000;

/** A release, and an atomic write that has changed something. */
function handsOver(event: FollowedEvent): boolean {
  switch (kindOf(event)) {
    case StepKind.atomicStore:
    case StepKind.atomicRmw:
    case StepKind.atomicAdd:
    case StepKind.release:
      return true;
    default:
      // One that writes what it has found might as well have come later: no thread can see the difference.
      return kindOf(event) === StepKind.compareExchange && event.before !== event.after;
  }
}

/** Does a step learn what another has handed over? Those who share a lock learn nothing from each other. */
function sees(event: FollowedEvent, other: FollowedEvent): boolean {
  if (!overlaps(event, other)) return false;
  const kind = kindOf(event);
  if (takes(event)) {
    const claim = Number((other.before - other.after) & 0xffff_ffffn);
    return event.busy !== sharedBusy || claim === sharedBusy || kindOf(other) !== StepKind.release;
  }
  return kind === StepKind.atomicLoad || kind === StepKind.atomicRmw || kind === StepKind.compareExchange;
}

const takes = (event: FollowedEvent) =>
  kindOf(event) === StepKind.acquire || (kindOf(event) === StepKind.tryAcquire && !event.failed);

/** Is what was there of no account any more? Whoever has a lock alone has seen all that, and hands it on. */
const isOverwriting = (event: FollowedEvent) =>
  ([StepKind.store, StepKind.copy, StepKind.atomicStore] as number[]).includes(kindOf(event)) ||
  (takes(event) && event.busy !== sharedBusy);

const overlaps = (a: FollowedEvent, b: FollowedEvent) =>
  a.address < b.address + b.bytes && b.address < a.address + a.bytes;

const covers = (a: FollowedEvent, b: FollowedEvent) =>
  a.address <= b.address && a.address + a.bytes >= b.address + b.bytes;

function* wordsOf({ address, bytes }: FollowedEvent): Generator<number> {
  for (let word = address >>> 3; word <= (address + bytes - 1) >>> 3; word++) yield word;
}

function join(clock: Uint32Array, other: Uint32Array): void {
  for (const [actor, steps] of other.entries()) clock[actor] = Math.max(clock[actor]!, steps);
}
