// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { cellsLeft } from './clocks';
import {
  ADDED,
  ADDRESS,
  BEFORE,
  BUSY,
  BYTES,
  CLAIM,
  copyLabel,
  eventAt,
  FAILED,
  failsAt,
  KIND,
  Kind_ACQUIRE,
  Kind_ADD,
  Kind_CMPXCHG,
  Kind_COPY,
  Kind_RELEASE,
  Kind_TRY_ACQUIRE,
  PREEMPTIONS,
  SOURCE,
  TICKS,
  TID,
  UNDONE_BY,
  valueAt,
  WHAT,
  writes,
} from './event';
import { failAt } from './failure';
import { checkWord, isBusy, isOnlyWaitedFor, lockKind, loosen } from './granules';
import { hold, unhold } from './holds';
import { EVENTS_MAX } from './map';
import { inspect, inspectCopy, isFrame, markFrame } from './shadow';
import { changed, isWatched, lookAtEvent, stepsLock, wouldSeeOther } from './spin';
import { beginning, current, starting } from './switching';
import {
  bitOf,
  count,
  found,
  get,
  pending,
  result,
  set,
  setPending,
  state,
  State_DONE,
  State_SPINNING,
  ticks,
} from './threads';
import { awakes, careful, endPause, isCareful, noteWrite } from './ticks';
import { recordAccess } from './trace';
import { hasRoom, remember, top } from './undo';

/** The execution at hand: which threads can go on, and what they do, event by event. */

/** Events so far, those that are given, and those among them that are known from the execution before. */
export let depth: u32 = 0;
export let forced: u32 = 0;
export let prefix: u32 = 0;

export function force(length: u32, known: u32): void {
  forced = length;
  prefix = known;
}

/** Most events of an execution: beyond, it is taken for a livelock. */
export let stepLimit: u32 = EVENTS_MAX - 1;

export function limitSteps(limit: u32): void {
  stepLimit = min(limit, EVENTS_MAX - 1);
}

/** Every access is an event, whoever shares it; and each is recorded. */
export let everything: bool = false;
export let tracing: bool = false;

export function watchEverything(all: bool, trace: bool): void {
  everything = all;
  tracing = trace;
}

/** The threads run: what the program does is theirs, and not the set-up's. */
export let watching: bool = false;

export function watch(on: bool): void {
  watching = on;
}

/** Granules that there is room for in the chains of clocks.ts. */
let granulesLeft: u32 = 0;

export function beginExecution(): void {
  depth = 0;
  granulesLeft = cellsLeft();
}

@inline export function isEnabled(thread: u32): bool {
  const at = get(state, thread);
  if (at == State_DONE || (at == State_SPINNING && !(awakes && wouldSeeOther(thread)))) return false;
  const label = pending(thread);
  return (
    load<u8>(label, KIND) != Kind_ACQUIRE || !isBusy(load<u32>(load<u32>(label, ADDRESS)), load<u32>(label, BUSY))
  );
}

/** Threads that could go on, as a mask. */
export function enabled(): u64 {
  let mask: u64 = 0;
  for (let t: u32 = 0; t < count; t++) if (isEnabled(t)) mask |= bitOf(t);
  return mask;
}

/** Does a thread spin that would see something else now than it saw? What it does then, other executions show. */
export function spinInVain(): bool {
  for (let t: u32 = 0; t < count; t++) if (get(state, t) == State_SPINNING && wouldSeeOther(t)) return true;
  return false;
}

export function anySpins(): bool {
  for (let t: u32 = 0; t < count; t++) if (get(state, t) == State_SPINNING) return true;
  return false;
}

/** How many granules an event touches, or one more at either end. */
@inline function granulesOf(label: u32): u32 {
  const granules = (load<u32>(label, BYTES) >>> 3) + 2;
  return load<u8>(label, KIND) == Kind_COPY ? 2 * granules : granules;
}

/** Is there room for what the thread is about to do? */
export function hasRoomFor(thread: u32): bool {
  const label = pending(thread);
  return hasRoom(load<u32>(label, BYTES)) && granulesOf(label) <= granulesLeft;
}

/** Now that it has happened: what has the last event added? */
@inline export function settle(): void {
  if (depth <= prefix) return;
  const event = eventAt(depth - 1);
  if (load<u8>(event, KIND) == Kind_ADD) {
    const address = load<u32>(event, ADDRESS);
    const bytes = load<u32>(event, BYTES);
    store<u64>(event, valueAt(address, bytes) - load<u64>(event, ADDED), ADDED);
  }
  if (tracing) recordAccess(depth - 1, event, true);
}

