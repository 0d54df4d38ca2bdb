// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { Failure_FULL, fail } from './failure';
import { noteRace } from './data-races';
import {
  ADDRESS,
  BEFORE,
  BUSY,
  BYTES,
  CELL,
  CLAIM,
  changes,
  classify,
  clockOf,
  commutes,
  conflict,
  conflictInBytes,
  covers,
  eventAt,
  FAILED,
  isAtomic,
  isLoad,
  isLock,
  isRaw,
  isSharing,
  isStrong,
  KIND,
  Kind_ACQUIRE,
  Kind_ATOMIC_LOAD,
  Kind_COPY,
  Kind_RELEASE,
  NTH,
  SOURCE,
  TID,
  takes,
  UNDONE_BY,
  WHAT,
} from './event';
import { granuleOf, headOf, isBusy, setHead } from './granules';
import { CELLS, CELLS_MAX, CLOCKS, EVENTS_MAX, GRANULES, RACES, RACES_MAX, STOP, SYNC_CLOCKS, THREAD_EVENTS, THREADS } from './map';
import { bitOf } from './threads';
import { byteBefore } from './undo';

/**
 * The order of a trace: an event comes after another where a chain of dependent events leads there. Each event has a
 * vector clock that says how many events of each thread come before it, itself included.
 *
 * Conflicting events with nothing between them are races in the sense of partial-order reduction: their order could have
 * been the other. A lock's acquire races with the acquire that kept it waiting, since it cannot go before a release.
 *
 * Cells chain the events that touch a granule, the newest first: 48 bytes each. A walk along a chain ends as soon as
 * nothing older can matter, and skips runs of events that commute with the one at hand, of its own thread, and of another
 * thread that touches other bytes, so that the cost of an event does not grow with the execution.
 */

const CELL_BYTES: u32 = 48;
const CELL_EVENT: u32 = 0;
/** The cell before it; a thread that loads the same again and again has only its newest load in the chain. */
const CELL_BEFORE: u32 = 4;
const CELL_GRANULE: u32 = 8;
/** The newest one before it that is not of its class. */
const CELL_SKIP: u32 = 12;
/** What was the newest cell before this one came. */
const CELL_HEAD: u32 = 16;
/** Threads that this cell and older ones are of; those of them that hand something over. Masks of 8 bytes. */
const CELL_THREADS: u32 = 24;
const CELL_GIVERS: u32 = 32;
/** The newest one before it that is of another thread. */
const CELL_RUN: u32 = 40;
/** Of it, and those of its thread right before it: bytes of the granule that they touch, and that strong ones do. */
const CELL_TOUCHED: u32 = 44;
const CELL_COVERED: u32 = 45;

/** A race: 16 bytes. */
export const RACE_BYTES: u32 = 16;
export const RACE_FIRST: u32 = 0;
export const RACE_SECOND: u32 = 4;

let cells: u32 = 1;
/** Events that have clocks. */
export let clocked: u32 = 0;
/** Races that are still to be handled. */
export let races: u32 = 0;

let threads: u32 = 0;
/** What is looked at has happened, so that a data race with it has as well. */
let isDone: bool = true;
/** How many events of each thread have clocks. */
const counts = memory.data(THREADS * 4);
/** Scratch: the clock of the event at hand, and what it had before it met others. */
const acc = memory.data(THREADS * 4);
const own = memory.data(THREADS * 4);
const syncOwn = memory.data(THREADS * 4);
const syncAcc = memory.data(THREADS * 4);

export function resetClocks(count: u32): void {
  forgetFrom(0);
  threads = count;
  races = 0;
  cells = 1;
  memory.fill(counts, 0, THREADS * 4);
}

/** How many granules more the events of an execution can touch, those that have clocks left aside. */
export function cellsLeft(): u32 {
  return CELLS_MAX - cells;
}

/** Index of a thread's nth event. */
@inline export function threadEvent(thread: u32, nth: u32): u32 {
  return load<u32>(THREAD_EVENTS + (thread * EVENTS_MAX + nth - 1) * 4);
}

