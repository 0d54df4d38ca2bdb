// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import type { CodeFrame } from './code-map.js';
import { type Field, fieldsOf } from './fields.js';
import { meantFields } from './meant.js';
import { bare, type StructType, type Type } from './types.js';

/** Where in a struct some code writes. */
export interface WrittenPlace {
  /** Tag of the outermost struct. */
  readonly tag: string;
  /** Bytes from its start. */
  readonly offset: number;
  readonly bytes: number;
  /** The bits that the code means, the least significant first; negative: all of them. */
  readonly mask: bigint;
  /** Of these, those of which it is not known whether it means them. */
  readonly unsure: bigint;
  /** Where in the code, innermost first. */
  readonly stack: readonly CodeFrame[];
}

/** Whose line of code something is. */
export interface CodeOwner extends CodeFrame {
  /** The function that it was inlined into; `null` where it was not. */
  readonly inside: string | null;
}

/** The driver's own code at a place; helpers in its headers count as their callers' code. */
export function ownerOf(stack: readonly CodeFrame[]): CodeOwner {
  const frame = stack.find(({ file }) => !file?.startsWith('include/')) ?? stack[0];
  const outermost = stack.at(-1);
  if (frame === undefined || outermost === undefined)
    return { function: '?', inside: null, file: null, line: null };
  return { ...frame, inside: outermost.function === frame.function ? null : outermost.function };
}

/** A lock that is held, by its path from the device that is written: `memory_lock`, `vdev.dev_set.lock`. */
export interface WriterLock {
  readonly name: string;
  /** Others may hold it at the same time. */
  readonly shared: boolean;
}

/** Before and after a device can be used, or while it can be. */
export type Phase = 'set-up' | 'release' | 'run time';

/** A write as it was recorded. */
export interface DriverWrite extends WrittenPlace {
  readonly context: string;
  readonly locks: readonly WriterLock[];
  readonly phase: Phase;
  /** What the user, or the machine, was doing: `open`, `config_write`. */
  readonly op: string;
}

/** A write that an actor was seen to make in some interleaving. */
export interface ActorWrite extends WrittenPlace {
  readonly scenario: string;
  readonly actor: string;
  /** As a scenario's path begins: `A`, `B.pdev`. */
  readonly object: string;
}

/** One side of two writes that nothing orders. */
export interface UnorderedWrite extends WrittenPlace {
  readonly actor: string;
  readonly op: string;
  readonly context: string;
  readonly locks: readonly WriterLock[];
}

/** Two writes of overlapping bytes, met in an execution in which nothing orders them. */
export interface UnorderedWrites {
  readonly scenario: string;
  readonly sides: readonly [UnorderedWrite, UnorderedWrite];
  /** A schedule that leads there, for `lostbit replay`. */
  readonly schedule: string;
}

/** What a driver was seen to write. */
export interface DriverAccesses {
  readonly writes: readonly DriverWrite[];
  readonly unordered: readonly UnorderedWrites[];
  /** In one interleaving at least for every outcome that a scenario has. */
  readonly acted: readonly ActorWrite[];
  /** Names of the scenarios that were run, and of those whose interleavings were explored. */
  readonly ran: readonly string[];
  readonly explored: readonly string[];
  /** Of these, those that were not explored to the end. */
  readonly bounded: readonly string[];
}

/** Finds which of a struct's fields a place is, wherever the struct lies in others. */
export class FieldFinder {
  readonly #structOf: (tag: string) => StructType | null;
  readonly #tag: string;
  readonly #size: number;
  readonly #fields: readonly Field[];
  /** By the tag of an outermost struct, where in it the given one lies. */
  readonly #occurrences = new Map<string, readonly number[]>();

  /** @param structOf the structs that places name, of the same little-endian module. */
  constructor(struct: StructType, structOf: (tag: string) => StructType | null) {
    this.#structOf = structOf;
    this.#tag = struct.name ?? '';
    this.#size = struct.size;
    this.#fields = fieldsOf(struct);
  }

  /**
   * The fields whose bits the code means, and those that it touches because they lie in the same bytes; each with
   * the first byte of the struct that is touched, relative to the struct.
   */
  find({ tag, offset, bytes, mask, unsure }: WrittenPlace): FoundFields[] {
    return this.#occurrencesIn(tag).flatMap((start) => {
      const first = offset - start;
      if (first >= this.#size || first + bytes <= 0) return [];
      const span: { readonly path: string; readonly mask: bigint }[] = [];
      for (const field of this.#fields) {
        const from = Math.max(field.start, first * 8) - first * 8;
        const to = Math.min(field.end, (first + bytes) * 8) - first * 8;
        if (from >= to) continue;
        span.push({ path: field.path, mask: ((1n << BigInt(to - from)) - 1n) << BigInt(from) });
      }
      const { fields, oneOf } = meantFields(span, { mask, unsure });
      const others = span.filter((field) => !fields.includes(field) && !oneOf.includes(field));
      const [meant, perhaps, disturbed] = [fields, oneOf, others].map((some) => some.map(({ path }) => path));
      return [{ start, offset: first, bytes, meant: meant!, perhaps: perhaps!, disturbed: disturbed! }];
    });
  }

  #occurrencesIn(tag: string): readonly number[] {
    let found = this.#occurrences.get(tag);
    if (found === undefined) {
      const outer = this.#structOf(tag);
      found = outer === null ? [] : [...occurrences(outer, this.#tag, 0)];
      this.#occurrences.set(tag, found);
    }
    return found;
  }
}

/** A place in one occurrence of a struct. */
export interface FoundFields {
  /** Byte of the outermost struct where the occurrence begins. */
  readonly start: number;
  /** Byte of the struct where the access begins. */
  readonly offset: number;
  readonly bytes: number;
  /** Paths, in the order of the struct. */
  readonly meant: readonly string[];
  /** Those of which it is not known whether they are meant. */
  readonly perhaps: readonly string[];
  readonly disturbed: readonly string[];
}

/** Where in a type structs of a tag lie by value, in bytes from `at`. */
function* occurrences(type: Type, tag: string, at: number): Generator<number> {
  const inner = bare(type);
  if (inner.kind === 'struct' || inner.kind === 'union') {
    if (inner.name === tag) yield at;
    else for (const member of inner.members) yield* occurrences(member.type, tag, at + member.offset);
  } else if (inner.kind === 'array' && inner.element.size > 0) {
    for (let i = 0; i < (inner.count ?? 0); i++)
      yield* occurrences(inner.element, tag, at + i * inner.element.size);
  }
}
