// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import * as clocks from './clocks';
import { dataRaces, forgetFresh, leftOut, resetDataRaces } from './data-races';
import { boundPreemptions } from './dfs';
import * as dpor from './dpor';
import * as endings from './ending';
import { ADDRESS } from './event';
import * as execution from './execution';
import { forgetVisits, setAreas } from './areas';
import {
  failure,
  forgetFailure,
  strayedAt,
  strayedFrom,
  strayedFromAddress,
  strayedThread,
  strayedTo,
  strayedToAddress,
} from './failure';
import { faults, forgetFrees, frees, hashOfFaults } from './faults';
import { giveRuns, strayed } from './follow';
import { forgetGranules, grown, resetGrown } from './granules';
import { STOP, THREADS } from './map';
import {
  Ending_DEADLOCK,
  Ending_DONE,
  Ending_LIMIT,
  Ending_SPIN,
  Ending_TRAP,
  Ending_UNSERVED,
  outcomes,
  resetOutcomes,
  tally,
  values,
} from './outcomes';
import { seedRandom } from './random';
import * as scheduler from './scheduler';
import { undoShadow } from './shadow';
import * as spin from './spin';
import * as strategy from './strategy';
import * as threads from './threads';
import * as ticks from './ticks';
import { recordBytes } from './trace';
import { undo } from './undo';

/**
 * The simulator: explores the interleavings of a program's threads. The other side (src/engine/simulate) configures
 * it, calls explore() in slices, and reads the tables at the places that map.ts gives.
 */

export {
  sim_access,
  sim_cas,
  sim_copy,
  sim_frame,
  sim_loop,
  stub_acquire,
  stub_release,
  stub_shadow_freed,
  stub_shadow_outside,
  stub_shadow_unwritten,
  stub_shadow_valid,
  stub_stack_overflow,
  stub_try_acquire,
} from './hooks';

// Where the tables lie: the other side takes these numbers from this module, and has none of its own.
export {
  ADDRESS as EVENT_ADDRESS,
  BUSY as EVENT_BUSY,
  BYTES as EVENT_WIDTH,
  EVENT_BYTES,
  FAILED as EVENT_FAILED,
  PREEMPTIONS as EVENT_PREEMPTIONS,
  SOURCE as EVENT_SOURCE,
  TICKS as EVENT_TICKS,
  TID as EVENT_THREAD,
  WHAT as EVENT_WHAT,
} from './event';
export {
  COUNT as DATA_RACE_COUNT,
  DATA_RACE_BYTES,
  ONE as DATA_RACE_ONE,
  ONE_ADDRESS as DATA_RACE_ONE_ADDRESS,
  ONE_THREAD as DATA_RACE_ONE_THREAD,
  ONE_TICKS as DATA_RACE_ONE_TICKS,
  ONE_WIDTH as DATA_RACE_ONE_WIDTH,
  OTHER as DATA_RACE_OTHER,
  OTHER_ADDRESS as DATA_RACE_OTHER_ADDRESS,
  OTHER_THREAD as DATA_RACE_OTHER_THREAD,
  OTHER_TICKS as DATA_RACE_OTHER_TICKS,
  OTHER_WIDTH as DATA_RACE_OTHER_WIDTH,
  RUN_COUNT as DATA_RACE_RUN_COUNT,
  RUNS_OF as DATA_RACE_RUNS,
} from './data-races';
export { Failure_FULL, Failure_STRAYED } from './failure';
export {
  FAULT_ADDRESS,
  FAULT_FIRST_FRAME,
  FAULT_FRAMES,
  FAULT_FREE,
  FAULT_KIND,
  FAULT_THREAD,
  FAULT_WHAT,
  FAULT_WIDTH,
  NOBODY as FREED_BY_NOBODY,
  Fault_OVERFLOW,
  Fault_UNWRITTEN,
} from './faults';
export { Shadow_FREED, Shadow_OUTSIDE, Shadow_RETURNED, Site_EXCLUDED } from './shadow';
export { FAULT_BYTES, FAULTS, FREES, SITES } from './memory-map';
export {
  ACTOR,
  DATA_RACES,
  EVENTS,
  EVENTS_MAX,
  FREE,
  OBSERVE,
  OUTCOMES,
  RUNS_END,
  STOP,
  THREADS,
  TRACE,
  UNSERVED,
} from './map';
export {
  CAUGHT as OUTCOME_CAUGHT,
  COUNT as OUTCOME_COUNT,
  ENDING as OUTCOME_ENDING,
  FIRST_RUN as OUTCOME_RUNS,
  OUTCOME_BYTES,
  OUTCOME_PREEMPTIONS,
  RUN_COUNT as OUTCOME_RUN_COUNT,
} from './outcomes';
export { Cut_ALONE, Cut_CALLS, Cut_ROOM, Cut_STEPS } from './ending';
export { Strategy_FOLLOW } from './strategy';
export { VALUES_BYTES as RECORD_VALUES } from './trace';

