// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import type { CodeFrame } from '../layout/code-map.js';
import type { GradedOutcome } from '../scenario/grade.js';
import type { NamedScenario } from '../scenario/load.js';
import type { Context, Scenario } from '../scenario/scenario.js';
import type { Build } from '../toolchain/build.js';

/** What an engine works on: a scenario, and a stage of a source compiled to a module. */
export interface Case<S extends Scenario = Scenario> extends NamedScenario<S> {
  readonly stage: string;
  readonly build: Build;
}

/** A violation that the stub kernel or an engine found, beside the outcomes. */
export interface Violation {
  /** Stable, e.g. `lock-not-held`, `hang`, `trap`. */
  readonly kind: string;
  /** For people: what happened, in which actor. */
  readonly message: string;
  /** What it is about: `A.memory_lock`, an address in hexadecimal, or a name; `null` where it is about nothing. */
  readonly object: string | null;
  /** The task that caused it, mostly an actor; empty: the set-up. `null` where it was no single one. */
  readonly task: string | null;
  /** What that task was running as. */
  readonly context: Context | null;
  /** The calls that led there, innermost first; of a leak, to the allocation. */
  readonly stack: readonly CodeFrame[];
  /** How often. */
  readonly count: number;
  /** The step it happened in, where steps run one after the other: `open A`. */
  readonly step?: string;
}

/** Defaults for a violation that an engine found itself, of which nothing more is known. */
export const ofEngine = { object: null, task: null, context: null, stack: [], count: 1 } as const;

/** What every engine returns: outcomes counted and graded, violations kept. */
export interface EngineResult {
  readonly outcomes: readonly GradedOutcome[];
  readonly violations: readonly Violation[];
  /** Reasons to distrust the scenario, for people. */
  readonly warnings: readonly string[];
  /**
   * Actors, or sequences, all of whose steps returned an error every time, unobserved: what they were to do never
   * happened. For people: `'masker'`.
   */
  readonly idle: readonly string[];
  /** Iterations that were observed. */
  readonly samples: number;
  readonly seconds: number;
  /** Ended before its budget, by the user. */
  readonly interrupted: boolean;
}
