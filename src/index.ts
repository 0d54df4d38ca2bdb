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
export * from './language.js';
export type { Build } from './toolchain/build.js';
export type { Result } from './verify/result.js';
export type { SubjectOptions } from './verify/selection.js';
