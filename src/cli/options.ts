// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { type Command, InvalidArgumentError, Option } from 'commander';
import { embedded } from '../../subjects/index.js';
import type { BitfieldAccess, Optimize, ToolchainName } from '../toolchain/types.js';
import type { SubjectOptions } from '../verify/selection.js';

export { type ReportOptions, withReportOptions } from './report-options.js';
export type { SubjectOptions };

/** Adds the options of every command that works on a subject. */
export const withSubjectOptions = (command: Command): Command =>
  command
    .option(
      '--subject <name|path>',
      `what is tested: ${Object.keys(embedded).join(', ')}, or a subject of yours: a file, or a directory with a subject.ts`,
    )
    .option(
      '--linux <dir>',
      "a kernel's sources: what the subject has in them is tested instead of the excerpt, or a C file of yours over their headers",
    )
    .addOption(
      new Option(
        '--series <what>',
        'patches on it: an mbox, a maildir, a quilt directory, a directory of patches, one patch, or -; with --linux also commits, A..B (several: give it again)',
      ).argParser((path: string, before: readonly string[] = []) => [...before, path]),
    );

/** What is compiled and how: options of every command that builds. */
export interface BuildOptions extends SubjectOptions {
  readonly toolchain: ToolchainName;
  readonly bitfieldAccess: BitfieldAccess;
  readonly optimize: Optimize;
}

/** Adds the options that every command which builds has; the access mode where the command does not know it anyway. */
export const withBuildOptions = (command: Command, { bitfieldAccess = true } = {}): Command =>
  withToolchainOptions(withSubjectOptions(command), { bitfieldAccess });

/** Adds what says how the C is compiled. */
export function withToolchainOptions(command: Command, { bitfieldAccess = true } = {}): Command {
  command.addOption(
    new Option('--toolchain <name>', 'compiler: npm LLVM, Emscripten, or the system clang')
      .choices(['llvm', 'emcc', 'clang'])
      .default('llvm'),
  );
  if (bitfieldAccess)
    command.addOption(
      new Option(
        '--bitfield-access <mode>',
        'read and write bit-fields by the byte, as gcc does, or whole runs at once',
      )
        .choices(['fine', 'wide'])
        .default('fine'),
    );
  return command.addOption(
    new Option('-O, --optimize <level>', 'optimisation level').choices(['0', '1', '2', 's']).default('2'),
  );
}

/** `5s`, `500ms`, `2m`, or a bare number of seconds; more than nothing, at most a day. */
export function parseSeconds(text: string): number {
  const match = /^(\d+(?:\.\d+)?)(ms|s|m)?$/.exec(text);
  const unit = { ms: 0.001, s: 1, m: 60 }[match?.[2] ?? 's'] ?? 1;
  const seconds = Number(match?.[1]) * unit;
  if (!(seconds > 0 && seconds <= 86_400))
    throw new InvalidArgumentError('Give a time such as 5s, 500ms or 2m.');
  return seconds;
}

/** A parser of whole numbers from 1 on, of so many digits at most. */
export const positive =
  (digits: number) =>
  (text: string): number => {
    if (!/^[1-9]\d*$/.test(text)) throw new InvalidArgumentError('Give a whole number, 1 or more.');
    if (text.length > digits) throw new InvalidArgumentError(`Give a number of ${digits} digits at most.`);
    return Number(text);
  };

export function parseWorkers(text: string): number {
  if (!/^[1-9]\d{0,5}$/.test(text))
    throw new InvalidArgumentError('Give a whole number of workers, 2 or more.');
  return Number(text);
}

/** A 32-bit seed, decimal or 0x…. */
export function parseSeed(text: string): number {
  const seed = /^(\d+|0x[0-9a-f]+)$/i.test(text) ? Number(text) : Number.NaN;
  if (!(seed < 2 ** 32)) throw new InvalidArgumentError('Give a whole number from 0 to 4294967295.');
  return seed;
}

/** Collects `--stage a,b --stage c` into a, b, c. */
export function collectNames(text: string, before: readonly string[] = []): readonly string[] {
  const names = text.split(',').filter((name) => name !== '');
  if (names.length === 0) throw new InvalidArgumentError('Give at least one name.');
  return [...before, ...names];
}
