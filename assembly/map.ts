// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
/**
 * Where things lie. The program under test has the first 64 MiB of the memory to itself; behind them the scheduler
 * keeps its own tables, at fixed places, so that an address is an addition and the other side can read them too.
 */

/** Bytes of the program under test. */
export const PROGRAM: u32 = 0x400_0000;

/** Most logical threads: as many as a mask of 64 bits has. */
export const THREADS: u32 = 64;
/** Most events of an execution. */
export const EVENTS_MAX: u32 = 0x2_0000;

/**
 * The program's functions in the shared table: an actor's body, what reads the observed values, and what is asked where no
 * thread can go on.
 */
export const ACTOR: u32 = 64;
export const OBSERVE: u32 = 65;
export const UNSERVED: u32 = 66;

/** Per 8 bytes of the program: which threads have touched them, and how (granules.ts). */
export const GRANULES: u32 = 0x410_0000;
export const EVENTS: u32 = 0x810_0000;
/** Vector clocks of the events, by trace order and by synchronisation: one u32 a thread. */
export const CLOCKS: u32 = 0x8b0_0000;
export const SYNC_CLOCKS: u32 = 0xab0_0000;
export const CELLS: u32 = 0xcb0_0000;
export const CELLS_MAX: u32 = 0x8_0000;
export const RACES: u32 = 0xe30_0000;
export const RACES_MAX: u32 = 0x10_0000;
/** By thread, the indices of its events. */
export const THREAD_EVENTS: u32 = 0xf30_0000;
export const UNDO: u32 = 0x1130_0000;
export const UNDO_END: u32 = 0x1330_0000;
export const NODES: u32 = 0x1330_0000;
export const NODES_MAX: u32 = 0x20_0000;
export const OUTCOMES: u32 = 0x1730_0000;
export const OUTCOMES_MAX: u32 = 0x1_0000;
export const DATA_RACES: u32 = 0x1830_0000;
export const DATA_RACES_MAX: u32 = 0x1000;
/** Runs of schedules: those that are kept, and the one to be followed. */
export const RUNS: u32 = 0x1840_0000;
export const RUNS_END: u32 = 0x1c40_0000;
/** What an execution looks like to a reader (trace.ts). */
export const TRACE: u32 = 0x1c40_0000;
export const TRACE_END: u32 = 0x2440_0000;
/** Events on their way into a wakeup tree. */
export const SEQUENCE: u32 = 0x2440_0000;
/** Slots of the hash table over the outcomes: 1 + the index. */
export const OUTCOME_SLOTS: u32 = 0x2450_0000;
/** What threads were like at places that they may come back to, and what they have read since (spin.ts). */
export const SNAPSHOTS: u32 = 0x2460_0000;
export const SNAPSHOT_BYTES: u32 = 0x4_0000;
export const SNAPSHOTS_OF_ONE: u32 = 5;
/** Of each thread, what it has accessed since. */
export const LOOKED: u32 = 0x2960_0000;
export const LOOKED_BYTES: u32 = 0x4000;
/** Where threads have been seen to look again and again: a byte a hash. */
export const SPIN_SITES: u32 = 0x2970_0000;
export const SPIN_SITES_BYTES: u32 = 0x1_0000;
/** The other side sets it, to have the execution at hand end. */
export const STOP: u32 = 0x2980_0000;
/** Where the other side may put what threads need: Asyncify's buffers. */
export const FREE: u32 = 0x2990_0000;