/** Executions so far, since all that threads share was known. */
let executions: u64 = 0;
/** Executions that were given up, since a thread looked too early at what another one changed later. */
let inVain: u64 = 0;
/** The program can say what is due where no thread can go on; it is being asked. */
let canAsk: bool = false;
let asking: bool = false;
/** What was due where no thread could go on, and no other execution shows what comes of that; of all executions, a mask. */
let unserved: u32 = 0;
/** Executions that are still to be run in this slice. */
let left: u32 = 0;
/** Events of all executions. */
let events: u64 = 0;
let longest: u32 = 0;
let started: bool = false;
let running: bool = false;
let finished: bool = false;
let overflow: bool = false;
let observedNames: u32 = 0;
let kind: u32 = 0;

/** Where the program counts what its kernel has caught, where the first entry is, and how long one is; 0: nowhere. */
let caughtCount: u32 = 0;
let caughtFirst: u32 = 0;
let caughtBytes: u32 = 0;

export function set_thread(thread: u32, stackStart: u32, tls: u32, buffer: u32, bufferEnd: u32): void {
  threads.set(threads.stackStart, thread, stackStart);
  threads.set(threads.tls, thread, tls);
  threads.set(threads.buffer, thread, buffer);
  threads.set(threads.bufferEnd, thread, bufferEnd);
  store<u32>(buffer, buffer + 8);
  store<u32>(buffer, bufferEnd, 4);
}

/** The threads' storage and stacks lie side by side from `first` on, so many bytes each, so many of them of storage. */
export function set_areas(first: u32, bytes: u32, storage: u32): void {
  setAreas(first, bytes);
  spin.setStorage(storage);
}

/** What was freed so far is of another set-up. */
export function forget_frees(): void {
  forgetFrees();
}

/** There is a function at UNSERVED. */
export function set_asks(): void {
  canAsk = true;
}

export function set_caught(count: u32, first: u32, bytes: u32): void {
  caughtCount = count;
  caughtFirst = first;
  caughtBytes = bytes;
  spin.watchCaught(count);
}

/** Where the threads keep their own states, one behind the other. */
export function set_states(first: u32, bytes: u32): void {
  threads.setStateBytes(bytes);
  for (let t: u32 = 0; t < THREADS; t++) threads.set(threads.states, t, first + t * bytes);
}

/** `most` preemptions; all ones: as many as there are. */
export function configure(
  threadCount: u32,
  observed: u32,
  which: u32,
  most: u32,
  seed: u32,
  steps: u32,
): void {
  threads.setCount(threadCount);
  observedNames = observed;
  kind = which;
  strategy.useStrategy(which);
  boundPreemptions(most);
  seedRandom(seed);
  execution.limitSteps(steps);
  execution.watchEverything(false, false);
  ticks.watchSpins(which != strategy.Strategy_FOLLOW, which != strategy.Strategy_DPOR);
  store<u32>(STOP, 0);
  threads.forgetFirsts();
  started = false;
  running = false;
  finished = false;
  forgetFailure();
}

