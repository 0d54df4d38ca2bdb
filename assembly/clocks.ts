import { Failure_FULL, fail } from './failure';
import { noteRace } from './data-races';
import {
  ADDRESS,
  BEFORE,
  BUSY,
  BYTES,
  CELL,
  CLAIM,
  clockOf,
  conflict,
  covers,
  eventAt,
  FAILED,
  isAtomic,
  isLock,
  isSharing,
  isStrong,
  KIND,
  Kind_ACQUIRE,
  Kind_ATOMIC_LOAD,
  Kind_COPY,
  Kind_LOAD,
  Kind_RELEASE,
  NTH,
  SOURCE,
  TID,
  takes,
} from './event';
import { granuleOf, headOf, setHead } from './granules';
import { CELLS, CELLS_MAX, CLOCKS, EVENTS_MAX, RACES, RACES_MAX, SYNC_CLOCKS, THREAD_EVENTS } from './map';

/**
 * The order of a trace: an event comes after another where a chain of dependent events leads there. Each event has a
 * vector clock that says how many events of each thread come before it, itself included.
 *
 * Conflicting events that nothing lies between are races in the sense of partial-order reduction: their order could
 * have been the other. Of a lock's acquire it is the acquire that kept it waiting which it races with, since it cannot
 * go before a release.
 *
 * Cells chain the events that touch a granule, the newest first: 16 bytes each.
 */

const CELL_BYTES: u32 = 16;
const CELL_EVENT: u32 = 0;
const CELL_BEFORE: u32 = 4;
const CELL_GRANULE: u32 = 8;

/** A race: 16 bytes. */
export const RACE_BYTES: u32 = 16;
export const RACE_FIRST: u32 = 0;
export const RACE_SECOND: u32 = 4;

let cells: u32 = 1;
/** Events that have clocks. */
export let clocked: u32 = 0;
/** Races that are still to be looked at. */
export let races: u32 = 0;

let threads: u32 = 0;
/** How many events of each thread have clocks. */
const counts = memory.data(16 * 4);
/** Scratch: the clock of the event at hand, and what it had before it met others. */
const acc = memory.data(16 * 4);
const own = memory.data(16 * 4);
const syncOwn = memory.data(16 * 4);
const syncAcc = memory.data(16 * 4);

