// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import type { ByteRange } from './types.js';
import {
  type ActorWrite,
  type CodeOwner,
  type DriverAccesses,
  type DriverWrite,
  type FieldFinder,
  ownerOf,
  type Phase,
  type UnorderedWrite,
  type UnorderedWrites,
  type WriterLock,
} from './writes.js';

/** A way in which a field is written. */
export interface FieldWriter extends Omit<CodeOwner, 'line' | 'nearest'> {
  readonly context: string;
  readonly locks: readonly WriterLock[];
  readonly phase: Phase;
  /** What the users were doing. */
  readonly ops: readonly string[];
  /** It may write another field of the same bytes instead; which is unknown. */
  readonly perhaps?: true | undefined;
}

/** How a field is used. */
export interface FieldUse {
  readonly path: string;
  /** `run time` if it is ever written while its device can be used. */
  readonly class: 'set-up/release' | 'run time';
  readonly writers: readonly FieldWriter[];
  /** Locks that every writer holds alone. */
  readonly locks: readonly string[];
  /** The bytes that code touches which means the field alone; `null` where there is none. */
  readonly span: ByteRange | null;
}

/** Two fields of which one's update can be lost when the other is written. */
export interface Hazard {
  /** In the order of the struct. */
  readonly fields: readonly [string, string];
  /** The fields whose updates can be lost: one, or both. */
  readonly victims: readonly string[];
  /** Bytes of the struct that both writers touch. */
  readonly shared: ByteRange;
  /** The writers that met, once for each pair of functions. */
  readonly evidence: readonly HazardEvidence[];
}

export interface HazardEvidence {
  readonly scenario: string;
  readonly schedule: string;
  readonly sides: readonly [HazardSide, HazardSide];
}

export interface HazardSide extends CodeOwner, Pick<UnorderedWrite, 'actor' | 'op' | 'context' | 'locks'> {
  readonly fields: readonly string[];
}

/** How each written field of a struct is used, in the order of `paths`. */
export function fieldUses(
  { writes }: DriverAccesses,
  finder: FieldFinder,
  paths: readonly string[],
): FieldUse[] {
  const found = new Map<string, { writers: Map<string, FieldWriter>; spans: ByteRange[] }>();
  for (const write of writes) {
    for (const { meant, perhaps, offset, bytes } of finder.find(write)) {
      for (const path of [...meant, ...perhaps]) {
        let use = found.get(path);
        if (use === undefined) {
          use = { writers: new Map(), spans: [] };
          found.set(path, use);
        }
        const isSure = meant.includes(path);
        addWriter(use.writers, write, isSure);
        if (isSure && meant.length + perhaps.length === 1) use.spans.push({ offset, size: bytes });
      }
    }
  }
  return paths.flatMap((path): FieldUse[] => {
    const use = found.get(path);
    if (use === undefined) return [];
    const writers = [...use.writers.values()];
    const atRunTime = writers.some(({ phase }) => phase === 'run time');
    return [
      {
        path,
        class: atRunTime ? 'run time' : 'set-up/release',
        writers,
        locks: commonLocks(writers),
        span: hullOf(use.spans),
      },
    ];
  });
}

/** The locks that all of them hold, each alone. */
export function commonLocks(holders: readonly { readonly locks: readonly WriterLock[] }[]): string[] {
  const [first, ...others] = holders.map(({ locks }) => locks.filter(({ shared }) => !shared));
  return (first ?? [])
    .map(({ name }) => name)
    .filter((name) => others.every((locks) => locks.some((lock) => lock.name === name)));
}

function addWriter(writers: Map<string, FieldWriter>, write: DriverWrite, isSure: boolean): void {
  const { stack, context, locks, phase, op } = write;
  const { line: _, nearest: __, ...owner } = ownerOf(stack);
  const key = JSON.stringify([owner, context, phase, locks, isSure]);
  const known = writers.get(key);
  const doubt = isSure ? {} : ({ perhaps: true } as const);
  if (known === undefined) writers.set(key, { ...owner, context, locks, phase, ops: [op], ...doubt });
  else if (!known.ops.includes(op)) writers.set(key, { ...known, ops: [...known.ops, op] });
}

