// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import type { Command } from 'commander';

/** What a command reports, and how. */
export interface ReportOptions {
  readonly json?: string | true;
  readonly quiet?: true;
  readonly verbose?: true;
}

/** Adds the options that every command which makes a report has. */
export function withReportOptions(command: Command, quiet = 'no progress, and only the verdicts'): Command {
  return command
    .option('--json [file]', 'write the report as JSON, to standard output without a file')
    .option('-q, --quiet', quiet)
    .option('-v, --verbose', 'how each stage was built, and all details');
}
