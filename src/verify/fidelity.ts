// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import type { Violation } from '../engine/engine.js';
import type { Divergence, Replayer, ReplayResult } from '../engine/replay/replay.js';
import type { Run } from '../engine/schedule.js';
import type { SimulateResult, Simulation } from '../engine/simulate/simulation.js';
import type { StressResult, Track } from '../engine/stress/stress.js';
import type { Values } from '../scenario/grade.js';
import type { RaceScenario } from '../scenario/scenario.js';
import type { Build } from '../toolchain/build.js';
import type { ExternalResult } from './external.js';
import { type Fidelity, type FidelityRow, isDifference, type Judgement, rowText } from './fidelity-result.js';
import { simulatedKinds } from './replayed.js';
import { raceAgain, replayAgain, simulateAgain } from './reproduction.js';
import { type SubjectFacts, type Tested, testedCase } from './result.js';
import type { Cell } from './verify.js';

/** The engines that are compared; all of the same build, except in tests. */
export interface Engines {
  readonly simulation: Pick<Simulation, 'build' | 'explore' | 'describe'>;
  readonly track: Pick<Track, 'build' | 'race'>;
  readonly replayer: Pick<Replayer, 'build' | 'replay'>;
}

export interface FidelityOptions {
  /** Seconds to race. */
  readonly seconds: number;
  /** 32 bits that the race's random pauses start from. */
  readonly seed: number;
  /** Longest exploration, in seconds. Default: to its end. */
  readonly explore?: number;
  /** Repetitions of each schedule. Default: 20. */
  readonly times?: number;
  /** What other engines found of the cell. */
  readonly others?: readonly ExternalResult[];
  readonly signal?: AbortSignal;
  /** Called several times a second. */
  readonly progress?: (detail: string) => void;
}

/**
 * Explores a cell, races it, replays a schedule of each outcome on real threads, and compares the results.
 *
 * A violation, a deadlock or a trap counts as an outcome. It is matched by its kind and object. The simulator's
 * deadlocks and livelocks, and a race's hang, are one kind: a race that makes no progress knows no more. An address
 * is no object, as each machine has others, and goes with any object of its kind.
 *
 * @throws what the engines throw; the signal's reason, where it was aborted.
 */
export async function compare(
  cell: Cell,
  { simulation, track, replayer }: Engines,
  { seconds, seed, explore, times = 20, others = [], signal, progress }: FidelityOptions,
): Promise<Fidelity> {
  const caseOf = (build: Build) => ({ ...cell, build }) as Tested<RaceScenario>;
  const stoppable = signal === undefined ? {} : { signal };
  const explored = await simulation.explore(caseOf(simulation.build), {
    ...stoppable,
    ...(explore === undefined ? {} : { seconds: explore }),
    progress: ({ executions }) => progress?.(`${executions.toLocaleString('en-US')} executions`),
  });
  signal?.throwIfAborted();
  const raced = await track.race(caseOf(track.build), {
    ...stoppable,
    seconds,
    seed,
    progress: (now) => progress?.(`raced ${now.seconds.toFixed(1)} of ${seconds} s`),
  });
  signal?.throwIfAborted();

  const rows = new Rows(others.length);
  rows.addExplored(explored);
  rows.addRaced(raced);
  for (const [i, other] of others.entries()) rows.addOther(i, other);

  const simulated = rows.all.filter(({ runs }) => runs !== null);
  const started = performance.now();
  for (const [i, row] of simulated.entries()) {
    progress?.(`replayed ${i} of ${simulated.length} schedules`);
    const execution = await simulation.describe(caseOf(simulation.build), row.runs!);
    const replayed = await replayer.replay(caseOf(replayer.build), row.runs!, { ...stoppable, times });
    signal?.throwIfAborted();
    rows.addReplayed(row, execution, replayed, times, Object.keys(caseOf(replayer.build).scenario.actors));
  }
  const replaySeconds = (performance.now() - started) / 1000;

  const { build } = replayer;
  const race = () => raceAgain(cell, build, { time: seconds, seed });
  const simulate = () => simulateAgain(cell, build, { strategy: 'dpor' });
  return {
    ...testedCase(caseOf(build)),
    simulate: { executions: explored.executions, bounded: explored.bounded, seconds: explored.seconds },
    stress: { samples: raced.samples, seconds: raced.seconds, seed, broken: raced.broken },
    replay: { schedules: simulated.length, times, seconds: replaySeconds },
    idle: explored.idle,
    others: others.map(({ engine, file, exhaustive }) => ({ engine, file, exhaustive })),
    rows: rows.all.map((row) => {
      const judged = judge(row, explored.bounded !== null, others);
      return {
        ...judged,
        reproduce: isDifference(judged) ? reproduce(judged, { race, simulate, build, of: cell.of }) : null,
      };
    }),
  };
}

