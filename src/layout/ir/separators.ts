// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
/**
 * Where zero-width bit-fields stand in each struct, which debug information leaves out. Read from what clang prints
 * for `-fdump-record-layouts`:
 *
 *          0 | struct flags
 *      0:0-2 |   unsigned int a
 *        4:- |   int
 *      4:0-4 |   unsigned int b
 *          8 |   struct flags::(anonymous at flags.c:3:2)
 *          8 |     int c
 *            | [sizeof=16, align=8]
 */
export interface RecordLine {
  /** Empty where the member has none. */
  readonly name: string;
  readonly isBitField: boolean;
  /** A zero-width bit-field stands between it and what is in front. */
  readonly afterZeroWidth: boolean;
  /** Of a struct or a union, if they are printed. */
  readonly members: readonly RecordLine[];
}

const START = '*** Dumping AST Record Layout\n';
const LINE = /^ *\d+(:(?:-|\d+-\d+))? \| ( *)(.*)$/;

/** The members of each tagged struct and union as they were printed, by `struct tag` and `union tag`. */
export function recordLines(printed: string): Map<string, readonly RecordLine[]> {
  const records = new Map<string, readonly RecordLine[]>();
  for (const block of printed.split(START).slice(1)) {
    const lines = block.split('\n');
    const head = LINE.exec(lines[0] ?? '')?.[3]?.trim() ?? '';
    if (/^(?:struct|union) \w+$/.test(head)) records.set(head, membersAt(lines, { next: 1 }, 2));
  }
  return records;
}

function membersAt(lines: readonly string[], at: { next: number }, depth: number): RecordLine[] {
  const members: RecordLine[] = [];
  let afterZeroWidth = false;
  for (;;) {
    const [, bits, margin = '', text = ''] = LINE.exec(lines[at.next] ?? '') ?? [];
    if (margin.length !== depth) return members;
    at.next++;
    const name = /(?:^|[ *\])])(\w*)$/.exec(text)?.[1] ?? '';
    if (bits === ':-') afterZeroWidth = true;
    // What is unnamed takes part in a run of bit-fields, and is no member.
    if (bits !== undefined && text.endsWith(' ')) continue;
    members.push({
      name: text.endsWith(' ') ? '' : name,
      isBitField: bits !== undefined,
      afterZeroWidth,
      members: membersAt(lines, at, depth + 2),
    });
    afterZeroWidth = false;
  }
}
