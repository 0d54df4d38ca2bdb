// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
/** Exit statuses of the command line, and what each class of error maps to. */
export const ExitStatus = {
  /** Every verdict is as expected. */
  expected: 0,
  /** A verdict differs from what is expected, or something forbidden was seen where nothing was expected. */
  differs: 1,
  /** The request cannot be carried out: usage, build, patch, missing tool. */
  refused: 2,
  /** A defect of lostbit itself. */
  defect: 3,
} as const;

/** What a user can do about an error. */
export interface ErrorAdvice {
  /** The command or the place that reproduces it. */
  readonly reproduce?: string;
  /** What to try next. */
  readonly hint?: string;
}

/**
 * An error that is the request's, not lostbit's: shown as message, reproduction and hint, exit status 2.
 * `code` is stable and meant for machines, e.g. `E_UNKNOWN_STAGE`.
 */
export class LostbitError extends Error {
  override readonly name = 'LostbitError';
  readonly code: string;
  readonly advice: ErrorAdvice;

  constructor(code: string, message: string, advice: ErrorAdvice = {}, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.code = code;
    this.advice = advice;
  }
}
