import { Failure_STRAYED, fail } from './failure';
import {
  ADDED,
  ADDRESS,
  BEFORE,
  BUSY,
  BYTES,
  CLAIM,
  copyLabel,
  EXPECTED,
  eventAt,
  FAILED,
  KIND,
  Kind_ACQUIRE,
  Kind_ADD,
  Kind_ATOMIC_LOAD,
  Kind_CMPXCHG,
  Kind_COPY,
  Kind_LOAD,
  Kind_RELEASE,
  Kind_TRY_ACQUIRE,
  PREEMPTIONS,
  SOURCE,
  TICKS,
  TID,
  UNDONE_BY,
  WHAT,
  writes,
} from './event';
import { enterArea, isInAreas, isOwn, isVisited, takeDepth, visit } from './areas';
import { Fault_OVERFLOW, nameFaults, noteFault, NOBODY, noteFree, startFaults } from './faults';
import { grow, touch } from './granules';
import { EVENTS_MAX, PROGRAM } from './map';
import {
  clearFrames,
  inspect,
  inspectCopy,
  isFrame,
  setUpAccess,
  setUpCopy,
  logShadow,
  markFrame,
  markFreed,
  markOutside,
  markUnwritten,
  markValid,
} from './shadow';
import { choose } from './strategy';
import {
  buffer,
  bufferEnd,
  count,
  get,
  keepFirst,
  knowsFirst,
  pending,
  result,
  set,
  stackPointer,
  stackStart,
  standAtFirst,
  state,
  State_DONE,
  State_NEW,
  State_PAUSED,
  stateBytes,
  states,
  ticks,
  tls,
} from './threads';
import { recordAccess } from './trace';
import { remember, top } from './undo';

/**
 * Logical threads as coroutines of Asyncify. A thread runs up to the next access of what threads share, or the next
 * step of a lock, and says what it is about to do; who goes next is the strategy's to say. Only where that is another
 * thread is the stack unwound, and rewound later. Both are wasm: nothing but a trap leads out to JavaScript.
 *
 * What a thread does up to its first event depends on no other, so that it is the same in each execution. Once it is
 * known a thread is not begun before that event is its turn, which saves the way there, out and back in.
 */

// Shared with the program under test.
@external("env", "__asyncify_state")
declare let asyncifyState: i32;
@external("env", "__asyncify_data")
declare let asyncifyData: i32;
@external("sim", "stack_pointer")
declare let cStackPointer: i32;
@external("sim", "tls_base")
declare let cTlsBase: i32;

const UNWINDING: i32 = 1;
const REWINDING: i32 = 2;

/** The program's functions in the shared table. */
export const ACTOR: u32 = 64;
export const OBSERVE: u32 = 65;

/** Events so far, those that are given, and those among them that are known from the execution before. */
export let depth: u32 = 0;
export let forced: u32 = 0;
export let prefix: u32 = 0;

export function force(length: u32, known: u32): void {
  forced = length;
  prefix = known;
}

/** Most events of an execution: beyond, it is taken for a livelock. */
let stepLimit: u32 = EVENTS_MAX - 1;

export function limitSteps(limit: u32): void {
  stepLimit = min(limit, EVENTS_MAX - 1);
}

export let current: i32 = -1;
let next: i32 = -1;
/** What choose() cannot say: nobody has been chosen, or nobody is to go on. */
const NOBODY_YET: i32 = -3;
const TOO_LONG: i32 = -2;
/** Accesses are told apart: the threads run. */
let watching: bool = false;
/** Threads are being brought to their first event; the one that runs is, which is next. */
let starting: bool = false;
let beginning: bool = false;
/** Every access is an event, whoever shares it. */
let everything: bool = false;
export let tracing: bool = false;

export function watchEverything(all: bool, trace: bool): void {
  everything = all;
  tracing = trace;
}

