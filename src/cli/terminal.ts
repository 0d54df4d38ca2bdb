// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { isatty } from 'node:tty';
import pc from 'picocolors';
import { jsonText, printable, printableLines } from '../printable.js';

/** Where the output goes. */
export interface TerminalFacts {
  /** Columns of standard output, and of standard error; `null` where it is not a terminal. */
  readonly outColumns: number | null;
  readonly errorColumns: number | null;
}

export type Stream = 'out' | 'error';

/** Writes text as it is. */
export type Sink = (stream: Stream, text: string) => void;

let facts: TerminalFacts = { outColumns: null, errorColumns: null };
let sink: Sink = (stream, text) => {
  (stream === 'out' ? process.stdout : process.stderr).write(text);
};

/** Where the commands' output goes from here on. */
export function connectTerminal(to: Sink, known: TerminalFacts): void {
  sink = to;
  facts = known;
}

/** Of the process's own standard output and standard error. */
export function terminalFacts(): TerminalFacts {
  return {
    outColumns: isatty(1) ? (process.stdout.columns ?? 80) : null,
    errorColumns: isatty(2) ? (process.stderr.columns ?? 80) : null,
  };
}

/** Characters of a line of standard output. */
export const outputWidth = (): number => facts.outColumns ?? 100;

/** Characters of a line of help: no more than is read with ease. */
export const helpWidth = (): number => facts.outColumns ?? 80;

// All that a command prints goes through one of these, which let no control sequences through.

/** Lines on standard output. */
export function print(text = ''): void {
  sink('out', `${printableLines(text, { styled: pc.isColorSupported })}\n`);
}

/** JSON on standard output. */
export function printJson(document: unknown): void {
  sink('out', `${jsonText(document)}\n`);
}

/** A patch on standard output: to a program as it is, which would not know it otherwise. */
export function printPatch(text: string): void {
  sink('out', facts.outColumns === null ? text : printableLines(text, { styled: pc.isColorSupported }));
}

/** Lines on standard error. */
export function printError(text: string): void {
  sink('error', `${printableLines(text, { styled: pc.isColorSupported }).replace(/\n$/, '')}\n`);
}

/** Whether there is a line that can be redrawn. */
export const redraws = (): boolean => facts.errorColumns !== null;

/** Draws the line that standard error is at anew; an empty one to clear it. Only where {@link redraws}. */
export function redraw(line: string): void {
  sink('error', `\r\x1b[K${printable(line).slice(0, (facts.errorColumns ?? 80) - 1)}`);
}
