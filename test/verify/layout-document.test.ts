// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { lostbit, root } from '../support/lostbit.js';
import { quickest } from '../support/race.js';

const text = readFileSync(join(root, 'docs/layout.md'), 'utf8');

/** A command, and the blocks of output that the document shows of it: the first begins with the command itself. */
interface Shown {
  readonly command: string;
  readonly outputs: string[][];
}

const shown: Shown[] = [];
for (const [, block] of text.matchAll(/^```\n(.*?)^```$/gms)) {
  const lines = block!.trimEnd().split('\n');
  const command = /^\$ npx lostbit (.*)$/.exec(lines[0]!)?.[1];
  if (command !== undefined) shown.push({ command, outputs: [lines.slice(1)] });
  else shown.at(-1)!.outputs.push(lines);
}

/** Are these lines there, in this order, with others only where an ellipsis stands? */
function isExcerpt(lines: readonly string[], output: readonly string[]): string | null {
  let at = 0;
  let skips = false;
  for (const line of lines) {
    if (line === '…') {
      skips = true;
      continue;
    }
    const next = skips ? output.indexOf(line, at) : output[at] === line ? at : -1;
    if (next < 0) return `line ${at + 1} on lacks: ${line}`;
    at = next + 1;
    skips = false;
  }
  return skips || output.slice(at).every((line) => line === '') ? null : `goes on: ${output[at]}`;
}

test('docs/layout.md shows commands', () => {
  expect(shown.length).toBeGreaterThan(3);
});

test.each(shown)('docs/layout.md: $command', async ({ command, outputs }) => {
  const toolchain = await quickest;
  const { stdout, status } = await lostbit(...command.split(' '), '--toolchain', toolchain);
  const said = stdout.replaceAll(` --toolchain ${toolchain}\n`, '\n').split('\n');
  for (const lines of outputs) expect(isExcerpt(lines, said)).toBeNull();
  expect(status).toBe(0);
});
