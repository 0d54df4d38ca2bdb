/**
 * What ends an exploration for good, unlike a trap of the program: the other side asks for it after every trap.
 */

/** A table has no room left. */
export const Failure_FULL: u32 = 1;
/** The program does not do the same thing twice. */
export const Failure_STRAYED: u32 = 2;

export let failure: u32 = 0;

export function fail(what: u32): void {
  failure = what;
  unreachable();
}

export function forgetFailure(): void {
  failure = 0;
}
