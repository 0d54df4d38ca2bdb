// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import type { Case } from '../engine/engine.js';
import type { Site } from '../engine/instrument/sites.js';
import type { Access, Interleaving } from '../engine/interleaving.js';
import { deviceOf, type RecordedWrite } from '../engine/run/recorder.js';
import { prepare, run } from '../engine/run/run.js';
import { Session } from '../engine/run/session.js';
import { Simulation } from '../engine/simulate/simulation.js';
import { type Names, scenarioNames } from '../engine/variables.js';
import type {
  ActorWrite,
  DriverAccesses,
  DriverWrite,
  Phase,
  UnorderedWrite,
  UnorderedWrites,
  WrittenPlace,
} from '../layout/writes.js';
import { memoized } from '../memoized.js';
import {
  actorOf,
  isLayout,
  isRace,
  isSequence,
  type RaceScenario,
  type SequenceScenario,
} from '../scenario/scenario.js';
import { nameOf, type Step } from '../scenario/step.js';
import { turnsOf } from '../scenario/turns.js';
import type { Build } from '../toolchain/build.js';
import type { Cell } from './verify.js';

export interface AccessesOptions {
  readonly signal?: AbortSignal;
  /** Called before each cell. */
  readonly progress?: (progress: { done: number; total: number; cell: Cell }) => void;
}

/** Ops, by the names that subjects give them, in which a driver, or a user, takes an object or gives it back. */
const phases: { readonly [op: string]: Phase } = {
  probe: 'set-up',
  bind: 'set-up',
  open: 'set-up',
  close: 'release',
  unbind: 'release',
  remove: 'release',
  unload: 'release',
  shutdown: 'release',
};

/**
 * What a driver's code writes in the scenarios of these cells, which are all of one stage. Sequences are run; a race's
 * actors are run one after the other, in both directions, and all its interleavings are explored for writes that nothing
 * orders.
 *
 * @throws what the engines throw; the signal's reason.
 */
export async function driverAccesses<C extends Cell>(
  cells: readonly C[],
  buildOf: (cell: C) => Build,
  { signal, progress }: AccessesOptions = {},
): Promise<DriverAccesses> {
  const writes = new Map<string, DriverWrite>();
  const unordered: UnorderedWrites[] = [];
  const acted: ActorWrite[] = [];
  const bounded: string[] = [];
  const worked = cells.filter(({ scenario }) => isRace(scenario) || isSequence(scenario));
  const races = worked.filter(({ scenario }) => isRace(scenario));
  let done = 0;
  const report = (cell: Cell) => progress?.({ done: done++, total: worked.length + races.length, cell });
  for (const build of new Set(worked.map(buildOf))) {
    const ofBuild = (cell: C) => buildOf(cell) === build;
    const failed = new AbortController();
    const either = AbortSignal.any([failed.signal, ...(signal === undefined ? [] : [signal])]);
    const both = [
      recordWrites(worked.filter(ofBuild), build, either, report, (write) => {
        const key = keyOf(write);
        if (!writes.has(key)) writes.set(key, write);
      }),
      exploreWrites(races.filter(ofBuild), build, either, report, (cell, found) => {
        unordered.push(...found.unordered);
        acted.push(...found.acted);
        if (found.bounded) bounded.push(cell.name);
      }),
    ];
    for (const one of both) one.catch((error: unknown) => failed.abort(error));
    // Both end before an error goes on: no thread may be left behind.
    await Promise.allSettled(both);
    await Promise.all(both);
  }
  return {
    writes: [...writes.values()],
    unordered,
    acted,
    ran: worked.map(({ name }) => name),
    explored: races.map(({ name }) => name),
    bounded,
  };
}

/** A race's actors one after the other, the first one first and the last one first. What waits for ever ends a turn. */
async function takeTurns(session: Session, scenario: RaceScenario): Promise<void> {
  const actors = turnsOf(scenario);
  for (const order of [actors, actors.toReversed()]) {
    await prepare(session, scenario, []);
    for (const { taker, steps } of order)
      for (const step of steps) if (!session.broken) await session.step(step, taker);
    const end = session.broken ? null : session.end;
    if (end !== null) await session.step(end);
  }
}

/** Runs all scenarios on one thread, and hands on what is written. */
async function recordWrites(
  cells: readonly Cell[],
  build: Build,
  signal: AbortSignal,
  report: (cell: Cell) => void,
  seen: (write: DriverWrite) => void,
): Promise<void> {
  let names: Names = {};
  const session = new Session(build, {
    signal,
    recorded: (writes) => {
      for (const write of writes) seen(driverWrite(write, names));
    },
  });
  try {
    for (const cell of cells) {
      signal.throwIfAborted();
      report(cell);
      names = isLayout(cell.scenario) ? {} : scenarioNames(cell.scenario);
      if (isRace(cell.scenario)) await takeTurns(session, cell.scenario);
      else await run({ ...cell, build } as Case<SequenceScenario>, session, { signal });
    }
  } finally {
    await session.close();
  }
}

interface FoundWrites extends Pick<DriverAccesses, 'unordered' | 'acted'> {
  readonly bounded: boolean;
}