function hullOf(ranges: readonly ByteRange[]): ByteRange | null {
  if (ranges.length === 0) return null;
  const offset = Math.min(...ranges.map((range) => range.offset));
  return { offset, size: Math.max(...ranges.map((range) => range.offset + range.size)) - offset };
}

/** What a writer of a field touches, in the given layout; `null` where that is unknown. */
export type TouchedBy = (path: string) => ByteRange | null;

/** The bytes that a field's bits lie in, in the given layout; `null` where it has no such field. */
export type BytesOf = (path: string) => ByteRange | null;

/** A hazard while it is collected. */
interface Disturbed {
  readonly fields: [string, string];
  readonly victims: Set<string>;
  readonly found: Set<UnorderedWrites>;
}

/** Of two unordered writes, each field that one of them means, and each that only the other one means. */
function* disturbances(
  { sides }: UnorderedWrites,
  finder: FieldFinder,
): Generator<{ readonly writer: string; readonly victim: string }> {
  const [ones, others] = [finder.find(sides[0]), finder.find(sides[1])];
  for (const one of ones) {
    for (const other of others.filter(({ start }) => start === one.start)) {
      for (const [a, b] of [
        [one.meant, other.meant],
        [other.meant, one.meant],
      ] as const)
        for (const writer of a) for (const victim of b) if (!a.includes(victim)) yield { writer, victim };
    }
  }
}

/**
 * The pairs of fields of which one's update can be lost: two writes that nothing orders, one of which writes the other's
 * field back with what it read before. An engine has found these writes in one layout of the struct; whether they touch
 * the same bytes is decided by the given layout.
 */
export function hazardsOf(
  { unordered }: DriverAccesses,
  finder: FieldFinder,
  paths: readonly string[],
  touched: TouchedBy,
  bytesOf: BytesOf,
): Hazard[] {
  const order = new Map(paths.map((path, i) => [path, i]));
  const inOrder = (one: string, other: string) =>
    (order.get(one)! < order.get(other)! ? [one, other] : [other, one]) as [string, string];
  const hazards = new Map<string, Disturbed>();
  for (const pair of unordered) {
    for (const { writer, victim } of disturbances(pair, finder)) {
      if (!meets(touched(writer), bytesOf(victim))) continue;
      const fields = inOrder(writer, victim);
      const known = hazards.get(fields.join('\n')) ?? { fields, victims: new Set(), found: new Set() };
      hazards.set(fields.join('\n'), known);
      known.victims.add(victim);
      known.found.add(pair);
    }
  }
  return [...hazards.values()]
    .sort(
      (a, b) =>
        order.get(a.fields[0])! - order.get(b.fields[0])! ||
        order.get(a.fields[1])! - order.get(b.fields[1])!,
    )
    .map(({ fields, victims, found }) => ({
      fields,
      victims: fields.filter((field) => victims.has(field)),
      shared: common(fields.map((field) => touched(field) ?? bytesOf(field)!)),
      evidence: evidenceOf([...found], finder),
    }));
}

export function meets(a: ByteRange | null, b: ByteRange | null): boolean {
  return a !== null && b !== null && a.offset < b.offset + b.size && b.offset < a.offset + a.size;
}

function common(ranges: readonly ByteRange[]): ByteRange {
  const offset = Math.max(...ranges.map((range) => range.offset));
  const end = Math.min(...ranges.map((range) => range.offset + range.size));
  return { offset, size: Math.max(0, end - offset) };
}

function evidenceOf(found: readonly UnorderedWrites[], finder: FieldFinder): HazardEvidence[] {
  const evidence = new Map<string, HazardEvidence>();
  for (const { scenario, schedule, sides } of found) {
    const described = sides.map((side): HazardSide => {
      const { actor, op, context, locks } = side;
      return {
        actor,
        op,
        context,
        locks,
        fields: [...new Set(finder.find(side).flatMap(({ meant }) => meant))],
        ...ownerOf(side.stack),
      };
    }) as [HazardSide, HazardSide];
    const key = described
      .map((side) => side.function)
      .sort()
      .join();
    if (!evidence.has(key)) evidence.set(key, { scenario, schedule, sides: described });
  }
  return [...evidence.values()];
}

