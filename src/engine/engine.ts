import type { GradedOutcome } from '../scenario/grade.js';
import type { NamedScenario } from '../scenario/load.js';
import type { Build } from '../toolchain/build.js';

/** What an engine works on: a scenario, and a stage of a source compiled to a module. */
export interface Subject extends NamedScenario {
  readonly stage: string;
  readonly build: Build;
}

/** Something the stub kernel or an engine caught, beside the outcomes. */
export interface Violation {
  /** Stable, e.g. `lock-not-held`, `hang`, `trap`. */
  readonly kind: string;
  /** For people: what happened, in which actor, on which object. */
  readonly message: string;
  /** How often. */
  readonly count: number;
}

/** What every engine returns: outcomes counted and graded, violations kept. */
export interface EngineResult {
  readonly outcomes: readonly GradedOutcome[];
  readonly violations: readonly Violation[];
  /** Reasons to distrust the scenario, for people. */
  readonly warnings: readonly string[];
  /** Iterations that were observed. */
  readonly samples: number;
  readonly seconds: number;
  /** Ended before its budget, by the user. */
  readonly interrupted: boolean;
}
