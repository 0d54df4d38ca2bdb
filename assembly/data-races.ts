// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { ADDRESS, BYTES, TICKS, TID, WHAT } from './event';
import { isFrame } from './shadow';
import { DATA_RACES, DATA_RACES_MAX } from './map';
import { keepRuns, keptRuns } from './outcomes';

/**
 * Data races: two accesses of the same bytes, one of them a write and one of them not atomic, that no synchronisation
 * orders (vector clocks, as in Flanagan and Freund, "FastTrack", PLDI 2009, with whole clocks instead of epochs).
 * The same two places in the code are one race, however often they meet.
 *
 * 52 bytes each: the two places, the threads, how often, the first schedule (index of its kept runs, filled in later),
 * the execution it was last counted in; and of the two events in the execution of that schedule what they accessed, and
 * the ticks of their threads before them, by which a reader of the execution finds them again.
 *
 * A compare-and-swap that writes what it expects orders nothing, though it is atomic: no thread can see whether it has
 * happened yet, so that another execution of the same class has it elsewhere, even if in this execution alone it seems to
 * order something.
 */

export const DATA_RACE_BYTES: u32 = 52;
export const ONE: u32 = 0;
export const OTHER: u32 = 4;
export const ONE_THREAD: u32 = 8;
export const OTHER_THREAD: u32 = 9;
export const COUNT: u32 = 12;
export const RUNS_OF: u32 = 16;
export const RUN_COUNT: u32 = 20;
const SEEN: u32 = 24;
export const ONE_TICKS: u32 = 28;
export const OTHER_TICKS: u32 = 32;
export const ONE_ADDRESS: u32 = 36;
export const OTHER_ADDRESS: u32 = 40;
export const ONE_WIDTH: u32 = 44;
export const OTHER_WIDTH: u32 = 48;

export let dataRaces: u32 = 0;
/** There were more than there is room for. */
export let leftOut: bool = false;
/** Races without a schedule from here on: found in the execution at hand. */
let fresh: u32 = 0;
let execution: u32 = 1;

export function resetDataRaces(): void {
  dataRaces = 0;
  leftOut = false;
  fresh = 0;
  execution = 1;
}

/** Those found in the execution at hand, for whose schedule there is no room. */
export function forgetFresh(): void {
  dataRaces = fresh;
}

/** Those found in the execution at hand get its schedule. */
export function keepSchedule(): void {
  if (fresh < dataRaces) {
    const first = keepRuns();
    for (; fresh < dataRaces; fresh++) {
      store<u32>(dataRaceAt(fresh), first, RUNS_OF);
      store<u32>(dataRaceAt(fresh), keptRuns, RUN_COUNT);
    }
  }
  execution++;
}

@inline export function dataRaceAt(index: u32): u32 {
  return DATA_RACES + index * DATA_RACE_BYTES;
}

export function noteRace(first: u32, second: u32): void {
  // A frame that is made or goes is no access: a late use of it is reported as that.
  if (isFrame(load<u32>(first, WHAT)) || isFrame(load<u32>(second, WHAT))) return;
  let one = first;
  let other = second;
  if (load<u32>(one, WHAT) > load<u32>(other, WHAT)) {
    one = second;
    other = first;
  }
  const oneWhat = load<u32>(one, WHAT);
  const otherWhat = load<u32>(other, WHAT);
  for (let i: u32 = 0; i < dataRaces; i++) {
    const race = dataRaceAt(i);
    if (load<u32>(race, ONE) != oneWhat || load<u32>(race, OTHER) != otherWhat) continue;
    if (load<u32>(race, SEEN) != execution) store<u32>(race, load<u32>(race, COUNT) + 1, COUNT);
    store<u32>(race, execution, SEEN);
    return;
  }
  if (dataRaces >= DATA_RACES_MAX) {
    leftOut = true;
    return;
  }
  const race = dataRaceAt(dataRaces++);
  store<u32>(race, oneWhat, ONE);
  store<u32>(race, otherWhat, OTHER);
  store<u8>(race, load<u8>(one, TID), ONE_THREAD);
  store<u8>(race, load<u8>(other, TID), OTHER_THREAD);
  store<u32>(race, load<u32>(one, TICKS), ONE_TICKS);
  store<u32>(race, load<u32>(other, TICKS), OTHER_TICKS);
  store<u32>(race, load<u32>(one, ADDRESS), ONE_ADDRESS);
  store<u32>(race, load<u32>(other, ADDRESS), OTHER_ADDRESS);
  store<u32>(race, load<u32>(one, BYTES), ONE_WIDTH);
  store<u32>(race, load<u32>(other, BYTES), OTHER_WIDTH);
  store<u32>(race, 1, COUNT);
  store<u32>(race, 0, RUNS_OF);
  store<u32>(race, execution, SEEN);
}
