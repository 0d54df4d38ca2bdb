// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import type { TypesByName } from './ir/types-by-name.js';
import type { Lock, Value } from './value.js';

/** The same lock by an address that the caller knows it by. */
export function renamed(lock: Lock, address: Value, names: TypesByName): Lock {
  const isNamedByPlace = lock.name === lockName(lock.address, names);
  return { ...lock, address, name: (isNamedByPlace ? lockName(address, names) : '') || lock.name };
}

/** What is a lock itself, and is called by where it lies. */
const isLockItself = (tag: string): boolean =>
  /^(?:percpu_)?(?:raw_)?(?:rt_|ww_)?(?:mutex|(?:q?spin|rw|local_)lock|(?:rw_)?semaphore)(?:_base|_t)?$/.test(
    tag,
  );

/** What a lock is called, `usb_hub.tt.lock`: what it is made of itself is left out. */
export function lockName({ path, leaf, steps, slot, record, inRecord }: Value, names: TypesByName): string {
  const name = path.replace(/\.(?:rlock|raw_lock|base|lock_base)$/, '');
  if (name !== '' && !isLockItself(name)) return name;
  // By a pointer to it.
  if (slot !== undefined) return slot;
  if (!leaf.startsWith('@') || steps.length > 0) return name;
  const tag = record === null ? null : names.tagOf(record);
  const [variable = ''] = leaf.slice(1).split(':');
  return tag === null || isLockItself(tag) ? variable : `${tag}.${names.pathAt(tag, inRecord)}`;
}
