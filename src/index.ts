// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
/** The public API: the engines as functions, and what scenarios and subjects are written with. */
export {
  build,
  type ExploreOptions,
  type MatrixOptions,
  type RaceOptions,
  type ReplayOptions,
  race,
  replay,
  run,
  type ScenarioOptions,
  simulate,
  verify,
  type WorkOptions,
} from './api.js';
export { type ErrorAdvice, ExitStatus, LostbitError } from './errors.js';
export {
  type Actor,
  type ActorSpec,
  type Context,
  type Expectation,
  type FieldPath,
  type Grade,
  type LayoutDefinition,
  type LayoutScenario,
  layout,
  type NamedPath,
  type Observation,
  type OutcomePattern,
  observe,
  type RaceDefinition,
  type RaceScenario,
  type Returned,
  returned,
  type Scenario,
  type Sequence,
  type SequenceDefinition,
  type SequenceScenario,
  type SourcePath,
  type StageExpectation,
  type StageName,
  scenario,
  sequence,
  type Verdict,
} from './scenario/scenario.js';
export {
  type Arg,
  call,
  type Enumerator,
  fail,
  faultCalls,
  irq,
  leaks,
  op,
  type Shown,
  type Step,
  tasklet,
  timer,
  type Word,
  work,
} from './scenario/step.js';
export type { Mount, SourcePart } from './source/source.js';
export { type SubjectDefinition, subject } from './subject/subject.js';
export type { Build } from './toolchain/build.js';
export type { Result } from './verify/result.js';
export type { SubjectOptions } from './verify/selection.js';