/** What threads share is not what it was: another program, or another scenario. */
export function forget_sharing(): void {
  forgetGranules();
  spin.forgetSites();
  forgetVisits();
}

/** Follows the runs that were written below RUNS_END; every access an event, and recorded if asked for. */
export function follow(runs: u32, everything: bool, trace: bool): void {
  giveRuns(runs);
  execution.watchEverything(everything, trace);
}

function restart(): void {
  resetOutcomes(observedNames);
  resetDataRaces();
  executions = 0;
  inVain = 0;
  unserved = 0;
  events = 0;
  longest = 0;
  overflow = false;
  execution.force(0, 0);
  endings.forgetCuts();
  if (grown || spin.learned) threads.forgetFirsts();
  resetGrown();
  spin.resetLearned();
  strategy.start();
}

/** A hash of the violations that the program's kernel found in this execution; 0: none. */
function hashOfCaught(): u32 {
  const ofFaults = hashOfFaults();
  if (caughtCount == 0) return ofFaults;
  const count = load<u32>(caughtCount);
  if (count == 0) return ofFaults;
  let hash: u32 = count;
  const end = caughtFirst + min(count, 8) * caughtBytes;
  for (let at = caughtFirst; at < end; at += 4) hash = (hash ^ load<u32>(at)) * 0x0100_0193;
  return (hash ^ ofFaults) | 1;
}

function ending(): u32 {
  if (endings.cut != 0) return Ending_LIMIT;
  if (endings.trapped) return Ending_TRAP;
  // Of a schedule that is followed, its end may come before the threads'.
  if (endings.able != 0) return Ending_LIMIT;
  if (execution.anySpins()) return Ending_SPIN;
  for (let t: u32 = 0; t < threads.count; t++)
    if (threads.get(threads.state, t) != threads.State_DONE) return Ending_DEADLOCK;
  return Ending_DONE;
}

/** What the program says is due, twice, and one more if another execution is the same and does it; 0: nothing. */
function askWhatIsDue(): u32 {
  if (!canAsk) return 0;
  // Its lists lead nowhere, so that asking has trapped: nothing would be done there.
  if (asking) {
    asking = false;
    scheduler.stopAsking();
    return 0;
  }
  asking = true;
  const due = scheduler.askWhatIsDue();
  asking = false;
  return due;
}

/** Ends the execution at hand: looks at what came out, and puts everything back. */
function finish(): void {
  let ended = ending();
  const reduced = kind == strategy.Strategy_DPOR;
  const asleep = reduced && dpor.wasAsleep();
  const stands = ended == Ending_SPIN || ended == Ending_DEADLOCK;
  let vain = reduced && stands && execution.spinInVain();
  let covered = false;
  if (stands && !vain && !asleep && !endings.stopped) {
    const due = askWhatIsDue();
    if (due != 0) {
      ended = Ending_UNSERVED;
      // What its kernel has caught is there to be told.
      covered = (due & 1) != 0 && kind != strategy.Strategy_FOLLOW && hashOfCaught() == 0;
      vain = covered && reduced;
      if (!covered) unserved |= due >>> 1;
    }
  }
  if (vain) inVain++;
  else if (!asleep && !endings.stopped) {
    executions++;
    events += execution.depth;
    longest = max(longest, execution.depth);
    if (ended == Ending_DONE) scheduler.observe(<u32>values);
    if (!covered && tally(ended, hashOfCaught()) < 0) overflow = true;
  }
  undo();
  undoShadow();
}

/** What explore() comes back with: there are more, there are none, the other side has had it stop. */
const Slice_MORE: u32 = 0;
const Slice_ALL: u32 = 1;
const Slice_STOPPED: u32 = 2;

