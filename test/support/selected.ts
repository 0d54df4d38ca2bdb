// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import type { Scenario } from '../../src/scenario/scenario.js';
import type { Selected } from '../../src/verify/verify.js';
import { catalogue } from '../../subjects/vfio-pci/scenarios/index.js';
import { subjectOf } from './race.js';

const { name: subject, stages } = await subjectOf('vfio-pci');
const of: Selected['of'] = { name: subject, stages: stages.all, words: [] };

/** A scenario of vfio-pci as a command selects it: one of its own by its name, or another one. */
export const selected = (name: string, scenario: Scenario = catalogue[name]!): Selected => ({
  name,
  origin: name,
  scenario,
  of,
});
