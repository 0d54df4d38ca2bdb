// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only

/** Headers that a contract compiles over: lostbit's own alone, or a kernel tree's alone. */
export type Over = 'own' | 'tree';

/**
 * What a part of the kernel's API promises, in C: a body with CHECKs, run by one task that is alone. What stands in front
 * of a line of dashes is at file scope, with names that no other contract has.
 */
export interface Contract {
  readonly c: string;
  /** Violations that it causes, by their kinds, in order. */
  readonly violations?: readonly string[];
  /** It ends where it would have to wait for another task, or at a trap of its own. */
  readonly ends?: 'blocked' | 'trap';
  /** It leaves something held, or off. */
  readonly leaves?: true;
  /** Default: all. */
  readonly over?: Over;
}

export type Contracts = Readonly<Record<string, string | Contract>>;

/** The same where the order of several tasks matters: each actor is a task on a CPU of its own. Names of a race's own begin with a $. */
export interface Race {
  /** File scope: what the actors share, and functions. */
  readonly shared: string;
  /** What comes before all actors. */
  readonly begin?: string;
  readonly actors: readonly string[];
  /** Expressions of numbers. */
  readonly observe: readonly string[];
  /** All that it can end with: the observed values with spaces in between, or `deadlock`; ` !` behind it: with a violation. */
  readonly ends: readonly string[];
}

export type Races = Readonly<Record<string, Race>>;
