/** The public API: what scenario files are written with. */
export { type ErrorAdvice, ExitStatus, LostbitError } from './errors.js';
export * from './scenario/pci.js';
export {
  type DeviceSpec,
  type Expectation,
  type FieldPath,
  type FlagsSpec,
  type Grade,
  type OutcomePattern,
  type PciDeviceSpec,
  type Returned,
  returned,
  type Scenario,
  type ScenarioDefinition,
  type SeriesStage,
  type StageExpectation,
  scenario,
  type Verdict,
} from './scenario/scenario.js';
export * from './scenario/steps.js';
export * from './scenario/vfio.js';
