import type { GradedOutcome } from '../scenario/grade.js';
import type { NamedScenario } from '../scenario/load.js';
import type { Scenario } from '../scenario/scenario.js';
import type { Build } from '../toolchain/build.js';

/** What an engine works on: a scenario, and a stage of a source compiled to a module. */
export interface Subject<S extends Scenario = Scenario> extends NamedScenario<S> {
  readonly stage: string;
  readonly build: Build;
}

/** A function that was running, and where in its source. */
export interface CodeFrame {
  readonly function: string;
  readonly file: string | null;
  readonly line: number | null;
}

/** Something the stub kernel or an engine caught, beside the outcomes. */
export interface Violation {
  /** Stable, e.g. `lock-not-held`, `hang`, `trap`. */
  readonly kind: string;
  /** For people: what happened, in which actor, on which object. */
  readonly message: string;
  /** How often. */
  readonly count: number;
  /** The step it happened in, where steps run one after the other: `open A`. */
  readonly step?: string;
  /** What it is about: a field (`A.igate`), or an address. */
  readonly object?: string;
  readonly task?: string;
  /** `process`, `irq` or `workqueue`. */
  readonly context?: string;
  /** The calls that led there, innermost first. */
  readonly stack?: readonly CodeFrame[];
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