@inline export function eventsOf(thread: u32): u32 {
  return load<u32>(counts + thread * 4);
}

/** Is the first event before the second one, which has another thread or a later place? */
@inline export function happensBefore(first: u32, second: u32): bool {
  const event = eventAt(first);
  return load<u32>(clockOf(CLOCKS, second) + load<u8>(event, TID) * 4) >= load<u32>(event, NTH);
}

@inline function join(into: usize, clock: u32): void {
  for (let t: u32 = 0; t < threads; t++) {
    const other = load<u32>(clock + t * 4);
    if (other > load<u32>(into + t * 4)) store<u32>(into + t * 4, other);
  }
}

@inline function copy(to: usize, from: usize): void {
  memory.copy(to, from, threads * 4);
}

@inline function knows(clock: usize, event: u32): bool {
  return load<u32>(clock + load<u8>(event, TID) * 4) >= load<u32>(event, NTH);
}

function pushRace(first: u32, second: u32): void {
  if (races >= RACES_MAX) fail(Failure_FULL);
  const race = RACES + races++ * RACE_BYTES;
  store<u32>(race, first, RACE_FIRST);
  store<u32>(race, second, RACE_SECOND);
}

@inline export function raceAt(index: u32): u32 {
  return RACES + index * RACE_BYTES;
}

/** Drops a race, which the last one takes the place of. */
export function dropRace(index: u32): void {
  races--;
  if (index != races) {
    store<u64>(raceAt(index), load<u64>(raceAt(races)));
  }
}

export function keepRaces(count: u32): void {
  races = count;
}

/** Events from an index on are taken back. */
export function forgetFrom(index: u32): void {
  while (clocked > index) {
    const event = eventAt(--clocked);
    const first = load<u32>(event, CELL);
    while (cells > first) {
      const cell = CELLS + --cells * CELL_BYTES;
      setHead(load<u32>(cell, CELL_GRANULE), load<u32>(cell, CELL_HEAD));
    }
    const count = counts + load<u8>(event, TID) * 4;
    store<u32>(count, load<u32>(count) - 1);
  }
  let kept: u32 = 0;
  for (let i: u32 = 0; i < races; i++) {
    const race = raceAt(i);
    if (load<u32>(race, RACE_SECOND) >= index) continue;
    if (kept != i) store<u64>(raceAt(kept), load<u64>(race));
    kept++;
  }
  races = kept;
}

/** How a lock's word changes. */
@inline export function delta(event: u32, kind: u32): u32 {
  if (kind == Kind_RELEASE) return -load<u32>(event, CLAIM);
  return takes(event, kind) ? load<u32>(event, CLAIM) : 0;
}

/**
 * Could the acquire have gone before this event of its lock? Yes if the lock was free to it, once all has happened that
 * does not come after this event. Threads that share the lock, and that do not come after one another, have to make
 * room together: where they would still have it, they are withdrawn (isWithdrawn()) from where they took it on.
 */
export function couldGoBefore(index: u32, acquire: u32, end: u32): bool {
  const busy = load<u32>(acquire, BUSY);
  withdrawn = 0;
  while (isBusy(wordWithout(index, acquire, end), busy)) if (!withdrawSharers(index, acquire, end)) return false;
  return true;
}

/** Is the event, or one that comes before it, of those that make room? */
export function isWithdrawn(index: u32): bool {
  const clock = clockOf(CLOCKS, index);
  for (let mask = withdrawn; mask != 0; mask &= mask - 1) {
    const thread = <u32>ctz(mask);
    if (load<u32>(clock + thread * 4) >= load<u32>(from + thread * 4)) return true;
  }
  return false;
}

/** Threads that make room, and which of their events is the first that is withdrawn. */
let withdrawn: u64 = 0;
const from = memory.data(THREADS * 4);
/** Scratch: how much of the lock each thread has. */
const held = memory.data(THREADS * 4);

/** Is it a step of the acquire's lock that stays where the event at the index, and whoever made room, do not? */
function stays(other: u32, index: u32, acquire: u32): bool {
  const event = eventAt(other);
  return (
    isLock(load<u8>(event, KIND)) &&
    load<u32>(event, ADDRESS) == load<u32>(acquire, ADDRESS) &&
    !happensBefore(index, other) &&
    !isWithdrawn(other)
  );
}