/** A thread has trapped in this execution. */
export let trapped: bool = false;
export let limited: bool = false;
/** What paused threads have left of themselves is overwritten. */
let lost: bool = false;
/** That has been so in some execution: others would have gone on there. */
export let everLost: bool = false;

export function forgetLost(): void {
  everLost = false;
}

@inline export function isEnabled(thread: u32): bool {
  if (get(state, thread) == State_DONE) return false;
  const label = pending(thread);
  return (
    load<u8>(label, KIND) != Kind_ACQUIRE || (load<u32>(load<u32>(label, ADDRESS)) & load<u32>(label, BUSY)) == 0
  );
}

/** Threads that could go on, as a mask. */
export function enabled(): u32 {
  let mask: u32 = 0;
  for (let t: u32 = 0; t < count; t++) if (isEnabled(t)) mask |= 1 << t;
  return mask;
}

/** Up to 8 bytes as a number. */
@inline function valueAt(address: u32, bytes: u32): u64 {
  return load<u64>(address) & maskOf(bytes);
}

@inline function maskOf(bytes: u32): u64 {
  return (~(<u64>0)) >> (64 - 8 * bytes);
}

/** Now that it has happened: what has the last event added? */
@inline function settle(): void {
  if (depth <= prefix) return;
  const event = eventAt(depth - 1);
  if (load<u8>(event, KIND) == Kind_ADD) {
    const address = load<u32>(event, ADDRESS);
    const bytes = load<u32>(event, BYTES);
    store<u64>(event, valueAt(address, bytes) - load<u64>(event, ADDED), ADDED);
  }
  if (tracing) recordAccess(depth - 1, event, true);
}

/** What the thread is about to do happens now: it becomes the next event. */
function commit(thread: u32): void {
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
    if (tracing) recordAccess(depth, event, false);
  } else if (load<u32>(event, ADDRESS) != address || load<u32>(event, WHAT) != load<u32>(label, WHAT)) {
    fail(Failure_STRAYED);
  }
  if (writes(kind)) store<u32>(event, top, UNDONE_BY);
  if (kind >= Kind_ACQUIRE) {
    const word = load<u32>(address);
    if (!known) store<u32>(event, word, BEFORE);
    remember(address, 4);
    if (kind == Kind_RELEASE) store<u32>(address, word - load<u32>(label, CLAIM));
    else {
      const taken = (word & load<u32>(label, BUSY)) == 0;
      if (taken) store<u32>(address, word + load<u32>(label, CLAIM));
      if (!known) store<u8>(event, taken ? 0 : 1, FAILED);
      set(result, thread, u32(taken));
    }
  } else if (writes(kind)) {
    const bytes = load<u32>(label, BYTES);
    if (!known && kind == Kind_ADD) store<u64>(event, valueAt(address, bytes), ADDED); // of which settle() makes one
    if (!known && kind == Kind_CMPXCHG)
      store<u8>(event, valueAt(address, bytes) == load<u64>(label, EXPECTED) ? 0 : 1, FAILED);
    remember(address, bytes);
  }
  depth++;
  const what = load<u32>(label, WHAT);
  if (isFrame(what)) markFrame(address, load<u32>(label, BYTES), what);
  else if (kind == Kind_COPY) inspectCopy(thread, what, address, load<u32>(label, SOURCE), load<u32>(label, BYTES));
  else inspect(thread, kind, what, address, load<u32>(label, BYTES));
}

/**
 * Does the running thread go on with an event that is known from the execution before? All that was written down of
 * it stands, so that only memory needs to be looked after, as where nobody is told: what it writes is remembered next.
 */
@inline function goesOnAsKnown(address: u32, what: u32): bool {
  if (depth >= prefix || starting || beginning) return false;
  const event = eventAt(depth);
  if (<i32>load<u8>(event, TID) != current) return false;
  if (load<u32>(event, ADDRESS) != address || load<u32>(event, WHAT) != what) fail(Failure_STRAYED);
  store<u32>(event, top, UNDONE_BY);
  depth++;
  return true;
}

