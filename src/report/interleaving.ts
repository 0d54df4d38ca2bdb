// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only

import pc from 'picocolors';
import { errnoName } from '../engine/errno.js';
import { type Access, type Interleaving, isLock, isWrite } from '../engine/interleaving.js';
import { ownPath } from '../source/own-path.js';
import { isDriver } from '../verify/driver-code.js';
import { accessText, bytesText, spanValue, writtenBack } from './access.js';
import { type Cell, columnText, type Paint, plain } from './columns.js';
import type { ResultJson } from './schema.js';
import { frameText } from './trace.js';

export interface InterleavingView {
  /** The steps of the actors, by name, as a line each. */
  readonly steps: Readonly<Record<string, readonly string[]>>;
  /** Characters of a line. */
  readonly width: number;
  /** All accesses, with where each is in the code; or else those that matter, in at most {@link mostLines}. */
  readonly verbose: boolean;
}

/** Most lines of an execution, unless all of it is asked for. */
const mostLines = 40;

/** A row, and its rank where there is no room for all: the lower the more important. */
interface Row extends Cell {
  readonly worth: number;
}

/**
 * An execution in columns, an actor each, from top to bottom; as a list of turns where these are more than fit. Marked with
 * `*` are the accesses that decide the outcome, and the returned values that are observed. Not verbose, it shows besides
 * these, as far as there is room and in this order: accesses of observed fields, of flags and of other bytes that another
 * actor accesses too; locks that had to be waited for; and accesses where the turn passes from one actor to another.
 * The rest is counted.
 */
export function interleavingText(interleaving: Interleaving, view: InterleavingView): string {
  const { actors, accesses, preemptions, decisive } = interleaving;
  const isMarked = decisive.length > 0 || interleaving.returned.flat().some(({ observed }) => observed);
  const summary = [
    `${counted(preemptions, 'preemption')} in ${counted(accesses.length, 'access', 'accesses')}`,
    ...(isMarked ? ['* decides the outcome'] : []),
  ];
  const text = (shown: ReadonlySet<number>, room: number) => {
    const rows = withRoom(rowsOf(interleaving, view, shown), room);
    const isCut = !view.verbose && shown.size < accesses.length;
    return `${columnText(actors, rows, view.width)}\n\n${[...summary, ...(isCut ? ['--verbose shows every access'] : [])].join('; ')}`;
  };
  const all = [...accesses.keys()];
  if (view.verbose) return text(new Set(all), Number.POSITIVE_INFINITY);

  const worth = worths(interleaving);
  // With an access come those that it meets.
  const met = new Map<number, number>();
  for (const [i, { address }] of accesses.entries()) if (!met.has(address)) met.set(address, i);
  const first = (i: number) => met.get(accesses[i]!.address)!;
  const byWorth = all
    .filter((i) => worth[i]! < nothing)
    .sort((a, b) => worth[a]! - worth[b]! || first(a) - first(b) || a - b);
  const linesOf = (some: string) => some.split('\n').length;
  // As many of them as there is room for.
  let [low, high] = [0, byWorth.length];
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    const tried = text(new Set(byWorth.slice(0, middle)), Number.POSITIVE_INFINITY);
    if (linesOf(tried) <= mostLines) low = middle;
    else high = middle - 1;
  }
  const isDecisive = new Set(decisive);
  const shown = new Set([...byWorth.slice(0, low), ...decisive]);
  let best = text(shown, Number.POSITIVE_INFINITY);
  // Steps of many actors alone may be too many.
  for (let room = mostLines; linesOf(best) > mostLines && room > 0; room--) best = text(isDecisive, room);
  return best;
}

/** The rows of an execution of which these accesses are shown. */
function rowsOf(interleaving: Interleaving, view: InterleavingView, shown: ReadonlySet<number>): Row[] {
  const { actors, accesses, returned } = interleaving;
  const isDecisive = new Set(interleaving.decisive);
  const isShared = sharedFields(accesses);
  const why = departures(interleaving);
  const spans = stepSpans(accesses);
  for (const i of isDecisive) spans.get(keyOf(accesses[i]!))!.decisive = true;
  const rows: Row[] = [];
  let skipped = 0;
  const step: number[] = [];

  for (const [i, access] of accesses.entries()) {
    const { actor } = access;
    const add = (text: string, paint: Paint, worth: number) =>
      rows.push({ column: actor, text, paint, worth });
    const next = accesses[i + 1];
    const span = spans.get(keyOf(access))!;
    const title = view.steps[actors[actor]!]?.[access.step] ?? `step ${access.step + 1}`;
    const came = returned[actor]?.[access.step];
    const back = came === undefined || came.value === null ? null : `returned ${returnText(came.value)}`;
    const isWhole = span.last - span.first + 1 === span.count;
    const isFolded = isWhole && !hasAny(shown, span);
    if (isFolded && i === span.first) {
      const count = counted(span.count, 'access', 'accesses');
      const mark = came?.observed ? '* ' : '';
      const end = back === null ? '' : `, ${back}`;
      add(`${mark}${title}: ${count}${end}`, pc.bold, came?.observed ? 0 : 4);
      step[actor] = access.step;
    } else if (step[actor] !== access.step) {
      step[actor] = access.step;
      add(title, pc.bold, span.decisive ? 1 : 3);
    }
    if (shown.has(i)) {
      const loses = writtenBack(access).some(({ over }) => over !== null);
      const [mark, worth] = isDecisive.has(i) ? (['*', 0] as const) : ([' ', 4] as const);
      const paint = loses ? pc.red : isDecisive.has(i) ? pc.bold : plain;
      add(`${mark} ${accessText(access, isShared(actor))}`, paint, worth);
      if (view.verbose) for (const line of details(access)) add(`    ${line}`, pc.dim, worth);
    } else if (!isFolded) skipped++;
    // The count of what is skipped comes first.
    const isLast = i === span.last;
    const turns = next === undefined || next.actor !== actor;
    if (skipped > 0 && (turns || isLast || shown.has(i + 1))) {
      add(`  ... ${counted(skipped, 'access', 'accesses')}`, pc.dim, 5);
      skipped = 0;
    }
    const reason = turns ? why(i) : '';
    const ends = isLast && !isFolded && back !== null;
    if (ends) {
      const mark = came?.observed ? '* ' : reason === 'done' ? '' : '  ';
      add(
        `${mark}${back}${reason === 'done' ? ', done' : ''}`,
        came?.observed ? pc.bold : pc.dim,
        came?.observed ? 0 : 3,
      );
    }
    if (turns && !(ends && reason === 'done'))
      add(reason, reason === 'done' ? pc.dim : pc.yellow, reason === 'done' ? 5 : 2);
  }
  return rows;
}

