// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
/** What scenarios of vfio-pci are written with: `lostbit/vfio`. */
export {
  type Expectation,
  type Grade,
  type LayoutScenario,
  layout,
  type OutcomePattern,
  type RaceScenario,
  type Returned,
  returned,
  type Scenario,
  type SequenceScenario,
  type StageExpectation,
  type Verdict,
} from '../../src/scenario/scenario.js';
export { call, irq, leaks, op, timer, work } from '../../src/scenario/step.js';
export type { DeviceSpec, Devices } from './devices.js';
export {
  type Actor,
  type FieldPath,
  type Observation,
  observe,
  type RaceDefinition,
  type Sequence,
  type SequenceDefinition,
  scenario,
  sequence,
} from './language.js';
export * from './pci.js';
export * from './steps.js';
export * from './uapi.js';
