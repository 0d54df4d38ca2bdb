// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import pc from 'picocolors';
import { compareLayouts } from '../layout/compare.js';
import { spell } from '../layout/spell.js';
import { type Move, memberLabel, type Redeclared, type Suggestion } from '../layout/suggest.js';
import { bare, type LayoutTarget, type Member } from '../layout/types.js';
import { holeLine, row, signed } from './comparison.js';

/** Columns of a declaration in front of its place. */
const COLUMNS = 40;
const TAB = 8;

/**
 * A suggested order for a review mail: what moves where and what that costs, then the declarations that change among
 * their neighbours, with byte and size of each as pahole has them. The rest is left out.
 */
export function suggestionText(suggestion: Suggestion, target: Pick<LayoutTarget, 'littleEndian'>): string {
  const { given, struct, cost, moved, redeclared, pinned } = suggestion;
  const { littleEndian } = target;
  const { holes } = compareLayouts({ struct: given, littleEndian }, { struct, littleEndian });
  const paint = cost > 0 ? pc.yellow : pc.green;
  const price = `${cost < 0 ? 'saves' : 'costs'} ${counted(Math.abs(cost), 'byte')}`;
  const title = `${pc.bold(struct.name ?? '')}: ${struct.size} bytes, ${paint(price)}`;
  if (moved.length === 0 && redeclared.length === 0)
    return `${title}\n  nothing to change: no other order is smaller, and the fields are apart`;
  const changes = [
    ...retypedLines(redeclared),
    ...moveLines(suggestion),
    ...holes.filter(({ bits }) => Math.max(bits.before, bits.after) >= 8).map(holeLine),
    row('stays', `${pinned.first} first: its offset is what container_of and embedding structs rely on`),
    ...(pinned.last === null ? [] : [row('stays', `${pinned.last} last: it has no length of its own`)]),
  ];
  const counts = `${moved.length} of ${struct.members.length} members moved`;
  const whole = redeclared.length === 0 ? '' : `, ${counted(redeclared.length, 'bit-field')} made whole`;
  const size = cost === 0 ? '' : ` (${signed(cost)})`;
  return [
    `${title}${whole}, ${counts}`,
    ...changes,
    '',
    `struct ${struct.name ?? ''} {`,
    ...declarations(suggestion),
    `}; /* size: ${struct.size}${size}, holes: ${holesText(suggestion)} */`,
  ].join('\n');
}

/** Only what the declarations do not show: a changed type. */
function retypedLines(redeclared: readonly Redeclared[]): string[] {
  return redeclared
    .filter(({ before, after }) => before !== after)
    .map(({ name, before, after, bits }) => {
      const was = `${spell(before, name)}:${bits}`;
      return row(
        'type',
        `${was} to ${spell(after, name)}: it holds all that ${counted(bits, 'bit')} can, and more`,
      );
    });
}

/** Neighbours that have moved together share a line. */
function moveLines({ moved }: Suggestion): string[] {
  const groups: Move[][] = [];
  for (const move of moved) {
    const group = groups.at(-1);
    if (group?.at(-1)?.index === move.index - 1) group.push(move);
    else groups.push([move]);
  }
  return groups.map((group) => {
    const { behind } = group[0]!;
    return row('move', `${group.map(({ name }) => name).join(', ')} after ${behind}`);
  });
}

function holesText({ holes }: Suggestion): string {
  const text = (all: typeof holes.before) => {
    const whole = all.filter(({ bits, padding }) => bits === null && !padding);
    const bytes = whole.reduce((sum, { size }) => sum + size, 0);
    return whole.length === 0 ? 'none' : `${whole.length} of ${counted(bytes, 'byte')}`;
  };
  return `${text(holes.after)} (was ${text(holes.before)})`;
}

interface Line {
  readonly sign: ' ' | '-' | '+';
  readonly member: Member;
}

/** A unified diff of the declarations, one line of context around what changed. */
function declarations({ given, struct, order, moved }: Suggestion): string[] {
  const elsewhere = new Set(moved.map(({ index }) => index));
  const lines: Line[] = [];
  let at = 0;
  const gone = (until: number) => {
    for (; at < until; at++) if (changed.has(at)) lines.push({ sign: '-', member: given.members[at]! });
  };
  const changed = new Set(
    order.filter((rank, i) => elsewhere.has(i) || given.members[rank]!.bits !== struct.members[i]!.bits),
  );
  for (const [i, rank] of order.entries()) {
    const member = struct.members[i]!;
    if (!changed.has(rank)) {
      gone(rank);
      at = rank + 1;
      lines.push({ sign: ' ', member });
    } else {
      if (!elsewhere.has(i)) gone(rank + 1);
      lines.push({ sign: '+', member });
    }
  }
  gone(given.members.length);
  const shown = lines.map((_, i) => [i - 1, i, i + 1].some((k) => lines[k] && lines[k]!.sign !== ' '));
  return lines.flatMap((line, i) => {
    if (shown[i]) return [lineText(line)];
    return shown[i - 1] === false ? [] : [pc.dim(' \t…')];
  });
}

function lineText({ sign, member }: Line): string {
  const { offset, bit, bits, type, alignment } = member;
  const asked = alignment === undefined ? '' : ` __attribute__((aligned(${alignment})))`;
  const isInline = (type.kind === 'struct' || type.kind === 'union') && type.name === null;
  const declared = isInline && member.name === null ? memberLabel(member) : spell(type, member.name ?? '');
  const text = `${declared}${bits === null ? '' : `:${bits}`}${asked};`;
  const room = Math.max(1, Math.ceil((COLUMNS - text.length) / TAB));
  const place = bit === null ? `${offset}` : `${offset}:${bit}`;
  const line = `${sign}\t${text}${'\t'.repeat(room)}/* ${place.padStart(6)} ${String(bare(type).size).padStart(3)} */`;
  return sign === '+' ? pc.green(line) : sign === '-' ? pc.red(line) : line;
}

const counted = (count: number, unit: string) => `${count} ${unit}${count === 1 ? '' : 's'}`;