/** The lock's word if the acquire came where it does, at the end, without what comes after the event at the index. */
function wordWithout(index: u32, acquire: u32, end: u32): u32 {
  let word = load<u32>(eventAt(index), BEFORE);
  let cell = headOf(granuleOf(load<u32>(acquire, ADDRESS)));
  while (cell != 0) {
    const at = CELLS + cell * CELL_BYTES;
    const other = load<u32>(at, CELL_EVENT);
    if (other <= index) break;
    const event = eventAt(other);
    if (other < end && stays(other, index, acquire)) word += delta(event, load<u8>(event, KIND));
    cell = load<u32>(at, CELL_BEFORE);
  }
  return word;
}

/** Does an event come before the acquire at the end whatever the locks do: before the thread's event ahead of it? */
function leadsTo(event: u32, acquire: u32, end: u32): bool {
  const thread: u32 = load<u8>(acquire, TID);
  let nth = eventsOf(thread);
  while (nth > 0 && threadEvent(thread, nth) >= end) nth--;
  return nth > 0 && knows(clockOf(CLOCKS, threadEvent(thread, nth)), event);
}

/** Has the threads that share the lock at the end make room, if they can; returns whether there were any. */
function withdrawSharers(index: u32, acquire: u32, end: u32): bool {
  let found: u64 = 0;
  memory.fill(held, 0, threads * 4);
  let cell = headOf(granuleOf(load<u32>(acquire, ADDRESS)));
  while (cell != 0) {
    const at = CELLS + cell * CELL_BYTES;
    const other = load<u32>(at, CELL_EVENT);
    if (other <= index) break;
    cell = load<u32>(at, CELL_BEFORE);
    const event = eventAt(other);
    const kind: u32 = load<u8>(event, KIND);
    const thread: u32 = load<u8>(event, TID);
    const bit = bitOf(thread);
    if (other >= end || (found & bit) != 0 || !stays(other, index, acquire)) continue;
    const has = load<u32>(held + thread * 4) + delta(event, kind);
    store<u32>(held + thread * 4, has);
    // From the newest on: what it takes here it does not give back. What it took before that is the next one's turn.
    if (<i32>has > 0 && isSharing(event, kind) && !leadsTo(event, acquire, end)) {
      store<u32>(from + thread * 4, load<u32>(event, NTH));
      found |= bit;
    }
  }
  withdrawn |= found;
  return found != 0;
}

/**
 * The races of an acquire, done or still waited for: with each event of its lock that it could have gone before, that
 * does not come before it for another reason, and that has none such behind it.
 */
function acquireRaces(acquire: u32, index: u32, free: bool): void {
  if (isRaw(acquire)) {
    rawAcquireRaces(acquire, index, free);
    return;
  }
  const address = load<u32>(acquire, ADDRESS);
  const me = load<u8>(acquire, TID);
  const first = races;
  let done = bitOf(me);
  for (let cell = headOf(granuleOf(address)); !isOver(cell, done); ) {
    const at = CELLS + cell * CELL_BYTES;
    const other = load<u32>(at, CELL_EVENT);
    const event = eventAt(other);
    if (commutes(acquire, event)) {
      cell = load<u32>(at, CELL_SKIP);
      continue;
    }
    cell = load<u32>(at, CELL_BEFORE);
    const strong = isStrong(event, load<u8>(event, KIND)) && covers(event, acquire);
    // Whatever lies before a strong event comes before it, and so does all that its thread has done before.
    if (load<u8>(event, TID) == me || knows(own, event)) {
      if (strong) break;
      done |= bitOf(load<u8>(event, TID));
      continue;
    }
    if (!conflict(event, acquire)) continue;
    let covered = false;
    for (let i = first; i < races && !covered; i++)
      covered = happensBefore(other, load<u32>(raceAt(i), RACE_FIRST));
    if (covered) {
      if (strong) break;
      done |= bitOf(load<u8>(event, TID));
      continue;
    }
    if (!couldGoBefore(other, acquire, index)) continue;
    pushRace(other, index);
    done |= bitOf(load<u8>(event, TID));
  }
}

