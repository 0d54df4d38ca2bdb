// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only

import { meantFields } from '../../layout/meant.js';
import type { StructType } from '../../layout/types.js';
import { StructView } from '../../machine/struct-view.js';
import { isBusy } from '../busy.js';
import type { AccessKind } from '../instrument/access-shapes.js';
import type { Site } from '../instrument/sites.js';
import type { Access, LockKind, SpanField } from '../interleaving.js';
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

/** The kind of a lock's step; `undefined` of an access. */
export const lockKindOf = (step: { readonly what: number }): LockKind | undefined => lockKinds[kindOf(step)];

/**
 * Describes steps of a followed execution in terms of the scenario: fields by name, code by line, locks held. Reads the
 * actors' states from the simulator's memory, where they lie until the next execution is followed.
 */
export class AccessDescriber {
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

  /** The name of what is at an address. */
  lockNameOf(address: number): string {
    return this.#names.lockNameOf(address);
  }

  /** The site of a step; of a load that a later store writes back, with what that store turns out to mean. */
  #siteAt(i: number): Site | undefined {
    const event = this.#events[i]!;
    const site = this.#sites[siteOf(event)];
    if (site === undefined || site.decided.length === 0) return site;
    for (let next = i + 1; next < this.#events.length; next++) {
      const { actor, address } = this.#events[next]!;
      if (actor !== event.actor) continue;
      const other = this.#sites[siteOf(this.#events[next]!)];
      // Another iteration of a loop.
      if (other === site || other === undefined) break;
      if (address !== event.address || other.variantOf === undefined) continue;
      const decided = site.decided.find(({ store }) => store === other.variantOf);
      if (decided !== undefined) return { ...site, mask: decided.besides | other.mask, unsure: 0n };
    }
    return site;
  }

  /** The step at an index. */
  at(i: number): Access {
    const { machine } = this.#simulator;
    const event = this.#events[i]!;
    const { actor, address, bytes } = event;
    const lock = lockKindOf(event);
    const site = lock === undefined ? this.#siteAt(i) : undefined;
    const placed = placeOf(this.#names, address, bytes, site);
    const state = new StructView(this.#state, machine.memory, event.state);
    const held = Array.from({ length: state.get('task.nr_held') }, (_, i) => ({
      name: this.#names.lockNameOf(state.get(`task.held[${i}].lock`)),
      how: state.get(`task.held[${i}].how`),
    }));
    this.#contended ??= contentions(this.#events);
    return {
      actor,
      kind: lock ?? (site?.kind as AccessKind),
      address,
      bytes,
      ...placed,
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
): Pick<Access, 'fields' | 'oneOf' | 'object' | 'place' | 'within' | 'span' | 'mask' | 'unsure'> {
  const { fields: span, ...placed } = spanOf(names, address, bytes);
  const all = (1n << BigInt(bytes * 8)) - 1n;
  const mask = site === undefined || site.mask < 0n ? all : site.mask;
  const meant = meantFields(span, { mask, unsure: site?.unsure ?? 0n });
  const namesOf = (some: readonly SpanField[]) => some.map(({ name }) => name);
  const unsure = meant.oneOf.reduce((bits, field) => bits | (field.mask & mask), 0n);
  return { ...placed, fields: namesOf(meant.fields), oneOf: namesOf(meant.oneOf), span, mask, unsure };
}

/** Of each step of a lock: was it taken when its thread came to it? */
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
    // The lock's word then is what the last step before that left, or what the first one since found.
    const next = before[firstAfter(before, arrived)]!;
    const last = before[firstAfter(before, arrived) - 1];
    const word = Number((last === undefined ? events[next]!.before : events[last]!.after) & 0xffff_ffffn);
    return isBusy(word, event.busy);
  });
}

/** The index of the first number above `limit` in an ascending list; searched from its end, which most are close to. */
function firstAfter(ascending: readonly number[], limit: number): number {
  let at = ascending.length;
  while (at > 0 && ascending[at - 1]! > limit) at--;
  return at;
}
