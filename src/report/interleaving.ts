// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import pc from 'picocolors';
import type { Access, Interleaving } from '../engine/interleaving.js';
import { accessText, bytesText, isLock, isWrite, spanValue, writtenBack } from './access.js';
import { type Cell, columnText, type Paint, plain } from './columns.js';
import type { Result } from './schema.js';
import { frameText } from './trace.js';

export interface InterleavingView {
  /** The steps of the actors, by name, as a line each: what `Result.actors` has. */
  readonly steps: Readonly<Record<string, readonly string[]>>;
  /** Characters of a line. */
  readonly width: number;
  /** All accesses, with where each is in the code; or else those that the actors meet in. */
  readonly verbose: boolean;
}

/**
 * An execution in columns, an actor each, from top to bottom; as a list of turns where these are more than fit. Short, it has the accesses of named fields that another
 * actor accesses too, the locks that had to be waited for, and both wherever the turn passes from one actor to
 * another; everything between is counted.
 */
export function interleavingText(interleaving: Interleaving, view: InterleavingView): string {
  const { actors, accesses, preemptions } = interleaving;
  const isShown = view.verbose ? () => true : meetings(accesses);
  const isShared = sharedFields(accesses);
  const why = departures(interleaving);
  const cells: Cell[] = [];
  let skipped = 0;
  const step: number[] = [];

  for (const [i, access] of accesses.entries()) {
    const { actor } = access;
    const add = (text: string, paint: Paint = plain) => cells.push({ column: actor, text, paint });
    const next = accesses[i + 1];
    if (step[actor] !== access.step) {
      step[actor] = access.step;
      add(view.steps[actors[actor]!]?.[access.step] ?? `step ${access.step + 1}`, pc.bold);
    }
    if (isShown(i)) {
      const loses = writtenBack(access).some(({ over }) => over !== null);
      add(`  ${accessText(access, isShared(actor))}`, loses ? pc.red : plain);
      if (view.verbose) for (const line of details(access)) add(`    ${line}`, pc.dim);
    } else skipped++;
    // What is skipped is told before anything else is.
    const ends = next === undefined || next.actor !== actor || next.step !== access.step || isShown(i + 1);
    if (ends && skipped > 0) {
      add(`  ... ${counted(skipped, 'access', 'accesses')}`, pc.dim);
      skipped = 0;
    }
    if (next === undefined || next.actor !== actor) {
      const reason = why(i);
      add(reason, reason === 'done' ? pc.dim : pc.yellow);
    }
  }
  const sum = `${counted(preemptions, 'preemption')} in ${counted(accesses.length, 'access', 'accesses')}`;
  return `${columnText(actors, cells, view.width)}\n\n${sum}`;
}

const counted = (count: number, one: string, many = `${one}s`) => `${count} ${count === 1 ? one : many}`;

/** Where an access is, what it found and left there, under which locks. */
function details({ kind, bytes, address, place, before, after, stack, context, locks }: Access): string[] {
  const bare = `0x${address.toString(16)}`;
  const [was, is] = [before, after].map((value) => (value === null ? null : spanValue(value, bytes)));
  const values = was === null || is === null ? '' : `: ${was === is ? was : `${was} -> ${is}`}`;
  return [
    `${kind}, ${bytesText(bytes)} at ${place === bare ? bare : `${place} (${bare})`}${values}`,
    ...callsToDriver(stack).map(frameText),
    ...(context === 'process' ? [] : [`in ${context} context`]),
    ...(locks.length === 0 ? [] : [`holding ${locks.join(', ')}`]),
  ];
}

/** The innermost call, and where it is one of the kernel's functions, those out to the driver's. */
function callsToDriver(stack: Access['stack']): Access['stack'] {
  const driver = stack.findIndex(({ file }) => file?.startsWith('vfio/'));
  return stack.slice(0, Math.max(driver, 0) + 1);
}