/**
 * The same where the word is a cell of memory that anything may write: all that writes there depends on each other, so that without
 * an event, and what comes after it, the word is what it was before the event. `free`: it is so now, and not
 * waited for.
 */
function rawAcquireRaces(acquire: u32, index: u32, free: bool): void {
  const word = load<u32>(acquire, ADDRESS);
  const busy = load<u32>(acquire, BUSY);
  const me = load<u8>(acquire, TID);
  const granule = granuleOf(word);
  const first = races;
  let could = free;
  let done = bitOf(me);
  for (let cell = headOf(granule); !isOver(cell, done); ) {
    const at = CELLS + cell * CELL_BYTES;
    cell = load<u32>(at, CELL_BEFORE);
    const other = load<u32>(at, CELL_EVENT);
    const event = eventAt(other);
    const writing = changesGranule(event, granule);
    if (load<u8>(event, TID) == me || knows(own, event)) {
      // So is all that lies before it.
      if (writing) break;
      done |= bitOf(load<u8>(event, TID));
      continue;
    }
    if (writing) could = !isBusy(wordBefore(event, word), busy);
    if (!could || !conflict(event, acquire)) continue;
    let covered = false;
    for (let i = first; i < races && !covered; i++)
      covered = other == load<u32>(raceAt(i), RACE_FIRST) || happensBefore(other, load<u32>(raceAt(i), RACE_FIRST));
    if (!covered) pushRace(other, index);
    if (writing) break;
    done |= bitOf(load<u8>(event, TID));
  }
}

function changesGranule(event: u32, granule: u32): bool {
  if (!changes(event, load<u8>(event, KIND))) return false;
  const address = load<u32>(event, ADDRESS);
  return granuleOf(address) <= granule && granule <= granuleOf(address + load<u32>(event, BYTES) - 1);
}

/** A word in a granule that an event has changed, as it was before that. */
function wordBefore(event: u32, word: u32): u32 {
  const entry = load<u32>(event, UNDONE_BY);
  const from = load<u32>(event, ADDRESS);
  let value: u32 = 0;
  for (let i: u32 = 0; i < 4; i++) value |= byteBefore(entry, from, word + i) << (8 * i);
  return value;
}

/** The bytes of a granule that an event touches from an address on, a bit each. */
@inline function bytesIn(granule: u32, event: u32, from: u32): u32 {
  const first = GRANULES + from;
  const end = first + load<u32>(event, BYTES);
  const low = first > granule ? first - granule : 0;
  const high = min(end - granule, 8);
  return ((1 << high) - 1) & ~((1 << low) - 1);
}

/**
 * Joins the clocks of what the event, which touches the granule's bytes from an address on, conflicts with in a chain;
 * notes the races of what is no acquire.
 */