/** The running thread is at its next event: goes on if it is to, unwinds if not. */
function arrive(): void {
  const thread = <u32>current;
  if (beginning) {
    beginning = false;
    commit(thread);
    return;
  }
  if (starting) {
    if (!everything) keepFirst(thread);
  } else {
    settle();
    next = depth >= stepLimit ? TOO_LONG : choose();
    if (next == current) {
      next = NOBODY_YET;
      commit(thread);
      return;
    }
  }
  set(state, thread, State_PAUSED);
  set(stackPointer, thread, cStackPointer);
  asyncifyData = get(buffer, thread);
  asyncifyState = UNWINDING;
}

function resume(thread: u32): void {
  current = thread;
  enterArea(thread);
  cTlsBase = get(tls, thread);
  asyncifyData = get(buffer, thread);
  if (get(state, thread) == State_NEW) {
    set(ticks, thread, 0);
    const at = get(buffer, thread);
    store<u32>(at, at + 8);
    cStackPointer = get(stackStart, thread);
  } else {
    cStackPointer = get(stackPointer, thread);
    asyncifyState = REWINDING;
  }
  call_indirect<void>(ACTOR, thread);
  if (asyncifyState == UNWINDING) {
    asyncifyState = 0;
    const at = get(buffer, thread);
    if (load<u32>(at) > get(bufferEnd, thread)) tooDeep(thread);
  } else set(state, thread, State_DONE);
}

/**
 * The thread's calls are nested deeper than there is room for to unwind them, and what has had no room lies where other
 * threads have theirs: nobody can go on.
 */
function tooDeep(thread: u32): void {
  noteFault(Fault_OVERFLOW, thread, 0, 0, 0, 0);
  set(state, thread, State_DONE);
  // A schedule that leads there leaves it where it would be unwound.
  set(ticks, thread, get(ticks, thread) - 1);
  trapped = true;
  lost = true;
  everLost = true;
  next = NOBODY_YET;
}

export function begin(): void {
  depth = 0;
  current = -1;
  trapped = false;
  limited = false;
  asyncifyState = 0;
  lost = false;
  startFaults(tracing);
  logShadow(true);
  for (let t: u32 = 0; t < count; t++) {
    store<u32>(get(buffer, t), get(bufferEnd, t), 4);
    clearFrames(takeDepth(t), get(stackStart, t));
    set(state, t, State_NEW);
    if (knowsFirst(t)) standAtFirst(t);
  }
  // A reader of the execution would take what the last one has left for what is so now.
  if (tracing) for (let t: u32 = 0; t < count; t++) memory.fill(get(states, t), 0, stateBytes);
  watching = true;
}

/** Runs until nobody goes on any more. */
export function run(): void {
  starting = true;
  for (let t: u32 = 0; t < count && !lost; t++) if (get(state, t) == State_NEW && !knowsFirst(t)) resume(t);
  starting = false;
  settle();
  next = lost ? NOBODY_YET : choose();
  while (next >= 0) {
    const thread = <u32>next;
    next = NOBODY_YET;
    if (get(state, thread) == State_NEW) beginning = true;
    else commit(thread);
    resume(thread);
    if (lost) break;
    // It has ended.
    if (next == NOBODY_YET) {
      settle();
      next = depth >= stepLimit ? TOO_LONG : choose();
    }
  }
  if (next == TOO_LONG) limited = true;
  // Who never had a turn has done what lies before it.
  starting = true;
  for (let t: u32 = 0; t < count && !lost; t++) if (get(state, t) == State_NEW) resume(t);
  starting = false;
  watching = false;
}

/** The running thread has trapped, which has led out of run(); `deep`: its calls had no room. */
export function afterTrap(deep: bool): void {
  if (deep) noteFault(Fault_OVERFLOW, <u32>current, 0, 0, 0, 0);
  set(state, <u32>current, State_DONE);
  asyncifyState = 0;
  trapped = true;
}

