import { ADDRESS, BYTES, TID, WHAT } from './event';
import { isFrame } from './shadow';
import { DATA_RACES, DATA_RACES_MAX } from './map';
import { keepRuns, keptRuns } from './outcomes';

/**
 * Data races: two accesses of the same bytes, one of them a write and one of them not atomic, that no synchronisation
 * orders (vector clocks, as in Flanagan and Freund, "FastTrack", PLDI 2009, with whole clocks instead of epochs).
 * The same two places in the code are one race, however often they meet.
 *
 * 32 bytes each: the two places, the threads, how often, the first schedule (index of its kept runs, filled in later),
 * the execution it was last counted in.
 */

export const DATA_RACE_BYTES: u32 = 32;
export const ONE: u32 = 0;
export const OTHER: u32 = 4;
export const ONE_THREAD: u32 = 8;
export const OTHER_THREAD: u32 = 9;
export const COUNT: u32 = 12;
export const RUNS_OF: u32 = 16;
export const RUN_COUNT: u32 = 20;
const SEEN: u32 = 24;
export const ADDRESS_OF: u32 = 28;

export let dataRaces: u32 = 0;
/** Races without a schedule from here on: found in the execution at hand. */
let fresh: u32 = 0;
let execution: u32 = 1;

export function resetDataRaces(): void {
  dataRaces = 0;
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
  let one = load<u32>(first, WHAT);
  let other = load<u32>(second, WHAT);
  // That a frame comes or goes is no access: who comes too late is told of as such.
  if (isFrame(one) || isFrame(other)) return;
  let oneThread = load<u8>(first, TID);
  let otherThread = load<u8>(second, TID);
  if (one > other) {
    const place = one;
    one = other;
    other = place;
    const thread = oneThread;
    oneThread = otherThread;
    otherThread = thread;
  }
  for (let i: u32 = 0; i < dataRaces; i++) {
    const race = dataRaceAt(i);
    if (load<u32>(race, ONE) != one || load<u32>(race, OTHER) != other) continue;
    if (load<u32>(race, SEEN) != execution) store<u32>(race, load<u32>(race, COUNT) + 1, COUNT);
    store<u32>(race, execution, SEEN);
    return;
  }
  if (dataRaces >= DATA_RACES_MAX) return;
  const race = dataRaceAt(dataRaces++);
  store<u32>(race, one, ONE);
  store<u32>(race, other, OTHER);
  store<u8>(race, oneThread, ONE_THREAD);
  store<u8>(race, otherThread, OTHER_THREAD);
  store<u32>(race, 1, COUNT);
  store<u32>(race, 0, RUNS_OF);
  store<u32>(race, execution, SEEN);
  store<u32>(race, max(load<u32>(first, ADDRESS), load<u32>(second, ADDRESS)), ADDRESS_OF);
}
