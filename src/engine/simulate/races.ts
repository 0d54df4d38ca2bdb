import type { RaceScenario } from '../../scenario/scenario.js';
import type { Site } from '../instrument/sites.js';
import type { Access, DataRace, Interleaving, RaceSide } from '../interleaving.js';
import type { Run } from '../schedule.js';
import { spanOf } from '../span.js';
import { type Breach, type ExclusiveField, touchOf } from './exclusive.js';
import { interleave } from './interleave.js';
import type { ExploredRace, Followed, Simulator } from './simulator.js';
import { kindOf, StepKind } from './step.js';
import { Synchronisation } from './synchronisation.js';

/** What data races are told from. */
export interface RaceTeller {
  readonly simulator: Simulator;
  readonly sites: readonly Site[];
  readonly scenario: RaceScenario;
  readonly exclusive: readonly ExclusiveField[];
  readonly follow: (runs: readonly Run[]) => Promise<Followed>;
}

/** A data race, and which fields that are to be exclusive it is about. */
export interface ToldRace extends Omit<DataRace, 'schedule'> {
  readonly runs: readonly Run[];
  readonly preemptions: number;
  readonly breaches: readonly FoundBreach[];
}

export interface FoundBreach extends Breach, Pick<ToldRace, 'runs' | 'preemptions'> {}

/** An execution that shows data races, and what must come before what in it. */
interface Shown {
  readonly followed: Followed;
  readonly told: Interleaving;
  readonly order: Synchronisation;
}

/**
 * Tells the data races of an exploration, those between the same lines of code as one: a line that sets a flag reads
 * its neighbours and writes them back, which makes a race with another such line three pairs of accesses. Two writes
 * come first.
 *
 * @throws Error where an execution does not show what was found in it: a defect.
 */
export async function tellRaces(found: readonly ExploredRace[], teller: RaceTeller): Promise<ToldRace[]> {
  const { simulator, sites, scenario, exclusive, follow } = teller;
  const executions = new Map<string, Shown>();
  const races: ToldRace[] = [];
  for (const { what, count, runs } of found) {
    const schedule = JSON.stringify(runs);
    let shown = executions.get(schedule);
    if (shown === undefined) {
      const followed = await follow(runs);
      const told = await interleave(simulator, sites, scenario, followed);
      shown = { followed, told, order: new Synchronisation(followed.events, told.actors.length) };
      executions.set(schedule, shown);
    }
    const sides = sidesOf(what, shown, teller);
    const { preemptions } = shown.told;
    const breaches = exclusive
      .filter((field) => sides.every((side) => touchOf(field, side) !== null))
      .map((field) => ({ field, sides, count, runs, preemptions }));
    add(races, { kind: kindOfRace(sides), sides, pairs: 1, count, runs, preemptions, breaches });
  }
  return races.sort((a, b) => writes(b.sides) - writes(a.sides));
}

/** Adds a race to those between the same lines. */
function add(races: ToldRace[], race: ToldRace): void {
  const at = races.findIndex((known) => isSame(known.sides, race.sides));
  if (at < 0) {
    races.push(race);
    return;
  }
  const [best, other] = [races[at]!, race].sort((a, b) => weight(b.sides) - weight(a.sides)) as [
    ToldRace,
    ToldRace,
  ];
  const breaches = [...best.breaches];
  for (const breach of other.breaches)
    if (!breaches.some(({ field }) => field === breach.field)) breaches.push(breach);
  races.splice(at, 1);
  // A line that was not known before may make two others one.
  add(races, {
    ...best,
    pairs: best.pairs + other.pairs,
    count: Math.max(best.count, other.count),
    breaches,
  });
}

const isWrite = ({ kind, before, after }: Access) =>
  kind !== 'load' && kind !== 'atomic.load' && !(kind === 'atomic.cmpxchg' && before === after);
const writes = (sides: readonly Access[]) => sides.filter(isWrite).length;
/** Two writes say more than a read and a write; and lines say more than none. */
const weight = (sides: readonly Access[]) =>
  4 * writes(sides) + sides.filter(({ stack: [frame] }) => frame?.line != null).length;

function isSame([a, b]: DataRace['sides'], [c, d]: DataRace['sides']): boolean {
  return (isSameLine(a, c) && isSameLine(b, d)) || (isSameLine(a, d) && isSameLine(b, c));
}

/** Code that was made from several lines is of no line: it counts as of any in its function. */
function isSameLine(a: Access, b: Access): boolean {
  const [one, other] = [a.stack[0], b.stack[0]];
  return (
    one?.function === other?.function &&
    one?.file === other?.file &&
    (one?.line === other?.line || one?.line == null || other?.line == null) &&
    (a.fields.join() || a.object) === (b.fields.join() || b.object)
  );
}

/** The last two accesses of these places that meet without order. */
function sidesOf(
  what: ExploredRace['what'],
  shown: Shown,
  teller: RaceTeller,
): readonly [RaceSide, RaceSide] {
  const { events } = shown.followed;
  for (let second = events.length - 1; second > 0; second--) {
    const place = what.indexOf(events[second]!.what);
    if (place < 0) continue;
    const other = what[1 - place]!;
    for (let first = second - 1; first >= 0; first--) {
      if (events[first]!.what !== other || events[first]!.actor === events[second]!.actor) continue;
      if (shown.order.orders(first, second)) continue;
      for (const one of sidesAt(first, shown, teller))
        for (const two of sidesAt(second, shown, teller))
          if (overlap(one, two) && (isWrite(one) || isWrite(two))) return [one, two];
    }
  }
  throw new Error(`no execution shows the data race between ${what.join(' and ')}`);
}

/** An access as a side of a race; of a copy, what it writes and what it reads. */
function sidesAt(i: number, { followed, told }: Shown, { simulator, scenario }: RaceTeller): RaceSide[] {
  const event = followed.events[i]!;
  const access = told.accesses[i]!;
  const side = { ...access, task: told.actors[access.actor]! };
  if (kindOf(event) !== StepKind.copy) return [side];
  const { fields: span, ...placed } = spanOf(simulator.machine, scenario.devices, event.source, event.bytes);
  const fields = span.map(({ name }) => name);
  const before = access.after;
  return [side, { ...side, kind: 'load', address: event.source, span, fields, ...placed, before }];
}

const overlap = (a: Access, b: Access) => a.address < b.address + b.bytes && b.address < a.address + a.bytes;

function kindOfRace([a, b]: readonly [RaceSide, RaceSide]): DataRace['kind'] {
  if (a.bytes !== b.bytes || a.address !== b.address) return 'mixed-width';
  return (a.mask & b.mask) === 0n ? 'bit-field' : 'plain';
}
