// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import type { Case, Violation } from '../engine/engine.js';
import type { DataRace, Interleaving } from '../engine/interleaving.js';
import type { ReplayEnding } from '../engine/replay/replay.js';
import type { SequenceRun } from '../engine/run/run.js';
import type { DescribedExecution, SimulateResult } from '../engine/simulate/simulation.js';
import type { StressResult } from '../engine/stress/stress.js';
import type { StagedSubject } from '../scenario/expectation.js';
import type { GradedOutcome } from '../scenario/grade.js';
import type { Context, Scenario, Verdict } from '../scenario/scenario.js';
import type { Step } from '../scenario/step.js';
import type { Build } from '../toolchain/build.js';

// What verify says, in the words of the engines. Every report is a function of it, and it knows none of them.

/** What is to be known of the subject of a case. */
export interface SubjectFacts extends StagedSubject {
  readonly name: string;
  /** What a command is given to find it again: `--subject ./mine --series fix.patch`. */
  readonly words: readonly string[];
}

/** A case of a subject. */
export interface Tested<S extends Scenario = Scenario> extends Case<S> {
  readonly of: SubjectFacts;
}

/** What a result is of: a case, without the definition of its scenario and without its module. */
export interface TestedCase {
  readonly scenario: {
    /** Printable. */
    readonly name: string;
    /** What it was asked for by: the name, or a file. */
    readonly origin: string;
    readonly title: string;
    /** Where it is known from. */
    readonly reference: string | null;
  };
  readonly stage: string;
  /** The subject whose C it is. */
  readonly source: string;
  readonly toolchain: Build['toolchain'];
  readonly options: Build['options'];
}

export const testedCase = ({ name, origin, scenario, stage, build, of }: Tested): TestedCase => ({
  scenario: { name, origin, title: scenario.title, reference: scenario.reference ?? null },
  stage,
  source: of.name,
  toolchain: build.toolchain,
  options: build.options,
});

export type EngineName = 'run' | 'stress' | 'simulate' | 'replay' | 'layout';

/** What finds a thing again: in another run, at another stage, on another machine. */
export interface Identity {
  /** Id of its rule, see `rules`: `lostbit/use-after-free`. */
  readonly rule: string;
  /** 16 hexadecimal digits, see `fingerprint.ts`. Two of the same rule that have the same are one to a reader. */
  readonly fingerprint: string;
}

/** A schedule that leads there, where an exploration has found it. */
interface Reached {
  readonly schedule?: string;
  /** Switches in it that nothing forced. */
  readonly preemptions?: number;
}

export interface FoundOutcome extends GradedOutcome, Reached {}
export interface FoundViolation extends Violation, Identity, Reached {}
export interface FoundRace extends DataRace, Identity {}

/** The steps of an actor. */
export interface ActorSteps {
  readonly name: string;
  readonly context: Context;
  /** The processor that it shares with others; `null`: one of its own. */
  readonly cpu: number | null;
  readonly steps: readonly Step[];
}

/** Who raced. */
export type Racers = Pick<StressResult, 'workers' | 'processors' | 'unpinned'> & { readonly seed: number };

/** How interleavings were gone through. */
export type Exploration = Pick<SimulateResult, 'strategy' | 'executions' | 'blocked' | 'bounded' | 'seed'>;

/** A schedule on real threads, held against what the simulator came to by it. */
export interface Replayed {
  /** Repetitions that were asked for. */
  readonly times: number;
  /** Those that came to the same as the simulator. */
  readonly same: number;
  /** How often repetitions ended so. */
  readonly endings: Readonly<Record<ReplayEnding, number>>;
  readonly simulated: Pick<DescribedExecution, 'ending' | 'values' | 'violations'>;
  /** Where real threads did something else, for people; a line each. */
  readonly differences: readonly string[];
}

/** Why there is no verdict. */
export interface Broken {
  /** `E_…`, of a request that cannot be carried out; `null`: a defect of lostbit. */
  readonly code: string | null;
  readonly message: string;
  /** What to try next. */
  readonly hint: string | null;
  /** Of a defect, where it was. */
  readonly stack: string | null;
}

/** What has become of a scenario since a stage before, where nothing is expected: what patches in between have changed. */
export interface Change {
  /** The stage before. */
  readonly against: string;
  /** The verdict there. */
  readonly was: NonNullable<Result['verdict']>;
  /** `otherwise`: it fails in other ways, or has become undecided, or applicable, or was so. */
  readonly kind: 'fixes' | 'breaks' | 'otherwise' | 'same';
  /** It fails, and did not before, or in a way in which it did not. */
  readonly worse: boolean;
  /** One of the two was explored only as far as time allowed, and that could make another change of this. */
  readonly bounded: boolean;
  /** Ways to fail that were not there before, and those that are not there any more; for people. */
  readonly appeared: readonly string[];
  readonly gone: readonly string[];
}

/** What an engine found of a case, and the verdict that comes from it. */
export interface Result extends TestedCase {
  readonly engine: EngineName;
  /** `null` where it is broken. */
  readonly verdict: Verdict | 'undecided' | 'not-applicable' | null;
  /** Why it is undecided, for people. */
  readonly undecided: string | null;
  /** It is undecided because a function was called that the stub kernel does not have: nothing more was tested. */
  readonly unsupported?: boolean;
  /** Why it is about nothing that these sources have, for people. */
  readonly inapplicable: string | null;
  readonly broken: Broken | null;
  /** What the scenario expects; `null` where it says nothing. */
  readonly expected: Verdict | null;
  /**
   * `undecided`: too little was looked at, which contradicts no expectation. `compared`: nothing is expected, and stages are
   * compared with each other.
   */
  readonly agreement: 'agrees' | 'differs' | 'undecided' | 'broken' | 'compared';
  /** Where nothing is expected, and a stage before was looked at. */
  readonly change: Change | null;
  /** All there is to see was seen. What bounded an exploration is said there. */
  readonly exhaustive: boolean;
  /** Ended by the user before its time. */
  readonly interrupted: boolean;
  readonly seconds: number;
  /** Executions, sequences or iterations that were observed. */
  readonly samples: number;

  readonly outcomes: readonly FoundOutcome[];
  readonly violations: readonly FoundViolation[];
  /** What only an exploration sees; they are no failure by themselves. */
  readonly races: readonly FoundRace[];
  /** Reasons to distrust the scenario, for people. */
  readonly warnings: readonly string[];

  /** The steps that came first; faults were armed last. */
  readonly setup: readonly Step[];
  /** What happened at the same time; `null` where nothing did. */
  readonly actors: readonly ActorSteps[] | null;
  /** Of what has no concurrency, all sequences, step by step. */
  readonly runs: readonly SequenceRun[];
  /** The execution that shows the failure, or that was replayed. */
  readonly interleaving: Interleaving | null;
  /** The command that shows the failure again, or what broke. */
  readonly reproduce: string | null;

  /** Of `stress`. */
  readonly racers: Racers | null;
  /** Of `simulate`. */
  readonly exploration: Exploration | null;
  /** How the interleaving came out on real threads, where it was replayed. */
  readonly replayed: Replayed | null;
}
