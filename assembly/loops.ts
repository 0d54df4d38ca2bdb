// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { Cut_ALONE, cutShort } from './ending';
import { Kind_LOAD } from './event';
import { STOP } from './map';
import { isKnown, isWatched, knowsLoops, startWatching } from './spin';
import { current, Leaving_LOOKED_AT, leave, leaveForGood, leaveStopped } from './switching';
import { get, NOWHERE, setPending, State_PAUSED, ticks } from './threads';
import { arrives, careful, spins } from './ticks';

/** Loops that access nothing: they come to no tick, so that their rounds are counted instead. */

const NEVER: u32 = u32.MAX_VALUE;
/** Rounds after which to look at what a loop is about, and how often in vain before it has no end. */
const ROUNDS: u32 = 1 << 16;
const ROUNDS_MAX: u32 = 1 << 10;
/** Rounds that are looked at then, one by one: more than a loop has that only waits. */
const LOOKED_AT_MAX: u32 = 64;

let rounds: u32 = 0;
let inVain: u32 = 0;
/** Rounds that are still to be looked at. */
let lookedAt: u32 = 0;
/** The running thread's ticks when its rounds were last seen to. */
let ticksThen: u32 = NEVER;

/** Another thread runs. */
export function forgetRounds(): void {
  ticksThen = NEVER;
  lookedAt = 0;
}

/** The running thread has gone once round a loop. */
@inline export function countRound(what: u32): void {
  if ((++rounds & (ROUNDS - 1)) == 0) checkRounds(what);
  else if (knowsLoops && spins && isKnown(what, NOWHERE)) lookAtLoop(what);
}

function checkRounds(what: u32): void {
  if (lookedAt > 0) {
    // All of a loop that waits lies in the next few rounds, and this one.
    if (--lookedAt > 0) rounds = ROUNDS - 1;
    lookAtLoop(what);
    return;
  }
  const at = get(ticks, <u32>current);
  if (load<u32>(STOP) != 0) {
    leaveStopped();
  } else if (at != ticksThen) {
    ticksThen = at;
    inVain = 0;
  } else if (++inVain > ROUNDS_MAX) {
    cutShort(Cut_ALONE);
    leaveForGood();
  } else if (spins) {
    lookedAt = LOOKED_AT_MAX;
    rounds = ROUNDS - 1;
  }
}

function lookAtLoop(what: u32): void {
  const thread = <u32>current;
  arrives(thread);
  // What is left there is of another time.
  if (!careful && !isWatched(thread)) startWatching(thread);
  setPending(thread, Kind_LOAD, NOWHERE, 0, what, 0);
  leave(thread, State_PAUSED, Leaving_LOOKED_AT);
}
