import { GRANULES } from './map';

/**
 * Who has touched which 8 bytes, over all executions: a mask of readers and one of writers. What one thread alone has
 * touched, or nobody has written, orders nothing, and its accesses need not be told apart from the code around them.
 * When a second thread comes, the exploration starts again with the granule shared; since every class of executions
 * under the smaller dependency is run, one that shares it is met if there is any.
 *
 * A granule takes 8 bytes here: the masks, and the newest of its cells (clocks.ts).
 */

/** Some granule has become shared since this was last reset. */
export let grown: bool = false;

export function resetGrown(): void {
  grown = false;
}

export function grow(): void {
  grown = true;
}

@inline export function granuleOf(address: u32): u32 {
  return GRANULES + (address & ~7);
}

@inline export function headOf(granule: u32): u32 {
  return load<u32>(granule, 4);
}

@inline export function setHead(granule: u32, cell: u32): void {
  store<u32>(granule, cell, 4);
}

@inline function isShared(masks: u32): bool {
  const all = (masks | (masks >>> 16)) & 0xffff;
  return masks >>> 16 != 0 && (all & (all - 1)) != 0;
}

/** Notes that a thread touches a granule; says whether it was shared already. */
@inline function touchOne(granule: u32, bit: u32): bool {
  const before = load<u32>(granule);
  if ((before & bit) == 0) {
    store<u32>(granule, before | bit);
    if (isShared(before | bit) && !isShared(before)) grown = true;
  }
  return isShared(before);
}

/** The same of all bytes in [address, address + bytes). */
@inline export function touch(address: u32, bytes: u32, thread: u32, writes: bool): bool {
  const bit = writes ? 0x10000 << thread : 1 << thread;
  let granule = granuleOf(address);
  const last = granuleOf(address + bytes - 1);
  if (granule == last) return touchOne(granule, bit);
  let shared = false;
  for (; granule <= last; granule += 8) if (touchOne(granule, bit)) shared = true;
  return shared;
}
