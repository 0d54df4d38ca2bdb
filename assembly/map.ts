/**
 * Where things lie. The program under test has the first 64 MiB of the memory to itself; behind them the scheduler
 * keeps its own tables, at fixed places, so that an address is an addition and the other side can read them too.
 */

/** Bytes of the program under test. */
export const PROGRAM: u32 = 0x400_0000;

/** Most logical threads. */
export const THREADS: u32 = 16;
/** Most events of an execution. */
export const EVENTS_MAX: u32 = 0x2_0000;

/** Per 8 bytes of the program: who has touched them (granules.ts). */
export const GRANULES: u32 = 0x410_0000;
export const EVENTS: u32 = 0x810_0000;
/** Vector clocks of the events, by trace order and by synchronisation: one u32 a thread. */
export const CLOCKS: u32 = 0x890_0000;
export const SYNC_CLOCKS: u32 = 0x910_0000;
export const CELLS: u32 = 0x990_0000;
export const CELLS_MAX: u32 = 0x8_0000;
export const RACES: u32 = 0xa10_0000;
export const RACES_MAX: u32 = 0x10_0000;
/** By thread, the indices of its events. */
export const THREAD_EVENTS: u32 = 0xb10_0000;
export const UNDO: u32 = 0xb90_0000;
export const UNDO_END: u32 = 0xd90_0000;
export const NODES: u32 = 0xd90_0000;
export const NODES_MAX: u32 = 0x10_0000;
export const OUTCOMES: u32 = 0x1190_0000;
export const OUTCOMES_MAX: u32 = 0x1_0000;
export const DATA_RACES: u32 = 0x1290_0000;
export const DATA_RACES_MAX: u32 = 0x1000;
/** Runs of schedules: those that are kept, and the one to be followed. */
export const RUNS: u32 = 0x12a0_0000;
export const RUNS_END: u32 = 0x16a0_0000;
/** What an execution looks like to a reader (trace.ts). */
export const TRACE: u32 = 0x16a0_0000;
export const TRACE_END: u32 = 0x1ea0_0000;
/** Events on their way into a wakeup tree. */
export const SEQUENCE: u32 = 0x1ea0_0000;
/** Slots of the hash table over the outcomes: 1 + the index. */
export const OUTCOME_SLOTS: u32 = 0x1eb0_0000;
/** Where the other side may put what threads need: Asyncify's buffers. */
export const FREE: u32 = 0x1f00_0000;
