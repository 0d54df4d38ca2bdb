// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import type { CodeFrame } from '../../layout/code-map.js';
import type { RaceScenario } from '../../scenario/scenario.js';
import type { AccessKind } from '../instrument/access-shapes.js';
import type { Site } from '../instrument/sites.js';
import { type Access, type DataRace, isWrite, type RaceSide } from '../interleaving.js';
import type { MemoryNames } from '../memory-names.js';
import type { Run } from '../schedule.js';
import { AccessDescriber, lockKindOf, placeOf } from './describe-access.js';
import { type Breach, type ExclusiveField, touchOf } from './exclusive.js';
import { namesIn } from './execution-names.js';
import type { ExploredRace, Followed, FollowedEvent, Simulator } from './simulator.js';
import { kindOf, StepKind, siteOf } from './step.js';

/** What is needed to describe data races. */
export interface RaceContext {
  readonly simulator: Simulator;
  readonly sites: readonly Site[];
  readonly scenario: RaceScenario;
  readonly exclusive: readonly ExclusiveField[];
  /** Of memory as the set-up has left it. */
  readonly names: MemoryNames;
  readonly follow: (runs: readonly Run[]) => Promise<Followed>;
}

/** A data race, and which of the fields that must be exclusive it touches. */
export interface DescribedRace extends Omit<DataRace, 'schedule'> {
  readonly runs: readonly Run[];
  readonly preemptions: number;
  readonly breaches: readonly FoundBreach[];
}

export interface FoundBreach extends Breach, Pick<DescribedRace, 'runs' | 'preemptions'> {}

/** An execution that shows data races. */
class Shown {
  readonly #events: readonly FollowedEvent[];
  readonly #describer: AccessDescriber;
  readonly #names: MemoryNames;
  readonly #context: RaceContext;
  /** By actor, its steps by the ticks before them. */
  readonly #steps: readonly Map<number, number>[];

  constructor(events: readonly FollowedEvent[], context: RaceContext) {
    const { simulator, sites, scenario, names } = context;
    this.#events = events;
    this.#names = namesIn(simulator, scenario, names, events);
    this.#describer = new AccessDescriber(simulator, sites, events, this.#names);
    this.#context = context;
    this.#steps = Object.keys(scenario.actors).map(() => new Map());
    for (const [i, { actor, ticks }] of events.entries()) this.#steps[actor]!.set(ticks, i);
  }

  get preemptions(): number {
    return this.#events.at(-1)?.preemptions ?? 0;
  }

  /**
   * Index of the step that the scheduler noted as a side of a race; `null` where the execution was not followed so far:
   * there is less room for one of which every access is a step.
   */
  find({ what, actors, ticks }: ExploredRace, side: 0 | 1): number | null {
    const i = this.#steps[actors[side]]?.get(ticks[side]);
    return i !== undefined && this.#events[i]!.what === what[side] ? i : null;
  }

