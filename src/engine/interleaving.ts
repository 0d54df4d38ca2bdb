// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import type { CodeFrame } from '../layout/code-map.js';
import type { Context } from '../scenario/scenario.js';
import type { AccessKind } from './instrument/access-shapes.js';
import type { Within } from './span.js';

/** What a step of an interleaving does to a lock's word, each as one step however long it would have waited. */
export type LockKind = 'acquire' | 'try-acquire' | 'release';

/** A field as far as it lies in an accessed span. */
export interface SpanField {
  /** As a scenario names it: `A.virq_disabled`. */
  readonly name: string;
  /** Its bits of the span, the least significant first. */
  readonly mask: bigint;
}

/** One step of an interleaving: an access of memory that others access too, or a lock. */
export interface Access {
  /** Index of the actor. */
  readonly actor: number;
  readonly kind: AccessKind | LockKind;
  readonly address: number;
  /** Bytes accessed. */
  readonly bytes: number;
  /** The fields that it means, those that the read or changed bits belong to: `A.virq_disabled`. */
  readonly fields: readonly string[];
  /** The fields that it may mean, where it is unknown which of several; else none. */
  readonly oneOf: readonly string[];
  /** The struct or lock that it is, where the field is unknown: `A.memory_lock`; a bare address otherwise. */
  readonly object: string;
  /** Where that is in the innermost object that has a name: `A+0x110`; the bare address where none has. */
  readonly place: string;
  /** The same for machines; `null` where none has a name. */
  readonly within: Within | null;
  /** All fields that lie in the span, by their bits; none where it is wider than 8 bytes. */
  readonly span: readonly SpanField[];
  /** The bits of the span that are read or changed, the least significant first; all of them where that is unknown. */
  readonly mask: bigint;
  /** Of these, those of the fields in `oneOf`, of which that is unknown. */
  readonly unsure: bigint;
  /** What was there before and afterwards, little endian; `null` where it is wider than 8 bytes. */
  readonly before: bigint | null;
  readonly after: bigint | null;
  /** Where it is in the code, innermost first; the calls around it are known on a real thread only. */
  readonly stack: readonly CodeFrame[];
  /** Index of the step of the actor that it belongs to. */
  readonly step: number;
  readonly context: Context;
  /** The locks held, by name, the first taken first. */
  readonly locks: readonly string[];
  /** Of these, those that others may hold at the same time. */
  readonly shared: readonly string[];
  /** Of a lock: it was not free at once (`acquire`: it had to wait), or at all (`try-acquire`). */
  readonly contended: boolean;
}

const locking: readonly Access['kind'][] = ['acquire', 'try-acquire', 'release'];
export const isLock = ({ kind }: Pick<Access, 'kind'>) => locking.includes(kind);

const writing: readonly Access['kind'][] = [
  'store',
  'atomic.store',
  'atomic.rmw',
  'memory.copy',
  'memory.fill',
  'memory.init',
];

/** Does an access write? A cmpxchg that changes nothing does not. */
export const isWrite = ({ kind, before, after }: Pick<Access, 'kind' | 'before' | 'after'>) =>
  writing.includes(kind) || (kind === 'atomic.cmpxchg' && before !== after);

/** What a step of an actor returned. */
export interface Returned {
  /** 0 or what it read, or a negative errno; `null` where it never returned. */
  readonly value: number | null;
  /** The scenario observes it. */
  readonly observed: boolean;
}

/** An execution: what the actors did, access by access, and its outcome. */
export interface Interleaving {
  readonly actors: readonly string[];
  readonly accesses: readonly Access[];
  /** Indices of the accesses that decide the outcome, ascending. */
  readonly decisive: readonly number[];
  /** Indices of the accesses of what the scenario observes or calls exclusive, ascending. */
  readonly observed: readonly number[];
  /** By actor, of each of its steps. */
  readonly returned: readonly (readonly Returned[])[];
  /** Switches away from an actor that could have gone on. */
  readonly preemptions: number;
  /** By actor, the lock that it waits for at the end, for ever; `null` where it is done. */
  readonly waits: readonly (string | null)[];
  /** By actor, whether it would have gone on; left out where none would. */
  readonly unfinished?: readonly boolean[];
}

/** One side of a data race. */
export interface RaceSide extends Access {
  readonly task: string;
  /**
   * The execution was too long to be followed to here: of the access only the actor and the place are known, not its step,
   * its context, its locks or its values.
   */
  readonly unseen?: true;
}

/**
 * Two accesses of the same bytes, one of them a write, one of them not atomic, that nothing orders: `bit-field`,
 * where they mean different fields in one access span; `plain`, where they mean the same field; `unclear`, where that
 * is unknown; `mixed-width`, where they differ in width.
 */
export interface DataRace {
  readonly kind: 'bit-field' | 'plain' | 'unclear' | 'mixed-width';
  /** In the order in which they were met. */
  readonly sides: readonly [RaceSide, RaceSide];
  /** Pairs of accesses that it stands for: those between the same two lines of code. */
  readonly pairs: number;
  /** Executions in which it was met; of several pairs, the one that was met most often. */
  readonly count: number;
  /** A schedule that leads there. */
  readonly schedule: string;
}
