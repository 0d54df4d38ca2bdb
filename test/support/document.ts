// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from './lostbit.js';

/** A command, and the blocks of output that a document shows of it: the first begins with the command itself. */
export interface Shown {
  /** Behind the `$`. */
  readonly command: string;
  readonly outputs: string[][];
}

/** The commands that a document of the project shows with their output; a block that begins with an ellipsis goes on with that before it. */
export function shownIn(file: string): Shown[] {
  const shown: Shown[] = [];
  for (const [, language, block] of readFileSync(join(root, file), 'utf8').matchAll(
    /^```(\w*)\n(.*?)^```$/gms,
  )) {
    if (language !== '') continue;
    const lines = block!.trimEnd().split('\n');
    const command = /^\$ (.*)$/.exec(lines[0]!)?.[1];
    if (command !== undefined) shown.push({ command, outputs: [lines.slice(1)] });
    else if (lines[0] === '…') shown.at(-1)?.outputs.push(lines);
  }
  return shown;
}

/** Code in a document that its files do not have so: lines with an ellipsis stand for others. */
export function strayCode(file: string): string[] {
  const text = readFileSync(join(root, file), 'utf8');
  const named = new Set(
    Array.from(text.matchAll(/(?:examples|subjects)\/[\w./-]+\.(?:c|ts|js|patch)\b/g), ([path]) => path),
  );
  const sources = Array.from(named, (path) => readFileSync(join(root, path), 'utf8'));
  const blocks = Array.from(text.matchAll(/^```(?:c|ts|js|diff)\n(.*?)^```$/gms), ([, block]) => block!);
  return blocks.filter((block) => !sources.some((source) => inOrder(block.split('…\n'), source)));
}

/** Do these texts stand there, each as whole lines and behind the one before? */
function inOrder(pieces: readonly string[], source: string): boolean {
  let at = 0;
  return pieces.every((piece) => {
    const found = `\n${source}`.indexOf(`\n${piece}`, at);
    at = found + piece.length;
    return found >= 0;
  });
}

/** An output without what differs with the compiler, the build or the machine: schedules, addresses, times. */
export const steady = (text: string) =>
  text
    .replace(/ --toolchain \w+/g, '')
    .replace(/(@\w+\.\w+):[0-9a-f]{16}:\w+:[0-9a-f]{8}/g, '$1:…')
    .replace(/\b(to|at) 0x[0-9a-f]{5,8}\b/g, '$1 0x…')
    .replace(/in (at least )?[\d,]+ executions/g, 'in N executions')
    .replace(/in \d+\.\d s\b/g, 'in N s');

/** Are these lines there, in this order, with others only where an ellipsis stands? What is wrong, or null. */
export function isExcerpt(lines: readonly string[], output: readonly string[]): string | null {
  let at = 0;
  let skips = false;
  for (const line of lines) {
    if (line.trim() === '…') {
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

/** The same of text, in what is steady of both. */
export const isExcerptOf = (lines: readonly string[], output: string) =>
  isExcerpt(steady(lines.join('\n')).split('\n'), steady(output).split('\n'));