/** A value as a step returns it: errnos by their names, what is no small number in hexadecimal too. */
const returnText = (value: number) =>
  value < 0 ? errnoName(value) : value < 10 ? String(value) : `${value} (0x${value.toString(16)})`;

/** The rows that there is room for, the most worthy; where some are left out, it says so. */
function withRoom(rows: readonly Row[], room: number): Row[] {
  if (rows.length <= room) return [...rows];
  const kept = new Set([...rows].sort((a, b) => a.worth - b.worth).slice(0, Math.max(room - 1, 0)));
  const left = rows.length - kept.size;
  const last: Row = { column: 0, text: `... ${counted(left, 'line')} left out`, paint: pc.dim, worth: 0 };
  return [...rows.filter((row) => kept.has(row)), last];
}

/** The accesses of one step of an actor. */
interface StepSpan {
  readonly first: number;
  last: number;
  count: number;
  decisive: boolean;
}

const keyOf = ({ actor, step }: Access) => `${actor} ${step}`;

function stepSpans(accesses: readonly Access[]): Map<string, StepSpan> {
  const spans = new Map<string, StepSpan>();
  for (const [i, access] of accesses.entries()) {
    const known = spans.get(keyOf(access));
    if (known === undefined) spans.set(keyOf(access), { first: i, last: i, count: 1, decisive: false });
    else {
      known.last = i;
      known.count++;
    }
  }
  return spans;
}

function hasAny(shown: ReadonlySet<number>, { first, last }: StepSpan): boolean {
  for (let i = first; i <= last; i++) if (shown.has(i)) return true;
  return false;
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
  const driver = stack.findIndex(isDriver);
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
      return lock === null ? 'done' : `switch: waits for ${lock} forever`;
    }
    const { kind, contended, address, object } = accesses[back]!;
    if (kind !== 'acquire' || !contended) return 'switch: preempted';
    // The first to take the lock in between found it free, and did not have to wait.
    const between = accesses.slice(last + 1, back).filter((one) => isLock(one) && one.address === address);
    const first = between.find((one) => one.kind !== 'try-acquire' || !one.contended);
    return first === undefined || first.kind === 'release'
      ? `switch: waits for ${object}`
      : 'switch: preempted';
  };
}

/** Of an access that is not shown. */
const nothing = 9;

/** The rank of each access by how much it shows of what the actors do to each other: the lower the more. */
function worths({ accesses, decisive, observed }: Interleaving): number[] {
  const waitedFor = new Set(accesses.filter(({ contended }) => contended).map(({ address }) => address));
  const meets = conflicts(accesses);
  const [isDecisive, isObserved] = [new Set(decisive), new Set(observed)];
  return accesses.map((access, i) => {
    if (isDecisive.has(i)) return 0;
    const turns = [accesses[i - 1], accesses[i + 1]].some(
      (other) => other !== undefined && other.actor !== access.actor,
    );
    if (isLock(access)) return waitedFor.has(access.address) ? 4 : turns ? 6 : nothing;
    if (isObserved.has(i)) return meets(access) ? 1 : 5;
    const isAtomic = access.kind.startsWith('atomic.');
    if (meets(access) && !isLabs(access)) return isFlag(access) ? 2 : isAtomic ? 4 : 3;
    if (meets(access)) return isAtomic ? nothing : 8;
    return turns && !access.object.startsWith('0x') && !isLabs(access) ? 7 : nothing;
  });
}

/** Accesses of the lab, between two steps or in its tables of users and of memory, show little of the driver. */
const isLabs = ({ stack: [frame], object }: Access) =>
  ownPath(frame?.file ?? null)?.startsWith('lab/') === true || /^(lab|arena)\b|^header\(/.test(object);

/** Is it of a part of a byte? */
const isFlag = ({ span, mask, bytes }: Access) =>
  span.some((field) => (field.mask & mask) !== 0n && ![8, 16, 32, 64].includes(widthOf(field.mask))) &&
  bytes <= 8;

function widthOf(mask: bigint): number {
  let width = 0;
  for (let bits = mask; bits !== 0n; bits >>= 1n) width += Number(bits & 1n);
  return width;
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
  decisive,
  returned,
  preemptions,
  waits,
}: Interleaving): NonNullable<ResultJson['interleaving']> {
  return {
    actors: [...actors],
    accesses: accesses.map(accessJson),
    decisive: [...decisive],
    returned: returned.map((steps) => steps.map(({ value }) => value)),
    preemptions,
    waits: [...waits],
  };
}

/** An access as a report has it: bits in hexadecimal, which JSON's numbers have no room for. */
export function accessJson(access: Access): NonNullable<ResultJson['interleaving']>['accesses'][number] {
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
