// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
/** The public API: what scenario files are written with. */
export { type ErrorAdvice, ExitStatus, LostbitError } from './errors.js';
export * from './scenario/pci.js';
export {
  type DeviceSpec,
  type Expectation,
  type FieldPath,
  type FlagsSpec,
  type Grade,
  type KernelConfig,
  type LayoutScenario,
  layout,
  type Observation,
  type OutcomePattern,
  observe,
  type PciDeviceSpec,
  type RaceScenario,
  type Returned,
  returned,
  type Scenario,
  type Sequence,
  type SequenceScenario,
  type SeriesStage,
  type StageExpectation,
  scenario,
  sequence,
  type Verdict,
} from './scenario/scenario.js';
export * from './scenario/steps.js';
export * from './scenario/vfio.js';