export function observe(values: u32): void {
  watching = false;
  cTlsBase = get(tls, 0);
  cStackPointer = get(stackStart, 0);
  call_indirect<void>(OBSERVE, values);
}

// ---- what the program calls ----

/** Most ticks of a thread: one that only looks at what is its own, for ever, would never come to an event. */
const TICKS_MAX: u32 = 1 << 24;

@inline function tick(thread: u32): void {
  const count = get(ticks, thread) + 1;
  set(ticks, thread, count);
  if (count > TICKS_MAX) {
    limited = true;
    // Out of the thread as a trap is.
    unreachable();
  }
}

/** Is this the second call of a hook that a thread was unwound in? */
@inline function hasRewound(): bool {
  if (asyncifyState == 0) return false;
  asyncifyState = 0;
  if (tracing) nameFaults(<u32>current);
  return true;
}

@inline function label(thread: u32, kind: u32, address: u32, bytes: u32, what: u32): u32 {
  const at = pending(thread);
  store<u32>(at, thread | (kind << 8));
  store<u32>(at, address, ADDRESS);
  store<u32>(at, bytes, BYTES);
  store<u32>(at, what, WHAT);
  return at;
}

/** Where a NULL pointer and its members lead: no data is there. */
const FIRST_PAGE: u32 = 4096;

@inline function check(address: u32, bytes: u32): void {
  if (address < FIRST_PAGE || address > PROGRAM || bytes > PROGRAM - address) unreachable();
}

/** Is it in the running thread's own area, where nobody else has ever been? Another thread's has been, from now on. */
@inline function isPrivate(address: u32, thread: u32): bool {
  if (!isInAreas(address)) return false;
  if (isOwn(address)) return !isVisited(thread);
  if (visit(address)) grow();
  return false;
}

export function sim_access(address: u32, bytes: u32, what: u32): void {
  if (hasRewound() || bytes == 0) return;
  const kind = what & 15;
  if (!watching) {
    setUpAccess(kind, what, address, bytes);
    return;
  }
  const thread = <u32>current;
  const writing = kind != Kind_LOAD && kind != Kind_ATOMIC_LOAD;
  check(address, bytes);
  tick(thread);
  if (isPrivate(address, thread) && !everything) {
    inspect(thread, kind, what, address, bytes);
    return;
  }
  if ((!touch(address, bytes, thread, writing) && !everything) || goesOnAsKnown(address, what)) {
    inspect(thread, kind, what, address, bytes);
    if (writing) remember(address, bytes);
    return;
  }
  label(thread, kind, address, bytes, what);
  arrive();
}

/** One that writes what it expects is a load, however it ends. */
export function sim_cas(address: u32, bytes: u32, what: u32, expected: u64, replacement: u64): void {
  if (hasRewound()) return;
  if (!watching) {
    setUpAccess(Kind_CMPXCHG, what, address, bytes);
    return;
  }
  const thread = <u32>current;
  const mask = maskOf(bytes);
  const writing = ((expected ^ replacement) & mask) != 0;
  check(address, bytes);
  tick(thread);
  const shared = !isPrivate(address, thread) && touch(address, bytes, thread, writing);
  if ((!shared && !everything) || goesOnAsKnown(address, what)) {
    inspect(thread, Kind_CMPXCHG, what, address, bytes);
    if (writing) remember(address, bytes);
    return;
  }
  store<u64>(label(thread, writing ? Kind_CMPXCHG : Kind_ATOMIC_LOAD, address, bytes, what), expected & mask, EXPECTED);
  arrive();
}

