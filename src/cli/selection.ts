// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import type { Subject } from '../subject/open.js';
import * as selection from '../verify/selection.js';
import type { SubjectOptions } from './options.js';
import { giveUp } from './signals.js';

export { type Chosen, type ChosenCell, chosenOf, wantedAt, wantedOf, wordsOf } from '../verify/selection.js';

// A file that fails while its scenario is run makes no verdict: the command ends by that.
const late = giveUp;

/** The subject that is asked for. */
export const openAsked = (options: SubjectOptions): Promise<Subject> =>
  selection.openAsked({ ...options, late });

/** A scenario of that, or of a file. */
export const openScenario = (nameOrFile: string, options: SubjectOptions): Promise<selection.Chosen> =>
  selection.openScenario(nameOrFile, { ...options, late });

/** Several, each once; `opened` is the subject that is asked for, where it is open already. */
export const openScenarios = (
  names: Iterable<string>,
  options: SubjectOptions,
  opened?: Subject,
): Promise<selection.Chosen[]> => selection.openScenarios(names, { ...options, late }, opened);