function meet(event: u32, index: u32, granule: u32, from: u32): void {
  const kind: u32 = load<u8>(event, KIND);
  const me = load<u8>(event, TID);
  const acquiring = kind == Kind_ACQUIRE;
  const atomic = isAtomic(kind);
  const raw = isRaw(event);
  const bytes = bytesIn(granule, event, from);
  // Threads all of whose older events are known to come before, and those of which all that they handed over is.
  let done = bitOf(me);
  let given = atomic ? done : ~(<u64>0);
  for (let cell = headOf(granule); cell != 0; ) {
    const at = CELLS + cell * CELL_BYTES;
    const other = load<u32>(at, CELL_EVENT);
    const before = eventAt(other);
    if (commutes(event, before)) {
      cell = load<u32>(at, CELL_SKIP);
      continue;
    }
    cell = load<u32>(at, CELL_BEFORE);
    if (other == index) continue;
    const beforeKind: u32 = load<u8>(before, KIND);
    const thread = load<u8>(before, TID);
    if (thread == me || (!raw && (load<u8>(at, CELL_TOUCHED) & bytes) == 0)) {
      cell = load<u32>(at, CELL_RUN);
      if (knows(acc, before)) done |= bitOf(thread);
      // Of a copy, it would have to cover both ends.
      if (thread == me && kind != Kind_COPY && (bytes & ~<u32>load<u8>(at, CELL_COVERED)) == 0) break;
    } else {
      const meets = conflict(before, event);
      if (meets && !knows(acc, before)) {
        if (!acquiring) pushRace(other, index);
        if (isDone && !(atomic && isAtomic(beforeKind)) && !knows(syncOwn, before) && conflictInBytes(before, event))
          noteRace(before, event);
        join(acc, clockOf(CLOCKS, other));
      }
      if (knows(acc, before)) done |= bitOf(thread);
      // An atomic write, or a release, hands over what its thread has seen.
      if (meets && atomic && handsOver(before, beforeKind)) {
        join(syncAcc, clockOf(SYNC_CLOCKS, other));
        given |= bitOf(thread);
      }
    }
    if (thread != me && kind != Kind_COPY && isStrong(before, beforeKind) && covers(before, event)) break;
    const next = CELLS + cell * CELL_BYTES;
    if (cell != 0 && (load<u64>(next, CELL_THREADS) & ~done) == 0 && (load<u64>(next, CELL_GIVERS) & ~given) == 0) break;
  }
}

/** Does it hand over to later events what its thread has seen: an atomic write, a release? */
@inline function handsOver(event: u32, kind: u32): bool {
  return isAtomic(kind) && kind != Kind_ATOMIC_LOAD && kind != Kind_ACQUIRE && !load<u8>(event, FAILED);
}

/** Is there no thread left in the cells from here on whose older ones could matter? */
@inline function isOver(cell: u32, done: u64): bool {
  return cell == 0 || (load<u64>(CELLS + cell * CELL_BYTES, CELL_THREADS) & ~done) == 0;
}

/** Does it load what the same instruction of its thread has loaded with nothing in between? */
@inline function isAgain(event: u32, cell: u32): bool {
  if (cell == 0 || !isLoad(event)) return false;
  const before = eventAt(load<u32>(CELLS + cell * CELL_BYTES, CELL_EVENT));
  // The same compare-and-swap may write, or look only.
  return (
    isLoad(before) &&
    load<u8>(before, TID) == load<u8>(event, TID) &&
    load<u32>(before, ADDRESS) == load<u32>(event, ADDRESS) &&
    load<u32>(before, WHAT) == load<u32>(event, WHAT)
  );
}

function link(event: u32, index: u32, address: u32, bytes: u32): void {
  let granule = granuleOf(address);
  const last = granuleOf(address + bytes - 1);
  for (; granule <= last; granule += 8) {
    if (cells >= CELLS_MAX) fail(Failure_FULL);
    const at = CELLS + cells * CELL_BYTES;
    const head = headOf(granule);
    store<u32>(at, index, CELL_EVENT);
    store<u32>(at, isAgain(event, head) ? load<u32>(CELLS + head * CELL_BYTES, CELL_BEFORE) : head, CELL_BEFORE);
    store<u32>(at, granule, CELL_GRANULE);
    const before = CELLS + head * CELL_BYTES;
    const tid = bitOf(load<u8>(event, TID));
    store<u32>(at, head != 0 && commutes(event, eventAt(load<u32>(before, CELL_EVENT))) ? load<u32>(before, CELL_SKIP) : head, CELL_SKIP);
    store<u32>(at, head, CELL_HEAD);
    store<u64>(at, head == 0 ? tid : load<u64>(before, CELL_THREADS) | tid, CELL_THREADS);
    const givers = head == 0 ? 0 : load<u64>(before, CELL_GIVERS);
    const kind: u32 = load<u8>(event, KIND);
    store<u64>(at, handsOver(event, kind) ? givers | tid : givers, CELL_GIVERS);
    const touched = bytesIn(granule, event, address);
    const goesOn = head != 0 && load<u8>(eventAt(load<u32>(before, CELL_EVENT)), TID) == load<u8>(event, TID);
    const covered = isStrong(event, kind) ? touched : 0;
    store<u32>(at, goesOn ? load<u32>(before, CELL_RUN) : head, CELL_RUN);
    store<u8>(at, touched | (goesOn ? <u32>load<u8>(before, CELL_TOUCHED) : 0), CELL_TOUCHED);
    store<u8>(at, covered | (goesOn ? <u32>load<u8>(before, CELL_COVERED) : 0), CELL_COVERED);
    setHead(granule, cells++);
  }
}

