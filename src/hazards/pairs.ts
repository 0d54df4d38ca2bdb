// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import type { FieldAccess, HeldLock } from './contexts.js';
import { apart, type Entry, isAsynchronous, seldomMeet } from './entries.js';
import type { FieldFact, Span } from './facts.js';

/** Two bit-fields of one struct whose writers can lose each other's update. */
export interface HazardPair {
  readonly struct: string;
  /** In the order of the struct. */
  readonly fields: readonly [FieldFact, FieldFact];
  /** Bytes that gcc's code for both rewrites; null where only clang's does. */
  readonly gcc: Span | null;
  readonly wide: Span;
  /** Two writers that nothing is known to keep apart; of several, those that overlap most surely. */
  readonly sides: readonly [FieldAccess, FieldAccess];
  /** How many other pairs of ways to such writers there are; {@link mostJudged} are counted. */
  readonly others: number;
  /** From 0 to 100, how likely it is, by what is known of the two ways. */
  readonly rank: number;
  readonly known: readonly string[];
  readonly assumed: readonly string[];
}

/** Pairs below this rank take assumptions that seldom hold. */
export const leastLikely = 40;

/** Two bit-fields of one span that no two writers were found for which can meet. */
export interface OrderedPair {
  readonly struct: string;
  readonly fields: readonly [string, string];
  readonly why: string;
}

export interface Pairs {
  readonly hazards: readonly HazardPair[];
  readonly ordered: readonly OrderedPair[];
}

/**
 * The pairs of fields that share bytes, by their writers; the likeliest hazards first. Of those that are as likely, each struct's first
 * pair goes before any struct's second: a driver full of them does not hide the others.
 */
export function pairsOf(accesses: readonly FieldAccess[]): Pairs {
  const byStruct = new Map<string, Map<string, FieldAccess[]>>();
  for (const access of accesses) {
    const { struct, field, start, defined } = access.field;
    // Several structs may have one tag.
    const key = `${struct} ${defined?.file ?? ''}`;
    const fields = byStruct.get(key) ?? new Map<string, FieldAccess[]>();
    byStruct.set(key, fields);
    const id = `${String(start).padStart(8, '0')} ${field}`;
    const known = fields.get(id);
    if (known === undefined) fields.set(id, [access]);
    else known.push(access);
  }
  const hazards: HazardPair[] = [];
  const ordered: OrderedPair[] = [];
  for (const fields of byStruct.values()) {
    const all = [...fields].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, found]) => distinct(found));
    for (const [i, ones] of all.entries())
      for (const others of all.slice(i + 1)) {
        const found = pairOf(ones, others);
        if (found === null) continue;
        if ('sides' in found) hazards.push(found);
        else ordered.push(found);
      }
  }
  const nameOf = ({ struct, fields: [a, b] }: HazardPair) => `${struct}.${a.field}.${b.field}`;
  hazards.sort((a, b) => b.rank - a.rank || (nameOf(a) < nameOf(b) ? -1 : 1));
  const before = new Map<string, number>();
  const ranked = hazards.map((pair) => {
    const key = `${pair.rank} ${pair.struct}`;
    const turn = before.get(key) ?? 0;
    before.set(key, turn + 1);
    return { pair, turn };
  });
  ranked.sort((a, b) => b.pair.rank - a.pair.rank || a.turn - b.turn);
  return { hazards: ranked.map(({ pair }) => pair), ordered };
}

function pairOf(
  ones: readonly FieldAccess[],
  others: readonly FieldAccess[],
): HazardPair | OrderedPair | null {
  const [a, b] = [ones[0]!.field, others[0]!.field];
  const wide = common(a.wide, b.wide);
  if (wide === null) return null;
  const gcc = common(a.gcc, b.gcc);
  let best: Judged | null = null;
  let count = 0;
  const reasons = new Map<string, number>();
  for (const one of ones)
    for (const other of others) {
      // It goes on where nothing was found: that there is none takes all of them.
      if (best !== null && count >= mostJudged) break;
      const judged = judge(one, other, gcc !== null);
      if (typeof judged === 'string') reasons.set(judged, (reasons.get(judged) ?? 0) + 1);
      else {
        count++;
        // Of ways that are as likely, the shortest says the most.
        const isBetter =
          best === null ||
          judged.rank > best.rank ||
          (judged.rank === best.rank && callsOf(judged) < callsOf(best));
        if (isBetter) best = judged;
      }
    }
  if (best === null) {
    const [[why] = ['their writers are not known']] = [...reasons].sort(([, x], [, y]) => y - x);
    return { struct: a.struct, fields: [a.field, b.field], why };
  }
  return { struct: a.struct, fields: [a, b], gcc, wide, others: count - 1, ...best };
}

interface Judged extends Pick<HazardPair, 'sides' | 'rank' | 'known' | 'assumed'> {}

const callsOf = ({ sides }: Judged): number => sides[0].path.length + sides[1].path.length;

/** Pairs of ways that are compared to find the likeliest; they are taken by what is assumed of each, the least first. */
export const mostJudged = 20_000;

