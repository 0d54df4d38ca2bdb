// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import type { StructType } from '../../layout/types.js';
import { StructView } from '../../machine/struct-view.js';
import type { AccessKind } from '../instrument/access-shapes.js';
import type { Site } from '../instrument/sites.js';
import type { Access, LockKind } from '../interleaving.js';
import { taskContextOf } from '../kernel-names.js';
import type { MemoryNames } from '../memory-names.js';
import { spanOf } from '../span.js';
import type { FollowedEvent, Simulator } from './simulator.js';
import { kindOf, StepKind, siteOf } from './step.js';

const lockKinds: Readonly<Record<number, LockKind>> = {
  [StepKind.acquire]: 'acquire',
  [StepKind.tryAcquire]: 'try-acquire',
  [StepKind.release]: 'release',
};

/** `undefined` of an access. */
export const lockKindOf = (step: { readonly what: number }): LockKind | undefined => lockKinds[kindOf(step)];

/**
 * Tells steps of an execution that was followed in terms of the scenario: fields by name, code by line, locks held. What
 * the actors' states were lies in the simulator's memory, until the next execution is followed.
 */
export class AccessTeller {
  readonly #simulator: Simulator;
  readonly #sites: readonly Site[];
  readonly #events: readonly FollowedEvent[];
  readonly #names: MemoryNames;
  readonly #state: StructType;
  readonly #read: number;
  #contended: readonly boolean[] | null = null;

  constructor(
    simulator: Simulator,
    sites: readonly Site[],
    events: readonly FollowedEvent[],
    names: MemoryNames,
  ) {
    const { machine } = simulator;
    this.#simulator = simulator;
    this.#sites = sites;
    this.#names = names;
    this.#events = events;
    this.#state = machine.debugInfo.struct('lab_simulated');
    this.#read = machine.enumerator('stub_hold', 'STUB_READ');
  }

  /** What is at an address. */
  nameOf(address: number): string {
    return this.#names.nameOf(address);
  }

  /** The step of an index. */
  at(i: number): Access {
    const { machine } = this.#simulator;
    const event = this.#events[i]!;
    const { actor, address, bytes } = event;
    const lock = lockKindOf(event);
    const site = lock === undefined ? this.#sites[siteOf(event)] : undefined;
    const { mask, ...placed } = placeOf(this.#names, address, bytes, site);
    const state = new StructView(this.#state, machine.memory, event.state);
    const held = Array.from({ length: state.get('task.nr_held') }, (_, i) => ({
      name: this.nameOf(state.get(`task.held[${i}].lock`)),
      how: state.get(`task.held[${i}].how`),
    }));
    this.#contended ??= contentions(this.#events);
    return {
      actor,
      kind: lock ?? (site?.kind as AccessKind),
      address,
      bytes,
      ...placed,
      mask,
      before: bytes > 8 ? null : event.before,
      after: bytes > 8 ? null : event.after,
      stack: site?.stack ?? [],
      step: state.get('step'),
      context: taskContextOf(machine, state.get('task.context')) ?? 'process',
      locks: held.map(({ name }) => name),
      shared: held.filter(({ how }) => how === this.#read).map(({ name }) => name),
      contended: this.#contended[i]!,
    };
  }
}

/** Where accessed bytes lie, and which of their bits and fields the code at a site means. */
export function placeOf(
  names: MemoryNames,
  address: number,
  bytes: number,
  site: Site | undefined,
): Pick<Access, 'fields' | 'object' | 'place' | 'within' | 'span' | 'mask'> {
  const { fields: span, ...placed } = spanOf(names, address, bytes);
  const all = (1n << BigInt(bytes * 8)) - 1n;
  const mask = site === undefined || site.mask < 0n ? all : site.mask;
  const fields = span.filter((field) => (field.mask & mask) !== 0n).map(({ name }) => name);
  return { fields, ...placed, span, mask };
}

/** Of each step of a lock: could it not be had when its thread came to it? */
function contentions(events: readonly FollowedEvent[]): boolean[] {
  const arrivals = new Map<number, number>();
  /** By address, the steps there so far. */
  const there = new Map<number, number[]>();
  return events.map((event, i) => {
    const arrived = arrivals.get(event.actor) ?? -1;
    arrivals.set(event.actor, i);
    const before = there.get(event.address) ?? [];
    there.set(event.address, before);
    before.push(i);
    if (kindOf(event) === StepKind.tryAcquire) return event.failed;
    if (kindOf(event) !== StepKind.acquire) return false;
    // What the lock was like then is what the last step before that has left, or what the first one since has found.
    const next = before[firstAfter(before, arrived)]!;
    const last = before[firstAfter(before, arrived) - 1];
    const word = Number((last === undefined ? events[next]!.before : events[last]!.after) & 0xffff_ffffn);
    return (word & event.busy) !== 0;
  });
}

/** Where in an ascending list the numbers above one begin; sought from its end, which most are close to. */
function firstAfter(ascending: readonly number[], limit: number): number {
  let at = ascending.length;
  while (at > 0 && ascending[at - 1]! > limit) at--;
  return at;
}