/** What comes before a thread's next event, of its own: into `own` and `acc`. */
function startFrom(thread: u32): void {
  const nth = eventsOf(thread);
  if (nth == 0) {
    memory.fill(own, 0, threads * 4);
    memory.fill(syncOwn, 0, threads * 4);
  } else {
    const before = threadEvent(thread, nth);
    copy(own, clockOf(CLOCKS, before));
    copy(syncOwn, clockOf(SYNC_CLOCKS, before));
  }
  copy(acc, own);
  copy(syncAcc, syncOwn);
}

/** The same in all chains that it belongs to. */
function meetAll(event: u32, index: u32): void {
  const kind: u32 = load<u8>(event, KIND);
  const address = load<u32>(event, ADDRESS);
  const bytes = load<u32>(event, BYTES);
  const first = races;
  let granule = granuleOf(address);
  const last = granuleOf(address + bytes - 1);
  const many = granule != last || kind == Kind_COPY;
  for (; granule <= last; granule += 8) meet(event, index, granule, address);
  if (kind == Kind_COPY) {
    const source = load<u32>(event, SOURCE);
    granule = granuleOf(source);
    const end = granuleOf(source + bytes - 1);
    for (; granule <= end; granule += 8) meet(event, index, granule, source);
  }
  if (many) dropCovered(first);
}

/** Gives the events up to an index their clocks, and notes their races; fewer where the other side has it stop. */
export function clockUpTo(end: u32): void {
  while (clocked < end) {
    if ((clocked & 255) == 0 && load<u32>(STOP) != 0) return;
    const index = clocked;
    const event = eventAt(index);
    const thread: u32 = load<u8>(event, TID);
    const kind: u32 = load<u8>(event, KIND);
    const address = load<u32>(event, ADDRESS);
    const bytes = load<u32>(event, BYTES);

    startFrom(thread);
    const nth = eventsOf(thread) + 1;
    store<u32>(event, nth, NTH);
    store<u32>(THREAD_EVENTS + (thread * EVENTS_MAX + nth - 1) * 4, index);
    store<u32>(counts + thread * 4, nth);
    store<u32>(event, cells, CELL);

    classify(event);
    if (kind == Kind_ACQUIRE) acquireRaces(event, index, true);
    meetAll(event, index);

    link(event, index, address, bytes);
    if (kind == Kind_COPY) link(event, index, load<u32>(event, SOURCE), bytes);
    store<u32>(acc + thread * 4, nth);
    copy(clockOf(CLOCKS, index), acc);
    // Its own entry is what it hands over by synchronisation: all that its thread has done so far.
    store<u32>(syncAcc + thread * 4, nth);
    copy(clockOf(SYNC_CLOCKS, index), syncAcc);
    clocked++;
  }
}

/** Of an event's races, found granule by granule, those with something in between are none; nor are doubles. */
function dropCovered(first: u32): void {
  for (let i = first; i < races; ) {
    const a = load<u32>(raceAt(i), RACE_FIRST);
    let covered = false;
    for (let j = first; j < races && !covered; j++) {
      const b = load<u32>(raceAt(j), RACE_FIRST);
      covered = i != j && (a == b ? j < i : a < b && happensBefore(a, b));
    }
    if (covered) dropRace(i);
    else i++;
  }
}

/**
 * The races of what a thread is about to do when the execution is over: because it waits for a lock, or because the
 * execution was cut short.
 */
export function racesOfPending(label: u32, index: u32, waits: bool): void {
  startFrom(load<u8>(label, TID));
  classify(label);
  isDone = false;
  if (load<u8>(label, KIND) == Kind_ACQUIRE) acquireRaces(label, index, !waits);
  else meetAll(label, index);
  isDone = true;
}