/** Two fields of one span that are both written at run time. */
export interface SharedPair {
  /** In the order of the struct. */
  readonly fields: readonly [string, string];
  /**
   * `no`: under one lock, or met and always in some order; `unseen`: no scenario has two actors writing them, or they
   * lie apart in the code that was run, where their order is not examined.
   */
  readonly verdict: 'real' | 'no' | 'unseen';
  /** Locks that every writer of either holds alone, at run time. */
  readonly locks: readonly string[];
  /** Explored scenarios in which one actor writes the one and another actor the other. */
  readonly together: readonly string[];
}

/**
 * All pairs of fields that are written at run time and of which a write of one touches the
 * other.
 */
export function sharedPairs(
  { acted, unordered }: DriverAccesses,
  finder: FieldFinder,
  uses: readonly FieldUse[],
  hazards: readonly Hazard[],
  touched: TouchedBy,
  bytesOf: BytesOf,
  shareAsRun: (one: string, other: string) => boolean,
): SharedPair[] {
  const atRunTime = uses.filter((use) => use.class === 'run time');
  const who = actorsOf(acted, finder);
  const unknown = new Set(
    unordered
      .flatMap(({ sides }) => sides.flatMap((side) => finder.find(side)))
      .flatMap(({ perhaps }) => perhaps),
  );
  return atRunTime.flatMap((one, i) =>
    atRunTime.slice(i + 1).flatMap((other): SharedPair[] => {
      const fields: [string, string] = [one.path, other.path];
      const share =
        meets(touched(one.path), bytesOf(other.path)) || meets(touched(other.path), bytesOf(one.path));
      if (!share) return [];
      const real = hazards.some((hazard) => fields.every((field) => hazard.fields.includes(field)));
      const writers = [one, other].flatMap((use) => use.writers.filter(({ phase }) => phase === 'run time'));
      const locks = commonLocks(writers);
      const together = [...who]
        .filter(([, by]) => areApart(by.get(one.path), by.get(other.path)))
        .map(([scenario]) => scenario);
      const isKnown = !fields.some((field) => unknown.has(field));
      const isOrdered = together.length > 0 && isKnown && shareAsRun(one.path, other.path);
      const verdict = real ? 'real' : locks.length > 0 || isOrdered ? 'no' : 'unseen';
      return [{ fields, verdict, locks, together }];
    }),
  );
}

/** By scenario and field, its writers: actor and object. */
function actorsOf(writes: readonly ActorWrite[], finder: FieldFinder): Map<string, Map<string, Set<string>>> {
  const scenarios = new Map<string, Map<string, Set<string>>>();
  for (const write of writes) {
    const fields = scenarios.get(write.scenario) ?? new Map<string, Set<string>>();
    scenarios.set(write.scenario, fields);
    for (const { meant } of finder.find(write)) {
      for (const field of meant) {
        const who = fields.get(field) ?? new Set();
        fields.set(field, who.add(JSON.stringify([write.object, write.actor])));
      }
    }
  }
  return scenarios;
}

/** Does one actor write the one field of an object, and another actor the other? */
function areApart(ones: ReadonlySet<string> | undefined, others: ReadonlySet<string> | undefined): boolean {
  const apart = (one: string, other: string) => {
    const [[object, actor], [same, another]] = [JSON.parse(one), JSON.parse(other)] as [string[], string[]];
    return object === same && actor !== another;
  };
  return [...(ones ?? [])].some((one) => [...(others ?? [])].some((other) => apart(one, other)));
}

/** Hazards that only one of two layouts has. */
export interface HazardChange {
  readonly gone: readonly Hazard[];
  readonly added: readonly Hazard[];
}

/** Compares hazards by their fields. One whose pair was not examined afterwards is not known to be gone. */
export function hazardChange(
  before: readonly Hazard[],
  after: readonly Hazard[],
  pairsAfter: readonly SharedPair[] = [],
): HazardChange {
  const keyOf = ({ fields }: Pick<Hazard, 'fields'>) => fields.join('\n');
  const without = (hazards: readonly Hazard[], others: readonly Pick<Hazard, 'fields'>[]) => {
    const known = new Set(others.map(keyOf));
    return hazards.filter((one) => !known.has(keyOf(one)));
  };
  const unseen = pairsAfter.filter(({ verdict }) => verdict === 'unseen');
  return { gone: without(before, [...after, ...unseen]), added: without(after, before) };
}