/** What the thread is about to do happens now, as the next event. */
export function commit(thread: u32): void {
  const label = pending(thread);
  const event = eventAt(depth);
  const kind: u32 = load<u8>(label, KIND);
  const address = load<u32>(label, ADDRESS);
  const known = depth < prefix;
  if (!known) {
    copyLabel(event, label);
    store<u32>(event, get(ticks, thread) - 1, TICKS);
    let preemptions: u32 = 0;
    if (depth > 0) {
      const before = eventAt(depth - 1);
      const last: u32 = load<u8>(before, TID);
      preemptions = load<u32>(before, PREEMPTIONS);
      if (last != thread && isEnabled(last)) preemptions++;
    }
    store<u32>(event, preemptions, PREEMPTIONS);
    granulesLeft -= granulesOf(label);
    if (tracing) recordAccess(depth, event, false);
  } else if (load<u32>(event, ADDRESS) != address || load<u32>(event, WHAT) != load<u32>(label, WHAT)) {
    failAt(depth, event, label);
  }
  if (isWatched(thread)) lookAtEvent(thread, label);
  if (writes(kind)) store<u32>(event, top, UNDONE_BY);
  if (kind >= Kind_ACQUIRE) {
    const word = load<u32>(address);
    if (!known) store<u32>(event, word, BEFORE);
    const taken = stepLock(thread, kind, address, load<u32>(label, BUSY), load<u32>(label, CLAIM));
    if (!known && kind != Kind_RELEASE) store<u8>(event, taken ? 0 : 1, FAILED);
    set(result, thread, u32(taken));
  } else if (writes(kind)) {
    const bytes = load<u32>(label, BYTES);
    if (isCareful(thread)) noteWrite(top);
    if (!known && kind == Kind_ADD) store<u64>(event, valueAt(address, bytes), ADDED); // of which settle() makes one
    if (!known && kind == Kind_CMPXCHG) store<u8>(event, <u8>failsAt(label, valueAt(address, bytes)), FAILED);
    remember(address, bytes);
  }
  depth++;
  const what = load<u32>(label, WHAT);
  if (isFrame(what)) markFrame(address, load<u32>(label, BYTES), what);
  else if (kind == Kind_COPY) inspectCopy(thread, what, address, load<u32>(label, SOURCE), load<u32>(label, BYTES));
  else inspect(thread, kind, what, address, load<u32>(label, BYTES));
}

/** Takes a lock if it is free, or releases it; returns whether it did. A waiting thread comes here once it is free. */
export function stepLock(thread: u32, kind: u32, address: u32, busy: u32, claim: u32): bool {
  const word = load<u32>(address);
  // A failed one is remembered too: what it found is needed later (reversed.ts).
  remember(address, 4);
  if (kind != Kind_RELEASE && isBusy(word, busy)) return false;
  if (kind == Kind_RELEASE) {
    store<u32>(address, word - claim);
    if (!unhold(thread, address, claim)) loosen(address, thread);
  } else {
    checkWord(address, word, lockKind(busy), thread);
    store<u32>(address, word + claim);
    if (!hold(thread, address, claim)) loosen(address, thread);
  }
  if (claim != 0 && isCareful(thread)) {
    if (isOnlyWaitedFor(address)) stepsLock(thread);
    else changed(thread);
  }
  return true;
}

/**
 * Does the running thread go on with an event that is known from the execution before? All that was recorded of it still
 * holds, so that only what it writes must be remembered, as of what is no event.
 */
@inline export function goesOnAsKnown(address: u32, bytes: u32, what: u32): bool {
  if (depth >= prefix || starting || beginning) return false;
  const event = eventAt(depth);
  if (<i32>load<u8>(event, TID) != current) return false;
  if (load<u32>(event, ADDRESS) != address || load<u32>(event, WHAT) != what)
    failAt(depth, event, setPending(<u32>current, what & 15, address, bytes, what, 0));
  if (careful && isWatched(<u32>current)) lookAtEvent(<u32>current, event);
  endPause();
  store<u32>(event, top, UNDONE_BY);
  depth++;
  return true;
}

/** Where an execution is cut short: what would a thread's compare-and-swap or try-lock find next, and do? */
export function lookAhead(thread: u32): void {
  const label = pending(thread);
  const kind: u32 = load<u8>(label, KIND);
  if (get(state, thread) == State_DONE || (kind != Kind_CMPXCHG && kind != Kind_TRY_ACQUIRE)) return;
  const address = load<u32>(label, ADDRESS);
  const bytes = load<u32>(label, BYTES);
  store<u8>(label, <u8>failsAt(label, valueAt(address, bytes)), FAILED);
  set(found, thread, top);
  remember(address, bytes);
}