/** A row while it is filled. */
interface Draft {
  readonly values: Values | null;
  readonly violation: FidelityRow['violation'];
  simulate: number;
  stress: number;
  replay: number;
  readonly others: FidelityRow['others'][number][];
  /** `null` where there is nothing to replay. */
  runs: readonly Run[] | null;
  schedule: string | null;
  /** What is wrong with its replay. */
  readonly astray: string[];
}

type Caught = Pick<Violation, 'kind' | 'object'>;

class Rows {
  readonly all: Draft[] = [];
  /** Rows of values by these, and of violations by kind and object: there may be very many of both. */
  readonly #byValues = new Map<string, Draft>();
  readonly #byKind = new Map<
    string,
    { readonly first: Draft; readonly byObject: Map<string | null, Draft> }
  >();
  readonly #others: number;

  constructor(others: number) {
    this.#others = others;
  }

  addExplored({ outcomes, violations }: SimulateResult): void {
    for (const { values, count, runs, schedule } of outcomes)
      Object.assign(this.#ofValues(values), { simulate: count, runs, schedule });
    const fewest = new Map<Draft, number>();
    for (const { count, runs, schedule, preemptions, ...violation } of violations) {
      // No other engine could find it.
      if (violation.kind in simulatedKinds) continue;
      const row = this.#ofViolation(violation, 'same');
      row.simulate += count;
      // What has no end has no schedule that leads there.
      if (violation.kind === 'livelock' || preemptions >= (fewest.get(row) ?? Number.POSITIVE_INFINITY))
        continue;
      fewest.set(row, preemptions);
      Object.assign(row, { runs, schedule });
    }
  }

  addRaced({ outcomes, violations }: StressResult): void {
    for (const { values, count } of outcomes) if (count > 0) this.#ofValues(values).stress += count;
    for (const violation of violations) this.#ofViolation(violation).stress += violation.count;
  }

  addOther(index: number, { outcomes, violations }: ExternalResult): void {
    const add = ({ others }: Draft, count: number | null) => {
      const known = others[index]!;
      others[index] = { seen: true, count: count === null ? null : (known.count ?? 0) + count };
    };
    for (const { values, count } of outcomes) add(this.#ofValues(values), count);
    for (const violation of violations ?? []) add(this.#ofViolation(violation), violation.count);
  }

  /** Compares the results of real threads with the simulator's for the same schedule. */
  addReplayed(
    row: Draft,
    execution: {
      readonly ending: string;
      readonly values: Values;
      readonly violations: readonly Violation[];
    },
    { outcomes, violations, diverged, samples, endings }: ReplayResult,
    times: number,
    actors: readonly string[],
  ): void {
    const expected = new Set([
      ...(execution.ending === 'done' ? [this.#ofValues(execution.values)] : []),
      ...execution.violations
        .filter(({ kind }) => !(kind in simulatedKinds))
        .map((violation) => this.#ofViolation(violation)),
    ]);
    const came = new Map<Draft, number>();
    // One repetition may have the same violation several times.
    const add = (what: Draft, count: number) =>
      came.set(what, Math.min(times, (came.get(what) ?? 0) + count));
    for (const { values, count } of outcomes) add(this.#ofValues(values), count);
    for (const violation of violations) add(this.#ofViolation(violation), violation.count);

    if (!expected.has(row)) row.astray.push('the simulator itself comes to something else by its schedule');
    if (diverged !== null) row.astray.push(divergenceText(diverged, row.runs!.length, actors));
    row.replay = came.get(row) ?? 0;
    if (row.replay === 0) row.astray.push(`none of ${repetitions(samples, endings)} came to it`);
    for (const [what, count] of came) {
      if (expected.has(what)) continue;
      row.astray.push(`${count} of ${times} repetitions came to ${rowText(what)}`);
      if (what.simulate === 0) what.replay += count;
    }
    for (const what of expected)
      if (what !== row && !came.has(what)) row.astray.push(`none of them came to ${rowText(what)} as well`);
  }

  #ofValues(values: Values): Draft {
    const key = JSON.stringify(
      Object.keys(values)
        .sort()
        .map((name) => [name, values[name]]),
    );
    const row = this.#byValues.get(key) ?? this.#add(values, null);
    this.#byValues.set(key, row);
    return row;
  }

  /** @param match `same`: an address goes with no object but another address. */
  #ofViolation(violation: Caught, match: 'same' | 'alike' = 'alike'): Draft {
    const { kind, object } = named(violation);
    const ofKind = this.#byKind.get(kind);
    const alike = object === null ? ofKind?.first : ofKind?.byObject.get(null);
    const known = ofKind?.byObject.get(object) ?? (match === 'same' ? undefined : alike);
    if (known !== undefined) return known;
    const row = this.#add(null, { kind, object });
    if (ofKind === undefined) this.#byKind.set(kind, { first: row, byObject: new Map([[object, row]]) });
    else ofKind.byObject.set(object, row);
    return row;
  }

  #add(values: Values | null, violation: FidelityRow['violation']): Draft {
    const row: Draft = {
      values,
      violation,
      simulate: 0,
      stress: 0,
      replay: 0,
      others: Array.from({ length: this.#others }, () => ({ seen: false, count: null })),
      runs: null,
      schedule: null,
      astray: [],
    };
    this.all.push(row);
    return row;
  }
}

/** What never ends is one kind, and an address no object. */
function named({ kind, object }: Caught): Caught {
  return {
    kind: kind === 'deadlock' || kind === 'livelock' ? 'hang' : kind,
    object: object === null || /^0x[0-9a-f]+$/.test(object) ? null : object,
  };
}

const repetitions = (samples: number, endings: ReplayResult['endings']) => {
  const count = samples + endings.deadlock + endings.unserved + endings.trap + endings.hang;
  return `${count} repetition${count === 1 ? '' : 's'}`;
};

function divergenceText({ run, actor }: Divergence, runs: number, actors: readonly string[]): string {
  const who = actor === null ? 'a thread' : `'${actors[actor]}'`;
  return `${who} left the schedule ${run >= runs ? 'behind its last run' : `in run ${run + 1} of ${runs}`}`;
}

/** The differences of a row: which engine is wrong. */
function judge(
  { runs: _, astray, ...row }: Draft,
  bounded: boolean,
  others: readonly ExternalResult[],
): Omit<FidelityRow, 'reproduce'> {
  const unexplored = row.simulate === 0;
  const elsewhere = row.others.map((other, i) =>
    row.values === null && others[i]!.violations === null ? { seen: null, count: null } : other,
  );
  const seers = [
    ...(row.stress > 0 ? ['stress'] : []),
    ...(unexplored && row.replay > 0 ? ['replay'] : []),
    ...others.filter((_, i) => elsewhere[i]!.seen).map(({ engine }) => engine),
  ];
  const impossible = unexplored && !bounded;
  // What only one other engine found may not exist.
  const isThere = !unexplored || row.stress > 0 || row.replay > 0;
  const lacking = others.filter(({ exhaustive }, i) => exhaustive && isThere && elsewhere[i]!.seen === false);
  const differences = [
    ...(impossible ? [`${seers.join(' and ')} saw what the simulator calls impossible`] : []),
    ...astray.map((why) => `replay: ${why}`),
    ...lacking.map(({ engine }) => `${engine} has explored everything, and lacks it`),
  ];
  const judgement: Judgement = impossible
    ? 'seen but impossible'
    : astray.length > 0
      ? 'not replayed'
      : lacking.length > 0
        ? 'missing elsewhere'
        : unexplored
          ? 'not among those explored'
          : row.stress === 0
            ? 'possible but unseen'
            : 'agrees';
  return { ...row, others: elsewhere, judgement, differences };
}

/** The command that shows a difference again: the race, the schedule, or the exploration. */
function reproduce(
  { stress, schedule, judgement }: Omit<FidelityRow, 'reproduce'>,
  { race, simulate, build, of }: { race(): string; simulate(): string; build: Build; of: SubjectFacts },
): string {
  if (judgement === 'seen but impossible' && stress > 0) return race();
  return judgement === 'not replayed' && schedule !== null ? replayAgain(schedule, of, build) : simulate();
}