  /** A step as a side of a race; of a copy, what it writes and what it reads. */
  sidesAt(i: number): RaceSide[] {
    const { scenario } = this.#context;
    const event = this.#events[i]!;
    const access = this.#describer.at(i);
    const side = { ...access, task: Object.keys(scenario.actors)[access.actor]! };
    if (kindOf(event) !== StepKind.copy) return [side];
    const read = placeOf(this.#names, event.source, event.bytes, undefined);
    return [side, { ...side, ...read, kind: 'load', address: event.source, before: access.after }];
  }
}

/**
 * Describes the data races of an exploration, those between the same lines of code as one: a line that sets a flag reads
 * its neighbours and writes them back, so that a race with another such line is three pairs of accesses. Races of two
 * writes come first.
 */
export async function describeRaces(
  found: readonly ExploredRace[],
  context: RaceContext,
): Promise<DescribedRace[]> {
  const { exclusive, follow } = context;
  const races: DescribedRace[] = [];
  // Those of one execution come one after the other.
  let schedule = '';
  let shown = new Shown([], context);
  for (const race of found) {
    const { count, runs } = race;
    const wanted = JSON.stringify(runs);
    if (schedule !== wanted) {
      shown = new Shown((await follow(runs)).events, context);
      schedule = wanted;
    }
    const sides = sidesOf(race, shown, context);
    const { preemptions } = shown;
    const breaches = exclusive
      .filter((field) => sides.every((side) => touchOf(field, side) !== null))
      .map((field) => ({ field, sides, count, runs, preemptions }));
    add(races, { kind: kindOfRace(sides), sides, pairs: 1, count, runs, preemptions, breaches });
  }
  return races.sort((a, b) => writes(b.sides) - writes(a.sides));
}

/** Adds a race to those between the same lines. */
function add(races: DescribedRace[], race: DescribedRace): void {
  const at = races.findIndex((known) => isSame(known.sides, race.sides));
  if (at < 0) {
    races.push(race);
    return;
  }
  const [best, other] = [races[at]!, race].sort((a, b) => weight(b.sides) - weight(a.sides)) as [
    DescribedRace,
    DescribedRace,
  ];
  const breaches = [...best.breaches];
  for (const breach of other.breaches)
    if (!breaches.some(({ field }) => field === breach.field)) breaches.push(breach);
  races.splice(at, 1);
  // A line that was unknown before may show that two others are the same.
  add(races, {
    ...best,
    pairs: best.pairs + other.pairs,
    count: Math.max(best.count, other.count),
    breaches,
  });
}

const writes = (sides: readonly Access[]) => sides.filter(isWrite).length;
/** Is it of one line? Code that was made from several is of none, and has the nearest one. */
const hasLine = (frame: CodeFrame | undefined) => frame?.line != null && !frame.nearest;
/** Two writes are worth more than a read and a write, and code with a line more than code without. */
const weight = (sides: readonly Access[]) =>
  4 * writes(sides) + sides.filter(({ stack: [frame] }) => hasLine(frame)).length;

function isSame([a, b]: DataRace['sides'], [c, d]: DataRace['sides']): boolean {
  return (isSameLine(a, c) && isSameLine(b, d)) || (isSameLine(a, d) && isSameLine(b, c));
}

/** Code that was made from several lines counts as any line of its function. */
function isSameLine(a: Access, b: Access): boolean {
  const [one, other] = [a.stack[0], b.stack[0]];
  return (
    one?.function === other?.function &&
    one?.file === other?.file &&
    (one?.line === other?.line || !hasLine(one) || !hasLine(other)) &&
    a.fields.join() === b.fields.join() &&
    a.oneOf.join() === b.oneOf.join() &&
    (a.fields.length + a.oneOf.length > 0 || a.object === b.object)
  );
}

/** The two accesses that the scheduler noted, in the order in which they were met. */
function sidesOf(race: ExploredRace, shown: Shown, context: RaceContext): readonly [RaceSide, RaceSide] {
  const [one, other] = [shown.find(race, 0), shown.find(race, 1)];
  const sides = (i: number | null, side: 0 | 1) =>
    i === null ? [unseenSide(race, side, context)] : shown.sidesAt(i);
  // What the followed execution did not reach comes last.
  const ends = Number.POSITIVE_INFINITY;
  const [first, second] =
    (one ?? ends) <= (other ?? ends) ? [sides(one, 0), sides(other, 1)] : [sides(other, 1), sides(one, 0)];
  // Of a copy, the side is the range that overlaps with the other access.
  for (const a of first)
    for (const b of second) if (overlap(a, b) && (isWrite(a) || isWrite(b))) return [a, b];
  return [first[0]!, second[0]!];
}

/** A side of which only the actor and the place are known. */
function unseenSide(race: ExploredRace, side: 0 | 1, { sites, scenario, names }: RaceContext): RaceSide {
  const { what, actors, addresses, bytes: widths } = race;
  const [address, bytes, actor] = [addresses[side], widths[side], actors[side]];
  const lock = lockKindOf({ what: what[side] });
  const site = lock === undefined ? sites[siteOf({ what: what[side] })] : undefined;
  return {
    task: Object.keys(scenario.actors)[actor]!,
    unseen: true,
    actor,
    kind: lock ?? (site?.kind as AccessKind),
    address,
    bytes,
    ...placeOf(names, address, bytes, site),
    before: null,
    after: null,
    stack: site?.stack ?? [],
    step: 0,
    context: 'process',
    locks: [],
    shared: [],
    contended: false,
  };
}

const overlap = (a: Access, b: Access) => a.address < b.address + b.bytes && b.address < a.address + a.bytes;

function kindOfRace([a, b]: readonly [RaceSide, RaceSide]): DataRace['kind'] {
  if (a.bytes !== b.bytes || a.address !== b.address) return 'mixed-width';
  if ((a.mask & b.mask) === 0n) return 'bit-field';
  const mayMean = (side: RaceSide) => [...side.fields, ...side.oneOf];
  if (a.oneOf.length + b.oneOf.length === 0 || a.fields.some((field) => b.fields.includes(field)))
    return 'plain';
  return mayMean(a).some((field) => mayMean(b).includes(field)) ? 'unclear' : 'bit-field';
}