/** Explores all interleavings of races, and hands on the writes that nothing orders. */
async function exploreWrites(
  cells: readonly Cell[],
  build: Build,
  signal: AbortSignal,
  report: (cell: Cell) => void,
  seen: (cell: Cell, found: FoundWrites) => void,
): Promise<void> {
  const simulation = new Simulation(build);
  try {
    for (const cell of cells) {
      signal.throwIfAborted();
      report(cell);
      const tested = { ...cell, build } as Case<RaceScenario>;
      const { races, racesLeftOut, outcomes, bounded } = await simulation.explore(tested, { signal });
      signal.throwIfAborted();
      const acted: ActorWrite[] = [];
      for (const { runs } of outcomes) {
        const { interleaving } = await simulation.describe(tested, runs);
        acted.push(...actedIn(cell.name, interleaving));
      }
      // The locks of a side that was not reached are unknown: it counts as not explored.
      const seenRaces = races.filter(({ sides }) => !sides.some(({ unseen }) => unseen));
      const all = bounded === null && seenRaces.length === races.length && !racesLeftOut;
      seen(cell, { unordered: unorderedIn(tested, seenRaces), acted, bounded: !all });
    }
  } finally {
    await simulation.close();
  }
}

function driverWrite(
  { object, offset, bytes, site, context, locks, step }: RecordedWrite,
  names: Names,
): DriverWrite {
  const device = deviceOf(object.name);
  return {
    tag: object.struct.name ?? '',
    offset,
    bytes,
    mask: bytes > 8 ? -1n : site.mask,
    unsure: bytes > 8 ? 0n : site.unsure,
    stack: ownStack(site),
    context,
    locks: locks.map(({ name, shared }) => ({ name: seenFrom(device, name), shared })),
    phase: phaseOf(step, device, names),
    op: nameOf(step),
  };
}

/** Of equal writes the first is enough. */
function keyOf({ mask, unsure, stack, ...write }: DriverWrite): string {
  return `${mask} ${unsure} ${stackText(stack)} ${JSON.stringify(write)}`;
}

/** As there are some thousand, of which each is written from again and again. */
const stackText = memoized((stack: DriverWrite['stack']) => JSON.stringify(stack));
/** A site's own part of its stack. */
const ownStack = memoized(({ stack, own }: Site) => stack.slice(0, own));

/** A device's own set-up and release: what a step does to another device, it does to one that may be in use. */
function phaseOf(step: Step, written: string, names: Names): Phase {
  const phase = Object.hasOwn(phases, nameOf(step)) ? phases[nameOf(step)] : undefined;
  const [first] = step.args;
  const about = typeof first === 'object' && 'shown' in first ? first.shown : null;
  // What is shown and is no object is a module: ops on one take all of its devices.
  const isWhole = about === null || about === written || !Object.hasOwn(names, about);
  return phase !== undefined && isWhole ? phase : 'run time';
}

/** A path without the device, where it is of this one. */
function seenFrom(device: string, name: string): string {
  return deviceOf(name) === device ? name.slice(device.length + 1) : name;
}

/** The writes of each actor in an interleaving; of equal ones the first. */
function actedIn(scenario: string, { actors, accesses }: Interleaving): ActorWrite[] {
  const found = new Map<string, ActorWrite>();
  for (const access of accesses) {
    const place = placeOf(access);
    if (place === null) continue;
    const write = { ...place, scenario, actor: actors[access.actor]!, object: access.within!.name };
    const { mask, unsure, stack: _, ...rest } = write;
    found.set(`${mask} ${unsure} ${JSON.stringify(rest)}`, write);
  }
  return [...found.values()];
}

/** Where an access writes; `null` where it does not, or where that has no name. */
function placeOf({ within, kind, bytes, mask, unsure, stack }: Access): WrittenPlace | null {
  if (within === null || kind === 'load' || kind === 'atomic.load') return null;
  const all = { mask: -1n, unsure: 0n };
  return {
    tag: within.tag,
    offset: within.offset,
    bytes,
    ...(bytes > 8 ? all : { mask, unsure }),
    stack,
  };
}

function unorderedIn(
  { name, scenario }: Case<RaceScenario>,
  races: readonly { readonly sides: readonly [Side, Side]; readonly schedule: string }[],
): UnorderedWrites[] {
  return races.flatMap(({ sides, schedule }) => {
    const [one, other] = sides.map((side) => writeOf(side, scenario)) as [
      UnorderedWrite | null,
      UnorderedWrite | null,
    ];
    return one === null || other === null ? [] : [{ scenario: name, sides: [one, other], schedule }];
  });
}

const stepName = ({ actors }: RaceScenario, task: string, step: number): string => {
  const actor = actors[task];
  const found = actor === undefined ? undefined : actorOf(actor).steps[step];
  return found === undefined ? '' : nameOf(found);
};

type Side = Access & { readonly task: string };

/** A side of a data race as a write of an object that has a name; `null` where it is not one. */
function writeOf(side: Side, scenario: RaceScenario): UnorderedWrite | null {
  const place = placeOf(side);
  if (place === null) return null;
  const { within, task, step, context, locks, shared } = side;
  const device = deviceOf(within!.name);
  return {
    ...place,
    actor: task,
    op: stepName(scenario, task, step),
    context,
    locks: locks.map((lock) => ({ name: seenFrom(device, lock), shared: shared.includes(lock) })),
  };
}