/** Why the turn passed on after an access: the actor was done, had to wait, or could have gone on. */
function departures({ actors, accesses, waits, unfinished }: Interleaving): (last: number) => string {
  const nextOwn: number[] = [];
  const found = actors.map(() => -1);
  for (let i = accesses.length - 1; i >= 0; i--) {
    const { actor } = accesses[i]!;
    nextOwn[i] = found[actor]!;
    found[actor] = i;
  }
  return (last) => {
    const { actor } = accesses[last]!;
    const back = nextOwn[last]!;
    if (back < 0) {
      const lock = waits[actor] ?? null;
      if (unfinished?.[actor]) return 'and so on';
      return lock === null ? 'done' : `switch: waits for ${lock}, for ever`;
    }
    const { kind, contended, address, object } = accesses[back]!;
    if (kind !== 'acquire' || !contended) return 'switch: preempted';
    // Whoever first takes the lock in between has found it free: so did not have to wait then.
    const between = accesses.slice(last + 1, back).filter((one) => isLock(one) && one.address === address);
    const first = between.find((one) => one.kind !== 'try-acquire' || !one.contended);
    return first === undefined || first.kind === 'release'
      ? `switch: waits for ${object}`
      : 'switch: preempted';
  };
}

/** Which accesses tell what the actors do to each other. */
function meetings(accesses: readonly Access[]): (index: number) => boolean {
  const waitedFor = new Set(accesses.filter(({ contended }) => contended).map(({ address }) => address));
  const meets = conflicts(accesses);
  return (i) => {
    const access = accesses[i]!;
    const named = access.fields.length + access.oneOf.length > 0 || !access.object.startsWith('0x');
    const turns = [accesses[i - 1], accesses[i + 1]].some(
      (other) => other !== undefined && other.actor !== access.actor,
    );
    if (isLock(access)) return turns || waitedFor.has(access.address);
    return named && (turns || meets(access));
  };
}

/** Does an access touch a byte that another actor touches too, one of the two writing? */
function conflicts(accesses: readonly Access[]): (access: Access) => boolean {
  const touched = new Map<number, { readonly readers: Set<number>; readonly writers: Set<number> }>();
  for (const access of accesses) {
    if (isLock(access)) continue;
    for (let at = access.address; at < access.address + access.bytes; at++) {
      const who = touched.get(at) ?? { readers: new Set(), writers: new Set() };
      touched.set(at, who);
      (isWrite(access) ? who.writers : who.readers).add(access.actor);
    }
  }
  const others = (who: ReadonlySet<number>, actor: number) => who.size > Number(who.has(actor));
  return (access) => {
    for (let at = access.address; at < access.address + access.bytes; at++) {
      const { readers, writers } = touched.get(at)!;
      if (others(writers, access.actor) || (isWrite(access) && others(readers, access.actor))) return true;
    }
    return false;
  };
}

/** By actor, the fields that others mean to write. */
function sharedFields(accesses: readonly Access[]): (actor: number) => (field: string) => boolean {
  const writers = new Map<string, Set<number>>();
  for (const access of accesses) {
    if (!isWrite(access)) continue;
    for (const field of access.fields)
      writers.set(field, (writers.get(field) ?? new Set()).add(access.actor));
  }
  return (actor) => (field) => [...(writers.get(field) ?? [])].some((writer) => writer !== actor);
}

/** An execution as a report has it. */
export function interleavingJson({
  actors,
  accesses,
  preemptions,
  waits,
}: Interleaving): NonNullable<Result['interleaving']> {
  return { actors: [...actors], accesses: accesses.map(accessJson), preemptions, waits: [...waits] };
}

/** An access as a report has it: bits in hexadecimal, which JSON's numbers have no room for. */
export function accessJson(access: Access): NonNullable<Result['interleaving']>['accesses'][number] {
  const { actor, kind, address, bytes, object, place, mask, before, after, step, context, contended } =
    access;
  const hex = (value: bigint) => spanValue(value, bytes);
  return {
    actor,
    kind,
    address,
    bytes,
    fields: [...access.fields],
    ...(access.oneOf.length > 0 ? { oneOf: [...access.oneOf] } : {}),
    object,
    place,
    span: access.span.map(({ name, mask }) => ({ name, mask: hex(mask) })),
    mask: hex(mask),
    before: before === null ? null : hex(before),
    after: after === null ? null : hex(after),
    stack: [...access.stack],
    step,
    context,
    locks: [...access.locks],
    contended,
  };
}
