// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import pc from 'picocolors';
import { type DataRace, isWrite, type RaceSide } from '../engine/interleaving.js';
import type { FoundRace } from '../verify/result.js';
import { bytesText, names, spanValue } from './access.js';
import { wrapped } from './columns.js';
import { grouped } from './grouped.js';
import { accessJson } from './interleaving.js';
import type { ResultJson } from './schema.js';
import { frameText } from './trace.js';

const frame = '='.repeat(66);

/**
 * A data race as KCSAN prints one, with what that cannot know: fields, the bits that each side means, locks.
 *
 * @param width characters of a line; calls and the schedule are never broken.
 */
export function dataRaceText(race: DataRace, width: number): string {
  const { sides, pairs, count, schedule } = race;
  const functions = sides.map(({ stack }) => stack[0]?.function ?? '?').sort();
  const taskWidth = Math.max(...sides.map(({ task }) => task.length));
  return [
    frame,
    pc.red(`BUG: lostbit: data-race in ${functions.join(' / ')}`),
    '',
    ...sides.flatMap((side) => [...sideLines(side), '']),
    ...valueLine(sides),
    ...wrapped(meaning(race), width),
    ...sides.flatMap((side) => {
      const { task, bytes, mask, place } = side;
      const all = (1n << BigInt(8 * Math.min(bytes, 8))) - 1n;
      const bits = bytes > 8 ? 'all bits' : `bits ${spanValue(mask, bytes)} of ${spanValue(all, bytes)}`;
      return wrapped(`  ${`${task}:`.padEnd(taskWidth + 1)} ${bits} at ${place} (${names(side)})`, width);
    }),
    `seen in ${pairs > 1 ? 'at least ' : ''}${grouped(count)} execution${count === 1 ? '' : 's'}`,
    `schedule: ${schedule}`,
    frame,
  ].join('\n');
}

function sideLines(side: RaceSide): string[] {
  const { kind, address, bytes, task, context, stack, locks } = side;
  const what = isWrite(side) ? (isReadToo(side) ? 'read-write' : 'write') : 'read';
  const marked = kind.startsWith('atomic.') ? ' (marked)' : '';
  const at = `0x${address.toString(16)}`;
  return [
    pc.bold(
      `${what}${marked} to ${at} (${names(side)}) of ${bytes} bytes by task '${task}'${side.unseen ? '' : ` (${context})`}:`,
    ),
    ...stack.map((call) => ` ${frameText(call)}`),
    side.unseen
      ? 'locks unknown: the execution is too long to be traced this far'
      : locks.length === 0
        ? 'no locks held'
        : `locks held: ${locks.join(', ')}`,
  ];
}

const isReadToo = ({ kind }: RaceSide) => kind === 'atomic.rmw' || kind === 'atomic.cmpxchg';

/** What the later of the writes did to the bytes. */
function valueLine(sides: DataRace['sides']): string[] {
  const write = sides.findLast(isWrite);
  if (write === undefined || write.before === null || write.after === null) return [];
  const [before, after] = [write.before, write.after].map((value) => spanValue(value, write.bytes));
  return [before === after ? `value unchanged: ${before}` : `value changed: ${before} -> ${after}`, ''];
}

/** The effect of such a race, in a sentence. */
function meaning({ kind, sides }: DataRace): string {
  const [one, other] = sides;
  const [wide, narrow] = one.bytes >= other.bytes ? [one, other] : [other, one];
  if (kind === 'mixed-width') {
    return `the ${bytesText(wide.bytes)} at ${wide.place} and the ${bytesText(narrow.bytes)} at ${narrow.place} overlap: one access covers part of the other's`;
  }
  const writes = sides.filter(isWrite);
  if (kind === 'plain') {
    const done = writes.length === 2 ? 'written by both' : 'read by one and written by the other';
    return `${names(wide)} is ${done}, and nothing orders the two`;
  }
  if (names(one) === names(other)) return `both mean bits of ${names(wide)}, and nothing orders the two`;
  if (kind === 'unclear')
    return `${own(one)} and ${own(other)} share ${unitOf(wide)} at ${wide.place}, and may be the same field: the compiler has made one access of several`;
  const unit = unitOf(wide);
  const back =
    writes.length === 2
      ? 'writing one also rewrites the other'
      : `a write of ${own(writes[0] ?? one)} writes back the other`;
  return `${own(one)} and ${own(other)} share ${unit} at ${wide.place}: ${back}`;
}

const unitOf = ({ bytes }: RaceSide) => (bytes === 1 ? 'the byte' : `the ${bytesText(bytes)}`);

/** The name of a side's field alone: `virq_disabled`. */
const own = (side: RaceSide) => {
  const name = names(side);
  return side.fields.length === 1 && side.oneOf.length === 0 ? name.slice(name.lastIndexOf('.') + 1) : name;
};

/** The same in a line a side, and what it means: `'sender' writes port.busy, port_send port.c:15, holding port.tx_lock`. */
export const dataRaceLines = (race: DataRace): string[] => [...race.sides.map(sideLine), meaning(race)];

/** One of them. */
export function sideLine(side: RaceSide): string {
  const [call] = side.stack;
  const where = call === undefined ? '' : `, ${frameText(call)}`;
  const held = side.unseen
    ? ''
    : side.locks.length === 0
      ? ', no locks held'
      : `, holding ${side.locks.join(', ')}`;
  return `'${side.task}' ${isWrite(side) ? 'writes' : 'reads'} ${names(side)}${where}${held}`;
}

/** A data race as a report has it. */
export function dataRaceJson({
  kind,
  sides,
  pairs,
  count,
  schedule,
  rule,
  fingerprint,
}: FoundRace): NonNullable<ResultJson['races']>[number] {
  return {
    kind,
    sides: sides.map((side) => ({
      ...accessJson(side),
      task: side.task,
      ...(side.unseen ? { unseen: true as const } : {}),
    })),
    pairs,
    count,
    schedule,
    rule,
    fingerprint,
  };
}
