import type { RaceScenario } from '../../scenario/scenario.js';
import type { Site } from '../instrument/sites.js';
import type { Access, DataRace, Interleaving, RaceSide } from '../interleaving.js';
import type { Run } from '../schedule.js';
import { interleave } from './interleave.js';
import type { ExploredRace, Followed, Simulator } from './simulator.js';

/** What a data race is told from: it is followed once. */
export interface RaceTeller {
  readonly simulator: Simulator;
  readonly sites: readonly Site[];
  readonly scenario: RaceScenario;
  readonly follow: (runs: readonly Run[]) => Promise<Followed>;
  readonly spell: (runs: readonly Run[]) => string;
}

/**
 * Tells the data races of an exploration, those between the same lines of code as one: a line that sets a flag reads
 * its neighbours and writes them back, which makes a race with another such line three pairs of accesses.
 */
export async function tellRaces(
  found: readonly ExploredRace[],
  { simulator, sites, scenario, follow, spell }: RaceTeller,
): Promise<DataRace[]> {
  const executions = new Map<string, { followed: Followed; told: Interleaving }>();
  const races = new Map<string, { -readonly [K in keyof DataRace]: DataRace[K] }>();
  for (const race of found) {
    const schedule = spell(race.runs);
    let execution = executions.get(schedule);
    if (execution === undefined) {
      const followed = await follow(race.runs);
      execution = { followed, told: await interleave(simulator, sites, scenario, followed) };
      executions.set(schedule, execution);
    }
    const sides = sidesOf(race, execution.followed, execution.told);
    if (sides === null) continue;
    const key = sides.map(lineOf).sort().join(' ');
    const known = races.get(key);
    if (known === undefined) {
      races.set(key, { kind: kindOf(sides), sides, count: race.count, schedule });
      continue;
    }
    known.count = Math.max(known.count, race.count);
    // Two writes say more than a read and a write.
    if (writes(sides) > writes(known.sides)) Object.assign(known, { kind: kindOf(sides), sides, schedule });
  }
  return [...races.values()];
}

const isWrite = ({ kind }: Access) => kind !== 'load' && kind !== 'atomic.load';
const writes = (sides: readonly Access[]) => sides.filter(isWrite).length;
const lineOf = ({ stack: [frame], fields, object }: Access) =>
  `${frame?.function}:${frame?.file}:${frame?.line}:${fields.join() || object}`;
const overlap = (a: Access, b: Access) => a.address < b.address + b.bytes && b.address < a.address + a.bytes;

/** The last two accesses of these places that meet. */
function sidesOf(
  { what }: ExploredRace,
  { events }: Followed,
  { accesses, actors }: Interleaving,
): readonly [RaceSide, RaceSide] | null {
  const side = (i: number): RaceSide => ({ ...accesses[i]!, task: actors[accesses[i]!.actor]! });
  for (let second = events.length - 1; second > 0; second--) {
    const place = what.indexOf(events[second]!.what);
    if (place < 0) continue;
    const other = what[1 - place]!;
    for (let first = second - 1; first >= 0; first--) {
      if (events[first]!.what !== other || events[first]!.actor === events[second]!.actor) continue;
      if (overlap(accesses[first]!, accesses[second]!)) return [side(first), side(second)];
    }
  }
  return null;
}

function kindOf([a, b]: readonly [RaceSide, RaceSide]): DataRace['kind'] {
  if (a.bytes !== b.bytes || a.address !== b.address) return 'mixed-width';
  return (a.mask & b.mask) === 0n ? 'bit-field' : 'plain';
}
