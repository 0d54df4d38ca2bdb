import { StructView } from '../../machine/struct-view.js';
import type { RaceScenario } from '../../scenario/scenario.js';
import { taskContexts } from '../engine.js';
import type { AccessKind } from '../instrument/access-shapes.js';
import type { Site } from '../instrument/sites.js';
import type { Access, Interleaving, LockKind } from '../interleaving.js';
import { locate } from '../locate.js';
import { spanOf } from '../span.js';
import type { Followed, FollowedEvent, Simulator } from './simulator.js';
import { kindOf, StepKind, siteOf } from './step.js';

const lockKinds: Readonly<Record<number, LockKind>> = {
  [StepKind.acquire]: 'acquire',
  [StepKind.tryAcquire]: 'try-acquire',
  [StepKind.release]: 'release',
};

/** Tells an execution that was followed in terms of the scenario: fields by name, code by line, locks held. */
export async function interleave(
  simulator: Simulator,
  sites: readonly Site[],
  scenario: RaceScenario,
  followed: Followed,
): Promise<Interleaving> {
  const { machine } = simulator;
  const { events } = followed;
  const actors = Object.keys(scenario.actors);
  const names = new Map<number, string>();
  const nameOf = (address: number) => {
    const name = names.get(address) ?? locate(machine, scenario.devices, 0, address);
    names.set(address, name);
    return name;
  };
  const waits: (string | null)[] = [];
  const unfinished: boolean[] = [];
  for (const actor of actors.keys()) {
    const place = await simulator.call('get_place', actor);
    // Who has not ended waits, unless nobody has let it go on.
    waits.push(place !== 0 && followed.ending === 'deadlock' ? nameOf(place) : null);
    unfinished.push(place !== 0 && followed.ending === 'endless');
  }

  const contended = contentions(events);
  const struct = machine.debugInfo.struct('lab_simulated');
  const read = machine.enumerator('stub_hold', 'STUB_READ');
  const accesses = events.map((event, i): Access => {
    const lock = lockKinds[kindOf(event)];
    const site = lock === undefined ? sites[siteOf(event)] : undefined;
    const { fields: span, ...placed } = spanOf(machine, scenario.devices, event.address, event.bytes);
    const all = (1n << BigInt(event.bytes * 8)) - 1n;
    const mask = site === undefined || site.mask < 0n ? all : site.mask;
    const state = new StructView(struct, machine.memory, event.state);
    const held = Array.from({ length: state.get('task.nr_held') }, (_, i) => ({
      name: nameOf(state.get(`task.held[${i}].lock`)),
      how: state.get(`task.held[${i}].how`),
    }));
    return {
      actor: event.actor,
      kind: lock ?? (site?.kind as AccessKind),
      address: event.address,
      bytes: event.bytes,
      fields: span.filter((field) => (field.mask & mask) !== 0n).map(({ name }) => name),
      ...placed,
      span,
      mask,
      before: event.bytes > 8 ? null : event.before,
      after: event.bytes > 8 ? null : event.after,
      stack: site?.stack ?? [],
      step: state.get('step'),
      context: taskContexts[state.get('task.context')] ?? 'process',
      locks: held.map(({ name }) => name),
      shared: held.filter(({ how }) => how === read).map(({ name }) => name),
      contended: contended[i]!,
    };
  });
  return { actors, accesses, preemptions: events.at(-1)?.preemptions ?? 0, waits, unfinished };
}

/** Of each step of a lock: could it not be had when its thread came to it? */
function contentions(events: readonly FollowedEvent[]): boolean[] {
  const last = new Map<number, number>();
  return events.map((event, i) => {
    const arrived = last.get(event.actor) ?? -1;
    last.set(event.actor, i);
    if (kindOf(event) === StepKind.tryAcquire) return event.failed;
    if (kindOf(event) !== StepKind.acquire) return false;
    // What the lock was like then is what the last step before that has left.
    const before = events.slice(0, arrived + 1).findLast(({ address }) => address === event.address);
    const next = events.slice(arrived + 1).find(({ address }) => address === event.address)!;
    const word = Number((before === undefined ? next.before : before.after) & 0xffff_ffffn);
    return (word & event.busy) !== 0;
  });
}
