// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { catalogue } from '../../scenarios/index.js';
import { loadScenario, loadScenarios, type NamedScenario } from '../scenario/load.js';
import { giveUp } from './signals.js';

// A file that fails while its scenario is run makes no verdict: the command ends by that.
const options = { late: giveUp };

/** A scenario of the catalogue, or a user's file. Throws what `loadScenario` does. */
export const openScenario = (nameOrFile: string): Promise<NamedScenario> =>
  loadScenario(nameOrFile, catalogue, options);

/** Several, each once. */
export const openScenarios = (names: Iterable<string>): Promise<NamedScenario[]> =>
  loadScenarios(names, catalogue, options);