/** Ways that differ in nothing that counts are one, the shortest; those of which the least has to be assumed come first. */
function distinct(accesses: readonly FieldAccess[]): FieldAccess[] {
  const keyOf = ({ entry, locks, fresh, function: name, place }: FieldAccess) =>
    `${entry.function} ${entry.through} ${name} ${place.file}:${place.line} ${fresh} ${locks
      .map(({ name, relation, shared, assumed }) => `${name} ${relation} ${shared} ${assumed}`)
      .sort()
      .join()}`;
  const shortest = new Map<string, FieldAccess>();
  for (const one of accesses) {
    const known = shortest.get(keyOf(one));
    if (known === undefined || one.path.length < known.path.length) shortest.set(keyOf(one), one);
  }
  const likeliest = (one: FieldAccess) =>
    doubts(one.entry).less + (isAsynchronous(one.entry) ? 0 : 5) + one.locks.length;
  return [...shortest.values()].sort((one, other) => likeliest(one) - likeliest(other));
}

/** How likely two writers meet, or why they cannot. */
function judge(one: FieldAccess, other: FieldAccess, byGcc: boolean): Judged | string {
  const lock = lockInCommon(one.locks, other.locks);
  if (lock !== null && !lock.assumed) return `both hold ${lock.name}`;
  const separate = apart(one.entry, other.entry);
  if (separate !== null) return separate;
  let rank = 100;
  const known: string[] = [lock === null ? 'no lock in common' : `both hold a lock ${lock.name}`];
  const assumed: string[] = ['both can be about the same object'];
  if (lock !== null) {
    rank -= 50;
    assumed.push(`the two locks ${lock.name} are not one`);
  }
  if (!byGcc) {
    rank -= 25;
    known.push('gcc writes them by different bytes, clang by the same');
  }
  for (const { entry, fresh } of [one, other]) {
    const doubt = doubts(entry);
    rank -= doubt.less;
    if (doubt.assumed !== null) assumed.push(doubt.assumed);
    if (!fresh) continue;
    rank -= 60;
    assumed.push(
      `others know the struct already, which ${entry.function}() or a function that it calls has allocated`,
    );
  }
  const seldom = seldomMeet(one.entry, other.entry);
  if (seldom !== null) {
    rank -= 65;
    assumed.push(seldom);
  }
  if (!isAsynchronous(one.entry) && !isAsynchronous(other.entry)) {
    rank -= one.entry.function === other.entry.function ? 15 : 10;
  }
  return { sides: [one, other], rank: Math.max(0, rank), known, assumed };
}

/** What has to be assumed of an entry for it to overlap another one. */
function doubts({ function: name, kind, phase }: Entry): {
  readonly less: number;
  readonly assumed: string | null;
} {
  switch (phase) {
    case 'set-up':
      return { less: 45, assumed: `the object is in use while ${name}() sets it up` };
    case 'addition':
      return { less: 25, assumed: `what ${name}() adds, or what it is added to, is in use already` };
    case 'release':
      return { less: 35, assumed: `the object is in use while ${name}() takes it down` };
    case 'open or close':
      return { less: 30, assumed: `somebody else uses the object while ${name}() opens or closes it` };
  }
  if (kind === 'exported' || kind === 'called from elsewhere')
    return { less: 20, assumed: `callers of ${name}() that were not read hold no lock that counts` };
  if (kind === 'unknown') return { less: 25, assumed: `${name}() is called by something that was not seen` };
  if (kind === 'callback') return { less: 10, assumed: `${name}() is called at any time` };
  if (kind === 'power management') return { less: 10, assumed: `${name}() runs while the device is used` };
  return { less: 0, assumed: null };
}

/** A lock that both hold, not both for reading. One that is the same for sure goes first. */
function lockInCommon(
  ones: readonly HeldLock[],
  others: readonly HeldLock[],
): { name: string; assumed: boolean } | null {
  let found: { name: string; assumed: boolean } | null = null;
  for (const one of ones)
    for (const other of others) {
      if (one.shared && other.shared) continue;
      const isSame = one.relation !== null && one.relation === other.relation;
      const isAlike = one.name !== '' && one.name === other.name && !areOthers(one, other);
      if (!isSame && !isAlike) continue;
      const assumed = !isSame || one.assumed || other.assumed;
      if (found === null || (found.assumed && !assumed))
        found = { name: one.name || other.name || 'a lock', assumed };
    }
  return found;
}

/** Two variables, or two members of the struct, such as elements of an array; and not one lock by two ways. */
const areOthers = (one: HeldLock, other: HeldLock): boolean =>
  [/^@\S+ {2}\d+$/, /^\+-?\d+$/].some((direct) =>
    [one, other].every(({ relation, assumed }) => !assumed && direct.test(relation ?? '')),
  );

function common(a: Span, b: Span): Span | null {
  const offset = Math.max(a.offset, b.offset);
  const end = Math.min(a.offset + a.size, b.offset + b.size);
  return end > offset ? { offset, size: end - offset } : null;
}