export function resetClocks(count: u32): void {
  forgetFrom(0);
  threads = count;
  races = 0;
  cells = 1;
  memory.fill(counts, 0, 64);
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
      setHead(load<u32>(cell, CELL_GRANULE), load<u32>(cell, CELL_BEFORE));
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
 * Could the acquire have gone before this event of its lock, or look at it? Yes if the lock was free to it, once all has happened that
 * does not come after this event. Threads that share the lock, and that do not come after one another, have to make
 * room together: where they would still have it, they are withdrawn (isWithdrawn()) from where they took it on.
 */
export function couldGoBefore(index: u32, acquire: u32, end: u32): bool {
  const busy = load<u32>(acquire, BUSY);
  withdrawn = 0;
  while ((wordWithout(index, acquire, end) & busy) != 0) if (!withdrawSharers(index, acquire, end)) return false;
  return true;
}

/** Is the event, or one that comes before it, of those that make room? */
export function isWithdrawn(index: u32): bool {
  const clock = clockOf(CLOCKS, index);
  for (let mask = withdrawn; mask != 0; mask &= mask - 1) {
    const thread: u32 = ctz(mask);
    if (load<u32>(clock + thread * 4) >= load<u32>(from + thread * 4)) return true;
  }
  return false;
}

/** Threads that make room, and which of their events is the first that is withdrawn. */
let withdrawn: u32 = 0;
const from = memory.data(16 * 4);
/** Scratch: how much of the lock each thread has. */
const held = memory.data(16 * 4);

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

/**
 * The lock's word before an event that touches it. One that is no step of the lock (a look at it) has not noted that: it
 * is what the step before has left, or what the one after has found.
 */
function wordBefore(index: u32, acquire: u32, end: u32): u32 {
  const event = eventAt(index);
  if (isLock(load<u8>(event, KIND))) return load<u32>(event, BEFORE);
  const address = load<u32>(acquire, ADDRESS);
  // Of one that still waits, and is alone with its lock: nothing has changed that.
  let word = acquire == eventAt(end) ? load<u32>(acquire, BEFORE) : load<u32>(address);
  for (let cell = headOf(granuleOf(address)); cell != 0; ) {
    const at = CELLS + cell * CELL_BYTES;
    cell = load<u32>(at, CELL_BEFORE);
    const step = eventAt(load<u32>(at, CELL_EVENT));
    const kind: u32 = load<u8>(step, KIND);
    if (!isLock(kind) || load<u32>(step, ADDRESS) != address || load<u32>(at, CELL_EVENT) >= end) continue;
    word = load<u32>(step, BEFORE);
    if (load<u32>(at, CELL_EVENT) < index) return word + delta(step, kind);
  }
  return word;
}

/** The lock's word if the acquire came where it does, at the end, without what comes after the event at the index. */
function wordWithout(index: u32, acquire: u32, end: u32): u32 {
  let word = wordBefore(index, acquire, end);
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

/** Has those make room who share the lock at the end and can; says whether there was anyone. */
function withdrawSharers(index: u32, acquire: u32, end: u32): bool {
  let found: u32 = 0;
  memory.fill(held, 0, 64);
  let cell = headOf(granuleOf(load<u32>(acquire, ADDRESS)));
  while (cell != 0) {
    const at = CELLS + cell * CELL_BYTES;
    const other = load<u32>(at, CELL_EVENT);
    if (other <= index) break;
    cell = load<u32>(at, CELL_BEFORE);
    const event = eventAt(other);
    const kind: u32 = load<u8>(event, KIND);
    const thread: u32 = load<u8>(event, TID);
    const bit: u32 = 1 << thread;
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
function acquireRaces(acquire: u32, index: u32): void {
  const address = load<u32>(acquire, ADDRESS);
  const me = load<u8>(acquire, TID);
  const head = headOf(granuleOf(address));
  const first = races;
  for (let cell = head; cell != 0; ) {
    const at = CELLS + cell * CELL_BYTES;
    cell = load<u32>(at, CELL_BEFORE);
    const other = load<u32>(at, CELL_EVENT);
    const event = eventAt(other);
    const strong = isStrong(event, load<u8>(event, KIND)) && covers(event, acquire);
    // Whatever lies before a strong event comes before it.
    if (load<u8>(event, TID) == me || knows(own, event)) {
      if (strong) break;
      continue;
    }
    if (!conflict(event, acquire)) continue;
    let covered = false;
    for (let i = first; i < races && !covered; i++)
      covered = happensBefore(other, load<u32>(raceAt(i), RACE_FIRST));
    if (covered) {
      if (strong) break;
      continue;
    }
    if (!couldGoBefore(other, acquire, index)) continue;
    pushRace(other, index);
  }
}

/** Joins the clocks of what the event conflicts with in a chain; notes the races of what is no acquire. */
function meet(event: u32, index: u32, granule: u32, raced: bool): void {
  const kind: u32 = load<u8>(event, KIND);
  const me = load<u8>(event, TID);
  const acquiring = kind == Kind_ACQUIRE;
  for (let cell = headOf(granule); cell != 0; ) {
    const at = CELLS + cell * CELL_BYTES;
    cell = load<u32>(at, CELL_BEFORE);
    const other = load<u32>(at, CELL_EVENT);
    if (other == index) continue;
    const before = eventAt(other);
    const beforeKind: u32 = load<u8>(before, KIND);
    if (load<u8>(before, TID) != me && conflict(before, event)) {
      if (!knows(acc, before)) {
        if (raced && !acquiring) pushRace(other, index);
        if (!(isAtomic(kind) && isAtomic(beforeKind)) && !knows(syncOwn, before))
          noteRace(before, event);
        join(acc, clockOf(CLOCKS, other));
      }
      // An atomic write, or a release, hands over what its thread has seen.
      if (
        isAtomic(kind) && isAtomic(beforeKind) &&
        beforeKind != Kind_ATOMIC_LOAD && beforeKind != Kind_ACQUIRE && !load<u8>(before, FAILED)
      )
        join(syncAcc, clockOf(SYNC_CLOCKS, other));
    }
    // Of a copy, it would have to cover both ends.
    if (kind != Kind_COPY && isStrong(before, beforeKind) && covers(before, event)) break;
  }
}

function link(event: u32, index: u32, address: u32, bytes: u32): void {
  let granule = granuleOf(address);
  const last = granuleOf(address + bytes - 1);
  for (; granule <= last; granule += 8) {
    if (cells >= CELLS_MAX) fail(Failure_FULL);
    const at = CELLS + cells * CELL_BYTES;
    store<u32>(at, index, CELL_EVENT);
    store<u32>(at, headOf(granule), CELL_BEFORE);
    store<u32>(at, granule, CELL_GRANULE);
    setHead(granule, cells++);
  }
}

/** What comes before a thread's next event, of its own: into `own` and `acc`. */
function startFrom(thread: u32): void {
  const nth = eventsOf(thread);
  if (nth == 0) {
    memory.fill(own, 0, 64);
    memory.fill(syncOwn, 0, 64);
  } else {
    const before = threadEvent(thread, nth);
    copy(own, clockOf(CLOCKS, before));
    copy(syncOwn, clockOf(SYNC_CLOCKS, before));
  }
  copy(acc, own);
  copy(syncAcc, syncOwn);
}

/** Gives the events up to an index their clocks, and notes their races. */
export function clockUpTo(end: u32): void {
  while (clocked < end) {
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

    const first = races;
    if (kind == Kind_ACQUIRE) acquireRaces(event, index);
    let granule = granuleOf(address);
    const last = granuleOf(address + bytes - 1);
    const many = granule != last || kind == Kind_COPY;
    for (; granule <= last; granule += 8) meet(event, index, granule, true);
    if (kind == Kind_COPY) {
      const source = load<u32>(event, SOURCE);
      granule = granuleOf(source);
      const end = granuleOf(source + bytes - 1);
      for (; granule <= end; granule += 8) meet(event, index, granule, true);
    }
    if (many) dropCovered(first);

    link(event, index, address, bytes);
    if (kind == Kind_COPY) link(event, index, load<u32>(event, SOURCE), bytes);
    store<u32>(acc + thread * 4, nth);
    copy(clockOf(CLOCKS, index), acc);
    // Its own entry says what it hands over by synchronisation: all that its thread has done so far.
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

/** The races of an acquire that is still waited for when nothing goes on. */
export function racesOfBlocked(acquire: u32, index: u32): void {
  startFrom(load<u8>(acquire, TID));
  acquireRaces(acquire, index);
}