/**
 * Runs up to so many executions, or until there is an outcome that was not there. A thread that traps leads out of
 * here: after_trap(), and then go_on(), goes on.
 */
export function explore(most: u32, untilNew: bool): u32 {
  left = most;
  return go_on(untilNew);
}

export function go_on(untilNew: bool): u32 {
  if (!started) {
    started = true;
    restart();
  }
  for (; left > 0 && !finished; left--) {
    if (!running && !asking) {
      scheduler.begin();
      if (caughtCount != 0) store<u32>(caughtCount, 0);
      running = true;
    }
    const known = outcomes;
    if (running) scheduler.run();
    running = false;
    finish();
    if (endings.stopped) return Slice_STOPPED;
    if ((grown || spin.learned) && kind != strategy.Strategy_FOLLOW) {
      // Something is shared that was not known to be: all that was counted had too few events.
      if (kind == strategy.Strategy_DPOR) clocks.forgetFrom(0);
      restart();
      continue;
    }
    const more = strategy.advance();
    if (!more) finished = true;
    if (untilNew && outcomes != known) break;
  }
  return finished ? Slice_ALL : Slice_MORE;
}

/** Explores all there is from the start, so many times over: to be timed. Returns the executions of all of them. */
export function explore_times(times: u32): u64 {
  let all: u64 = 0;
  for (let n: u32 = 0; n < times; n++) {
    started = false;
    finished = false;
    explore(u32.MAX_VALUE, false);
    all += executions;
  }
  return all;
}

export function after_trap(deep: bool): void {
  if (asking) return;
  // In no thread, but in what observes them or in here: nothing to go on from.
  if (!running) unreachable();
  scheduler.afterTrap(deep);
}

/** No table has room: what was found so far stays, and what the execution at hand has written is put back. */
export function abandon(): void {
  scheduler.abandon();
  undo();
  undoShadow();
  forgetFresh();
  running = false;
  finished = true;
}

/** What executions were cut short by, as a mask. */
export function get_cuts(): u32 {
  return endings.cuts;
}
export function get_faults(): u32 {
  return faults;
}
export function get_frees(): u32 {
  return frees;
}
/** 0, or what has ended the exploration: assembly/failure.ts. */
export function get_failure(): u32 {
  return failure;
}
export function get_executions(): u64 {
  return executions;
}
export function get_blocked(): u32 {
  return dpor.blocked;
}
export function get_in_vain(): u64 {
  return inVain;
}
/** What was due in executions that end as Ending_UNSERVED, as a mask of the program's. */
export function get_unserved(): u32 {
  return unserved;
}
/** Which access was another one than in an execution before: 0: its thread, 1: its index, and what it was and is. */
export function get_strayed_access(which: u32): u32 {
  if (which == 0) return strayedThread;
  if (which == 1) return strayedAt;
  if (which == 2) return strayedFrom;
  if (which == 3) return strayedFromAddress;
  return which == 4 ? strayedTo : strayedToAddress;
}
export function get_outcomes(): u32 {
  return outcomes;
}
export function get_data_races(): u32 {
  return dataRaces;
}
/** Were there more data races than there is room for? */
export function get_data_races_left_out(): bool {
  return leftOut;
}
export function get_events(): u64 {
  return events;
}
export function get_longest(): u32 {
  return longest;
}
export function get_depth(): u32 {
  return execution.depth;
}
export function get_strayed(): u32 {
  return strayed;
}
export function get_record_bytes(): u32 {
  return recordBytes();
}
export function is_full(): bool {
  return overflow;
}
/** How much of the exploration is done, from 0 to 1. */
export function get_progress(): f64 {
  return strategy.done();
}
/** Where a thread stands at the end of an execution: the address of what it was about to access, 0 if it is done. */
export function get_place(thread: u32): u32 {
  return threads.get(threads.state, thread) == threads.State_DONE
    ? 0
    : load<u32>(threads.pending(thread), ADDRESS);
}
