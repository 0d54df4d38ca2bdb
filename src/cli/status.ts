// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { printable, printableLines } from '../printable.js';
import { printError, redraw, redraws } from './terminal.js';

const redrawMs = 100;
const pipedMs = 15_000;

/**
 * One line that shows what is going on, redrawn in place on a terminal; elsewhere a line at each change of
 * subject and then one every 15 s. On standard error, so that output stays output.
 */
export class Status {
  readonly #quiet: boolean;
  #last = 0;
  #subject = '';

  constructor(quiet: boolean) {
    this.#quiet = quiet;
  }

  /** `subject` is what is being done, `detail` how far it has come. */
  update(subject: string, detail = ''): void {
    if (this.#quiet) return;
    const now = performance.now();
    const changed = subject !== this.#subject;
    if (!changed && now - this.#last < (redraws() ? redrawMs : pipedMs)) return;
    this.#subject = subject;
    this.#last = now;
    const line = detail === '' ? subject : `${subject}: ${detail}`;
    if (redraws()) redraw(line);
    else printError(printable(line));
  }

  /** Prints a line that stays. */
  note(line: string): void {
    if (this.#quiet) return;
    this.clear();
    printError(printableLines(line));
  }

  /** Clears the line before something else is printed. */
  clear(): void {
    if (!this.#quiet && redraws()) redraw('');
    this.#subject = '';
  }
}
