// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { LostbitError } from '../../errors.js';
import { loadScheduler } from './scheduler-module.js';

/** Values of an outcome: what its entry in the scheduler's table has room for. */
const mostObserved = 8;

/**
 * Refuses what the scheduler has no room for.
 *
 * @throws LostbitError `E_LIMIT`.
 */
export function checkShape({
  actors,
  observed,
}: {
  readonly actors: number;
  readonly observed: number;
}): void {
  const most = loadScheduler().constant('THREADS');
  if (!Number.isInteger(actors) || actors < 1 || actors > most)
    throw new LostbitError('E_LIMIT', `the simulator has ${actors} actors to run; it takes 1 to ${most}`, {
      hint: 'give an actor several steps: those run one after the other',
    });
  if (!Number.isInteger(observed) || observed < 0 || observed > mostObserved)
    throw new LostbitError(
      'E_LIMIT',
      `the simulator has ${observed} values to observe; it takes up to ${mostObserved}`,
      { hint: 'observe only what distinguishes the outcomes' },
    );
}
