// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import type { SourcePlace } from './ir/types-by-name.js';
import type { Lock, Value } from './value.js';

/** Bytes of a struct. */
export interface Span {
  readonly offset: number;
  readonly size: number;
}

/** A bit-field that code writes. */
export interface FieldFact {
  /** The tag of the innermost struct or union that has one. */
  readonly struct: string;
  /** Where that is defined. */
  readonly defined: SourcePlace | null;
  readonly field: string;
  /** Bits from the start of the struct. */
  readonly start: number;
  readonly width: number;
  /** The unit that it is declared in. */
  readonly storage: Span;
  /** What gcc reads and writes again to write it. */
  readonly gcc: Span;
  /** What clang takes at once: the whole run of adjacent bit-fields, up to a register. */
  readonly wide: Span;
}

/** What is true at a place of a function. */
interface At {
  readonly place: SourcePlace;
  /** Locks that are held on every way there. */
  readonly locks: readonly Lock[];
  /** Locks that have been given back on some way there, which the caller may have held. */
  readonly released: readonly Lock[];
}

/** A store of a bit-field. */
export interface WriteFact extends At {
  /** In the unit's list of fields. */
  readonly field: number;
  /** The address of the struct. */
  readonly object: Value;
  /** What is stored, where that is a constant. */
  readonly value: number | null;
}

/** Numbers that a function's parameters are, by index, in order; where it decides by them which way to go. */
export type Given = readonly (readonly [parameter: number, number: number])[];

/** A function by its name and the numbers that it is given; or the member of a struct that a pointer to it was loaded from. */
export type Callee = { readonly name: string; readonly given: Given } | { readonly slot: string };

export interface CallFact extends At {
  readonly callee: Callee;
  readonly args: readonly Value[];
}

/**
 * Where a pointer to a function is given to: a member of a struct, a parameter of a function whose code is elsewhere, or where nobody
 * follows it: one of several that a variable holds, an array.
 */
export type Sink =
  | { readonly slot: string; readonly variable: string | null }
  | { readonly call: string; readonly argument: number }
  | { readonly lost: true };

/** A function that somebody can call later. */
export interface GivenFact {
  readonly function: string;
  readonly to: Sink;
  readonly place: SourcePlace | null;
}

export interface FunctionFact {
  readonly name: string;
  /** It is only told what it does if it is given these numbers. */
  readonly given: Given;
  /** Nobody outside its unit can call it by its name. */
  readonly internal: boolean;
  readonly exported: boolean;
  readonly place: SourcePlace;
  readonly writes: readonly WriteFact[];
  readonly calls: readonly CallFact[];
}

/** What a function does to locks and pointers, in terms of its parameters. */
export interface Summary {
  /** Null where nothing is known of it. */
  readonly returns: Value | null;
  /** Held at every return, and not by the caller. */
  readonly takes: readonly Lock[];
  /** Given back on some way, and not taken in it. */
  readonly releases: readonly Lock[];
  /** Parameters through which it may write, by index. */
  readonly writes: readonly number[];
  /** Parameters that it hands on as functions, by index. */
  readonly passes: readonly { readonly parameter: number; readonly to: Sink }[];
}

/** What one unit says of bit-fields; complete in itself, so that it can be kept. */
export interface UnitFacts {
  readonly unit: string;
  readonly fields: readonly FieldFact[];
  readonly functions: readonly FunctionFact[];
  readonly given: readonly GivenFact[];
  /** Of functions that others can call, those that do something to locks. */
  readonly summaries: Readonly<Record<string, Summary>>;
  /** Stores of bit-fields that nobody can be told of: behind a cast, in a struct without a tag. */
  readonly unseen: readonly { readonly place: SourcePlace; readonly why: string }[];
}
