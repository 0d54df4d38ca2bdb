// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { type Access, isLock, isWrite } from './interleaving.js';
import { type WatchedBits, watchedIn } from './watched.js';

/** Accesses of a byte so far. */
interface ByteHistory {
  /** Of each bit, the last access that changed it. */
  readonly changed: (number | null)[];
  /** Of each actor, its last load. */
  readonly loads: Map<number, number>;
  /** The last access of all, and the last write. */
  last: number | null;
  write: number | null;
}

const reads = ({ kind }: Access) =>
  kind === 'load' || kind === 'atomic.load' || kind === 'atomic.rmw' || kind === 'atomic.cmpxchg';
const isAtomic = ({ kind }: Access) => kind.startsWith('atomic.');
const sharesLock = (a: Access, b: Access) => a.locks.some((lock) => b.locks.includes(lock));
const byteAt = (value: bigint | null, at: number) =>
  value === null ? null : Number((value >> BigInt(8 * at)) & 0xffn);

/**
 * The accesses that decide how an execution ends, by their indices:
 *
 * - of a lost update, the load that it was computed from, what another actor wrote since, and the store that overwrites it;
 * - of what is observed, the last write that changed it, and the last one of each other actor;
 * - the accesses that violations come from;
 * - where all these are one actor's: a value that an actor read twice and another one changed in between; and where there
 *   is none, accesses of two actors, one right after the other, that no lock separates.
 *
 * @param caught indices of accesses that violations come from.
 */
export function decisiveAccesses(
  accesses: readonly Access[],
  watched: readonly WatchedBits[],
  caught: readonly number[],
): number[] {
  const decisive = new Set(caught);
  const reread = new Set<number>();
  const racing = new Set<number>();
  const bytes = new Map<number, ByteHistory>();
  /** Of each watched bit, by byte address * 8 + bit: the writes so far that have meant it, and those that changed it. */
  const writes = new Map<number, { readonly all: number[]; readonly changing: number[] }>();

  for (const [i, access] of accesses.entries()) {
    if (isLock(access)) continue;
    const { actor, address, mask } = access;
    const writing = isWrite(access);
    const looked = access.bytes > 8 ? 0n : watchedIn(watched, address, access.bytes);
    for (let at = 0; at < access.bytes; at++) {
      const byte = bytes.get(address + at) ?? {
        changed: new Array<number | null>(8).fill(null),
        loads: new Map<number, number>(),
        last: null,
        write: null,
      };
      bytes.set(address + at, byte);
      const [was, is] = [byteAt(access.before, at), byteAt(access.after, at)];
      const changes = writing ? (was === null || is === null ? 0xff : was ^ is) : 0;
      const load = byte.loads.get(actor);
      for (let bit = 0; bit < 8; bit++) {
        const flag = 1 << bit;
        const other = byte.changed[bit] ?? null;
        const isOthers = other !== null && accesses[other]!.actor !== actor;
        const isStale = isOthers && load !== undefined && load < other;
        if ((changes & flag) !== 0) {
          if (isStale && access.kind === 'store') for (const one of [load, other, i]) decisive.add(one);
          byte.changed[bit] = i;
        } else if (isStale && access.kind === 'load') {
          const [first, second] = [accesses[load]!, accesses[other]!];
          const apart = !sharesLock(first, second) && !sharesLock(second, access);
          if (apart && first.step === access.step && !isAtomic(second) && first.kind === 'load')
            for (const one of [load, other, i]) reread.add(one);
        }
        const isWatched = ((looked >> BigInt(8 * at + bit)) & 1n) !== 0n;
        const means = ((mask >> BigInt(8 * at + bit)) & 1n) !== 0n;
        if (writing && isWatched && (means || (changes & flag) !== 0)) {
          const key = (address + at) * 8 + bit;
          const history = writes.get(key) ?? { all: [], changing: [] };
          writes.set(key, history);
          history.all.push(i);
          if ((changes & flag) !== 0) history.changing.push(i);
        }
      }
      const met = writing ? byte.last : byte.write;
      if (met !== null && (changes !== 0 || !writing)) {
        const before = accesses[met]!;
        if (before.actor !== actor && !(isAtomic(before) && isAtomic(access)) && !sharesLock(before, access))
          for (const one of [met, i]) racing.add(one);
      }
      if (reads(access)) byte.loads.set(actor, i);
      byte.last = i;
      if (changes !== 0) byte.write = i;
    }
  }

  for (const history of writes.values()) {
    const all = history.changing.length > 0 ? history.changing : history.all;
    const last = all.at(-1)!;
    decisive.add(last);
    const others = new Set(all.map((one) => accesses[one]!.actor));
    others.delete(accesses[last]!.actor);
    for (const actor of others) decisive.add(all.findLast((one) => accesses[one]!.actor === actor)!);
  }
  const isOfOne = () => new Set([...decisive].map((one) => accesses[one]!.actor)).size < 2;
  if (isOfOne()) for (const one of reread) decisive.add(one);
  if (isOfOne()) for (const one of racing) decisive.add(one);
  return [...decisive].sort((a, b) => a - b);
}