export function sim_copy(to: u32, from: u32, bytes: u32, what: u32): void {
  if (hasRewound() || bytes == 0) return;
  if (!watching) {
    setUpCopy(what, to, from, bytes);
    return;
  }
  const thread = <u32>current;
  check(to, bytes);
  check(from, bytes);
  tick(thread);
  const read = !isPrivate(from, thread) && touch(from, bytes, thread, false);
  const written = !isPrivate(to, thread) && touch(to, bytes, thread, true);
  if ((!written && !read && !everything) || goesOnAsKnown(to, what)) {
    inspectCopy(thread, what, to, from, bytes);
    remember(to, bytes);
    return;
  }
  store<u32>(label(thread, Kind_COPY, to, bytes, what), from, SOURCE);
  arrive();
}

/** A lock's step is an event where threads share the lock; nobody else can have it otherwise. */
@inline function lockStep(kind: u32, word: u32, busy: u32, claim: u32): bool {
  const thread = <u32>current;
  check(word, 4);
  tick(thread);
  const shared = !isPrivate(word, thread) && touch(word, 4, thread, true);
  // One that waits is an event at any rate: it may wait for ever.
  const told = shared || everything || (kind == Kind_ACQUIRE && (load<u32>(word) & busy) != 0);
  if (!told || goesOnAsKnown(word, kind)) {
    inspect(thread, kind, kind, word, 4);
    return false;
  }
  const at = label(thread, kind, word, 4, kind);
  store<u32>(at, busy, BUSY);
  store<u32>(at, claim, CLAIM);
  return true;
}

export function stub_acquire(word: u32, busy: u32, claim: u32): void {
  if (hasRewound()) return;
  if (watching && lockStep(Kind_ACQUIRE, word, busy, claim)) {
    arrive();
    return;
  }
  if (watching) remember(word, 4);
  // Set-up and observation have the machine to themselves.
  if ((load<u32>(word) & busy) != 0) unreachable();
  store<u32>(word, load<u32>(word) + claim);
}

export function stub_try_acquire(word: u32, busy: u32, claim: u32): u32 {
  if (hasRewound()) return get(result, <u32>current);
  if (watching && lockStep(Kind_TRY_ACQUIRE, word, busy, claim)) {
    arrive();
    return asyncifyState == 0 ? get(result, <u32>current) : 0;
  }
  if (watching) remember(word, 4);
  if ((load<u32>(word) & busy) != 0) return 0;
  store<u32>(word, load<u32>(word) + claim);
  return 1;
}

export function stub_release(word: u32, claim: u32): void {
  if (hasRewound()) return;
  if (watching && lockStep(Kind_RELEASE, word, 0, claim)) {
    arrive();
    return;
  }
  if (watching) remember(word, 4);
  store<u32>(word, load<u32>(word) - claim);
}

/**
 * A frame of the stack has been made, or is about to go. To its own thread that is nothing; where others have been in
 * its area, it orders what they do there.
 */
export function sim_frame(frame: u32, bytes: u32, what: u32): void {
  if (hasRewound() || !watching || bytes == 0) return;
  const thread = <u32>current;
  check(frame, bytes);
  tick(thread);
  const shared = isVisited(thread) && touch(frame, bytes, thread, true);
  if ((!shared && !everything) || goesOnAsKnown(frame, what)) {
    markFrame(frame, bytes, what);
    if (shared || everything) remember(frame, bytes);
    return;
  }
  label(thread, what & 15, frame, bytes, what);
  arrive();
}

export function stub_shadow_valid(object: u32, bytes: u32): void {
  markValid(object, bytes);
}

export function stub_shadow_unwritten(object: u32, bytes: u32): void {
  markUnwritten(object, bytes);
}

export function stub_shadow_outside(start: u32, bytes: u32): void {
  markOutside(start, bytes);
}

export function stub_shadow_freed(object: u32, bytes: u32): void {
  markFreed(object, bytes);
  noteFree(watching ? <u32>current : NOBODY, object, bytes);
}

export function stub_stack_overflow(): void {
  if (watching) noteFault(Fault_OVERFLOW, <u32>current, 0, 0, 0, 0);
  unreachable();
}
