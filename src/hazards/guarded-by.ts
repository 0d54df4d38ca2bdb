// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import type { FieldAccess, HeldLock } from './contexts.js';
import type { SourcePlace } from './ir/types-by-name.js';

/** A bit-field by its name. */
export interface FieldName {
  readonly struct: string;
  readonly field: string;
  /** Where the struct is defined. */
  readonly defined: SourcePlace | null;
}

/** A bit-field whose writers hold one lock in common. */
export interface GuardedField extends FieldName {
  /** As a declaration in the struct names it: `lock`, `tt.lock`; or a global variable. */
  readonly lock: string;
  readonly isMember: boolean;
  /** Ways from outside to a write. */
  readonly ways: number;
}

/** A bit-field with a way to a write that does not hold the lock that others hold. */
export interface UnguardedField extends FieldName {
  /** The lock that most ways hold, for people. */
  readonly lock: string;
  /** Code that was not read may hold it there: a function that others call; or it is known not to be held. */
  readonly isUnknown: boolean;
  readonly why: string;
}

export interface Guards {
  readonly guarded: readonly GuardedField[];
  readonly unguarded: readonly UnguardedField[];
}

/** Whoever calls such a function may hold what it does not take itself. */
const calledByOthers = new Set(['exported', 'called from elsewhere', 'unknown']);

/**
 * Which lock guards which bit-field: that which every way to every write holds, exclusively, and which is a member of the struct or
 * a global variable. Ways on which the struct has just been allocated do not count. Fields that no way holds such a lock for are in
 * neither list.
 */
export function guardsOf(accesses: readonly FieldAccess[]): Guards {
  const fields = new Map<string, FieldAccess[]>();
  for (const access of accesses) {
    const { struct, field, defined } = access.field;
    const key = `${struct}.${field} ${defined?.file}:${defined?.line}`;
    const known = fields.get(key) ?? [];
    if (!access.fresh) known.push(access);
    fields.set(key, known);
  }
  const guarded: GuardedField[] = [];
  const unguarded: UnguardedField[] = [];
  for (const [, ways] of [...fields].sort(([a], [b]) => (a < b ? -1 : 1))) {
    const judged = ways.length === 0 ? null : judge(ways);
    if (judged === null) continue;
    if ('ways' in judged) guarded.push(judged);
    else unguarded.push(judged);
  }
  return { guarded, unguarded };
}

function judge(ways: readonly FieldAccess[]): GuardedField | UnguardedField | null {
  const { struct, field, defined } = ways[0]!.field;
  const holders = new Map<string, { lock: HeldLock; count: number }>();
  for (const { locks } of ways)
    for (const lock of locks) {
      if (!isGuard(lock)) continue;
      const known = holders.get(lock.relation!);
      holders.set(lock.relation!, { lock: known?.lock ?? lock, count: (known?.count ?? 0) + 1 });
    }
  // Of several that are held always, the struct's own; then the first.
  const [best] = [...holders.values()].sort(
    (a, b) =>
      b.count - a.count || rankOf(a.lock) - rankOf(b.lock) || (a.lock.relation! < b.lock.relation! ? -1 : 1),
  );
  if (best === undefined) return null;
  const name = { struct, field, defined };
  const { lock } = best;
  if (best.count === ways.length) {
    const inC = nameInC(lock, struct);
    if (inC !== null) return { ...name, lock: inC, isMember: isMember(lock), ways: ways.length };
    return {
      ...name,
      lock: lock.name,
      isUnknown: false,
      why: 'every way holds it, but a declaration in the struct has no name for it',
    };
  }
  const without = ways.filter(
    ({ locks }) => !locks.some((one) => one.relation === lock.relation && isGuard(one)),
  );
  const known = without.find(({ entry }) => !calledByOthers.has(entry.kind));
  const { function: writer, place, path, entry, locks } = known ?? without[0]!;
  const shared = locks.some((one) => one.relation === lock.relation && one.shared);
  return {
    ...name,
    lock: lock.name,
    isUnknown: known === undefined,
    why:
      `${writer}() at ${place.file}:${place.line} writes it ${shared ? 'while that is held for reading' : 'without'}, ` +
      `entered by ${path.join('() → ')}() (${entry.kind})${without.length > 1 ? `; ${without.length} of ${ways.length} ways are so` : ''}`,
  };
}

const isMember = ({ relation }: HeldLock): boolean => /^\+-?\d+$/.test(relation ?? '');

/** It can guard: it is held for writing, and is the struct's own or a global one. */
const isGuard = (lock: HeldLock): boolean =>
  !lock.shared && !lock.assumed && (isMember(lock) || (lock.relation ?? '').startsWith('@'));

const rankOf = (lock: HeldLock): number => (isMember(lock) ? 0 : 1);

/** As C in the struct names it; null where that cannot be said. */
function nameInC(lock: HeldLock, struct: string): string | null {
  const name = isMember(lock)
    ? lock.name.startsWith(`${struct}.`)
      ? lock.name.slice(struct.length + 1)
      : ''
    : /^@(\w+)(?::.*)? {2}0$/.exec(lock.relation!)?.[1];
  return name !== undefined && /^[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)*$/.test(name) ? name : null;
}
