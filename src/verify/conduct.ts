// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { preparation, processorsOf } from '../engine/encode.js';
import type { Violation } from '../engine/engine.js';
import { Replayer } from '../engine/replay/replay.js';
import { prepare } from '../engine/run/run.js';
import { Session } from '../engine/run/session.js';
import type { FollowedStep, Traced } from '../engine/run/tracer.js';
import { Simulation } from '../engine/simulate/simulation.js';
import { describeStep } from '../scenario/describe.js';
import {
  isLayout,
  isObservation,
  isRace,
  type RaceScenario,
  type SequenceScenario,
  sequencesOf,
} from '../scenario/scenario.js';
import type { Step } from '../scenario/step.js';
import { orderName, ordersOf, type Taker } from '../scenario/turns.js';
import type { Build } from '../toolchain/build.js';
import { unjudgedCell } from './broken.js';
import type { Result } from './result.js';
import { type Token, tokensOf } from './tokens.js';
import { type Cell, engineFor, explorationText, layoutCell, runCell, simulateCell } from './verify.js';

/** A step, and what code did in it. */
export interface StepConduct {
  readonly text: string;
  /** `null`: it never returned. */
  readonly returned: number | null;
  readonly violations: readonly Violation[];
  readonly tokens: readonly Token[];
  /** Behind it, by path. */
  readonly states: ReadonlyMap<string, number | null>;
}

/** A sequence, or a race's actors one after the other. */
export interface RunConduct {
  readonly name: string;
  /** Those of the set-up first, and what ends all last. */
  readonly steps: readonly StepConduct[];
}

/** What code does in a scenario. */
export interface Conduct {
  readonly result: Result;
  /** None where the scenario has no steps, or could not be run. */
  readonly runs: readonly RunConduct[];
}

export interface ConductOptions {
  /** Seconds for each exploration. */
  readonly explore: number;
  readonly signal?: AbortSignal;
  /** Called before each cell, and while it is worked on. */
  readonly progress?: (cell: Cell, detail: string) => void;
}

/**
 * Finds out what code does in scenarios: the verdict of each with all that it rests on, races explored to their end; and step
 * by step what is called, written and left.
 *
 * @throws the signal's reason.
 */
export async function conductOf(
  cells: readonly Cell[],
  build: Build,
  traced: Traced,
  { explore, signal, progress }: ConductOptions,
): Promise<Conduct[]> {
  const ends = signal === undefined ? {} : { signal };
  let followed: FollowedStep[] = [];
  const plain = new Session(build, ends);
  const tracing = new Session(build, { ...ends, traced: { ...traced, done: (step) => followed.push(step) } });
  const simulation = new Simulation(build);
  const replayer = new Replayer(build);

  /** Runs steps one after the other, each as who takes it. */
  async function follow(
    name: string,
    scenario: RaceScenario | SequenceScenario,
    steps: readonly (readonly [step: Step, taker?: Taker])[],
  ): Promise<RunConduct> {
    followed = [];
    const caught: Violation[] = [];
    await prepare(tracing, scenario, caught);
    const ran: { text: string; returned: number; violations: readonly Violation[] }[] = preparation(
      scenario,
    ).map((step) => {
      const text = describeStep(step);
      return { text, returned: 0, violations: caught.filter((one) => one.step === text) };
    });
    const take = async (step: Step, taker?: Taker) => {
      const { returned, violations } = await tracing.step(step, taker);
      ran.push({ text: describeStep(step), returned: returned ?? Number.NaN, violations });
    };
    for (const [step, taker] of steps) if (!tracing.broken) await take(step, taker);
    const end = tracing.broken ? null : tracing.end;
    if (end !== null) await take(end);
    return {
      name,
      steps: ran.map(({ returned, ...step }, i) => {
        const { events = [], states = new Map() } = followed[i] ?? {};
        const tokens = tokensOf(events, new Set(states.keys()));
        return { ...step, returned: Number.isNaN(returned) ? null : returned, tokens, states };
      }),
    };
  }

  async function runsOf({ scenario }: Cell): Promise<RunConduct[]> {
    const runs: RunConduct[] = [];
    if (isLayout(scenario)) return runs;
    if (isRace(scenario))
      for (const order of ordersOf(scenario)) {
        const cpuOf = ({ name }: Taker) =>
          processorsOf(scenario)[Object.keys(scenario.actors).indexOf(name)]!;
        const steps = order.flatMap(({ taker, steps }) =>
          steps.map((step) => [step, { ...taker, cpu: cpuOf(taker) }] as const),
        );
        runs.push(await follow(orderName(order), scenario, steps));
      }
    else
      for (const [name, items] of Object.entries(sequencesOf(scenario))) {
        const steps = items.flatMap((item) => {
          const step = isObservation(item) ? item.what : item;
          return typeof step === 'string' ? [] : [[step] as const];
        });
        runs.push(await follow(name, scenario, steps));
      }
    return runs;
  }

  async function judged(cell: Cell): Promise<Result> {
    if (isLayout(cell.scenario)) return layoutCell(cell, build);
    if (!isRace(cell.scenario))
      return runCell(cell, build, plain, signal, {
        progress: (runs) => progress?.(cell, `${runs} sequences`),
      });
    return simulateCell(cell, simulation, {
      seconds: explore,
      replayer,
      ...ends,
      progress: (now) => progress?.(cell, explorationText(now)),
    });
  }

  const conducts: Conduct[] = [];
  try {
    for (const cell of cells) {
      signal?.throwIfAborted();
      progress?.(cell, '');
      try {
        const result = await judged(cell);
        signal?.throwIfAborted();
        conducts.push({ result, runs: await runsOf(cell) });
      } catch (error) {
        if (signal?.aborted) throw error;
        const result = unjudgedCell({ ...cell, build }, engineFor(cell.scenario), error, '');
        conducts.push({ result, runs: [] });
        await Promise.all([plain.close(), tracing.close(), simulation.close(), replayer.close()]);
      }
    }
    return conducts;
  } finally {
    await Promise.all([plain.close(), tracing.close(), simulation.close(), replayer.close()]);
  }
}
