// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { stat } from 'node:fs/promises';
import { LostbitError } from '../errors.js';
import { printable } from '../printable.js';
import { mostText, readRegularFile } from '../regular-file.js';
import { ownLimits } from '../scenario/limits.js';
import type { RaceScenario } from '../scenario/scenario.js';
import { sha256 } from '../toolchain/cache.js';
import type { BitfieldAccess } from '../toolchain/types.js';
import { preparation } from './encode.js';

/** A stretch in which one actor alone goes on. */
export interface Run {
  /** Index of the actor, below 64. */
  readonly actor: number;
  /** Accesses and lock operations it does, up to 2^31. */
  readonly ticks: number;
}

/** Which actor runs when, in an execution of a scenario at a stage: all that is needed to replay it. */
export interface Schedule {
  /** What the scenario was asked for by: a name of the catalogue, or a file. */
  readonly origin: string;
  readonly stage: string;
  readonly bitfieldAccess: BitfieldAccess;
  /** What it is a schedule of, see `scheduleDigest`. */
  readonly build: string;
  readonly runs: readonly Run[];
}

const mostTicks = 2 ** 31;
/** Of each actor, as of a sheet's columns; capitals, since the digits of base 36 are small letters. */
const lettersOf = Array.from({ length: ownLimits().actors }, (_, actor) => {
  const last = String.fromCharCode(65 + (actor % 26));
  return actor < 26 ? last : String.fromCharCode(64 + Math.floor(actor / 26)) + last;
});
const actorOf = new Map(lettersOf.map((letters, actor) => [letters, actor]));

/**
 * A schedule as a word that no shell changes: scenario, stage and access mode, build, runs, checksum, as in
 * `intx-mask-vs-bar-write@base.fine:3f2a9c01d2e4b5a6:A1zB2A9:2fae91ba`. A run is the actor's letters (A to Z, AA to BL)
 * and the ticks in base 36.
 */
export function formatSchedule({ origin, stage, bitfieldAccess, build, runs }: Schedule): string {
  const words = runs.map(({ actor, ticks }) => {
    const letter = lettersOf[actor];
    if (letter === undefined || !Number.isInteger(ticks) || ticks < 0 || ticks > mostTicks)
      throw new Error(`no schedule has ${ticks} ticks of actor ${actor}`);
    return letter + ticks.toString(36);
  });
  const body = `${escaped(origin)}@${escaped(stage)}.${bitfieldAccess}:${build}:${words.join('')}:`;
  return body + checksum(body);
}

/**
 * Reads what `formatSchedule` has written.
 *
 * @throws LostbitError `E_SCHEDULE`, with the column, from 1, and what is wrong there.
 */
export function parseSchedule(text: string): Schedule {
  let at = 0;
  const upTo = (end: string, what: string) => {
    const start = at;
    const stop = text.indexOf(end, start);
    if (stop < 0) throw malformed(text.length, `it ends before the '${end}' behind ${what}`);
    at = stop + 1;
    return { part: text.slice(start, stop), start };
  };

  const origin = unescaped(upTo('@', 'the scenario'));
  const { part: source, start: sourceAt } = upTo(':', 'the stage');
  const dot = source.lastIndexOf('.');
  const bitfieldAccess = source.slice(dot + 1);
  if (dot < 0 || (bitfieldAccess !== 'fine' && bitfieldAccess !== 'wide'))
    throw malformed(sourceAt, `'${printable(source)}' does not end in .fine or .wide`);
  const stage = unescaped({ part: source.slice(0, dot), start: sourceAt });
  const { part: build, start: buildAt } = upTo(':', 'the build');
  if (!/^[0-9a-f]{16}$/.test(build))
    throw malformed(buildAt, `the build is '${printable(build)}', and not 16 hexadecimal digits`);
  const runs = parseRuns(upTo(':', 'the runs'));

  const [check, sum] = [text.slice(at), checksum(text.slice(0, at))];
  if (check !== sum)
    throw malformed(
      at,
      `the checksum is '${printable(check)}', but what stands before it has '${sum}': one was changed`,
    );
  return { origin, stage, bitfieldAccess, build, runs };
}

/** The same execution at another stage, whose module is the same. */
export const scheduleAt = (text: string, stage: string): string =>
  formatSchedule({ ...parseSchedule(text), stage });

/**
 * Reads a schedule out of a string, or out of the file of that name, where lines that begin with # are comments.
 *
 * @throws LostbitError `E_SCHEDULE`.
 */
export async function readSchedule(textOrPath: string): Promise<Schedule> {
  if ((await stat(textOrPath).catch(() => null)) === null) {
    if (textOrPath.includes('@')) return parseSchedule(textOrPath.trim());
    throw new LostbitError(
      'E_SCHEDULE',
      `'${printable(textOrPath)}' is not a schedule, and there is no such file`,
      {
        hint,
      },
    );
  }
  const content = (await readRegularFile(textOrPath, 'E_SCHEDULE', mostText)).toString('utf8');
  const [first, second] = content
    .split('\n')
    .map((line, i) => ({ text: line.trim(), where: `${printable(textOrPath)}:${i + 1}` }))
    .filter(({ text }) => text !== '' && !text.startsWith('#'));
  if (first === undefined)
    throw new LostbitError('E_SCHEDULE', `${printable(textOrPath)} holds no schedule`, { hint });
  if (second !== undefined)
    throw new LostbitError('E_SCHEDULE', `${second.where}: one schedule a file, and this is a second line`);
  try {
    return parseSchedule(first.text);
  } catch (error) {
    if (!(error instanceof LostbitError)) throw error;
    throw new LostbitError(error.code, `${first.where}: ${error.message}`, error.advice, error);
  }
}

/**
 * A digest of what a schedule is for, in 16 hexadecimal digits: a module, and what of a scenario is run and observed.
 * Titles, grades and expectations are not in it; the order of names, actors and values is.
 *
 * @param moduleKey the module's content hash, `Build.key`.
 */
export function scheduleDigest(
  moduleKey: string,
  scenario: Pick<RaceScenario, 'names' | 'given' | 'setup' | 'faults' | 'actors' | 'observe'>,
): string {
  const { names = {}, given = {}, actors, observe } = scenario;
  const inOrder = [names, given, actors, observe].map((named) => Object.entries(named));
  return sha256(JSON.stringify([moduleKey, preparation(scenario), ...inOrder], sortedKeys)).slice(0, 16);
}

/**
 * Refuses a schedule of something else.
 *
 * @param digest the `scheduleDigest` of what it shall be used on.
 * @throws LostbitError `E_OTHER_BUILD`.
 */
export function checkScheduleBuild(schedule: Schedule, digest: string): void {
  const { origin, stage, bitfieldAccess, build } = schedule;
  if (build === digest) return;
  throw new LostbitError(
    'E_OTHER_BUILD',
    `the schedule is of build ${build}; '${printable(origin)}' at ${printable(stage)}, bit-field access ${bitfieldAccess}, is ${digest} now`,
    {
      hint: 'a schedule fits one build of one scenario: take the C, the scenario, the --toolchain, its version and the -O that it was found with, or look for it anew',
    },
  );
}

/** A replacer for JSON.stringify that puts the properties of objects in one order. */
const sortedKeys = (_key: string, value: unknown): unknown =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
    ? Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)))
    : value;

function parseRuns({ part, start }: Part): Run[] {
  const run = /([A-Z]+)([0-9a-z]*)/y;
  const runs: Run[] = [];
  while (run.lastIndex < part.length) {
    const at = run.lastIndex;
    const [, letters, digits] = run.exec(part) ?? [];
    const actor = letters === undefined ? undefined : actorOf.get(letters);
    if (actor === undefined)
      throw malformed(
        start + at,
        `'${printable(letters ?? part[at] ?? '')}' stands where an actor's letters have to, A to ${lettersOf.at(-1)}`,
      );
    if (digits === '') throw malformed(start + at, `behind '${letters}' stands no number of ticks`);
    const ticks = Number.parseInt(digits!, 36);
    if (ticks > mostTicks)
      throw malformed(start + at + letters!.length, `${ticks} ticks are more than ${mostTicks}`);
    runs.push({ actor, ticks });
  }
  return runs;
}

const checksum = (body: string) => sha256(body).slice(0, 8);

/** A part of the text, and where it begins. */
interface Part {
  readonly part: string;
  readonly start: number;
}

/** All but letters, digits, _ . / and - as `+` and two digits, or `+u` and four; a - in front, too: it must not look like an option. */
const escaped = (text: string) =>
  text.replace(/[^\w./-]|^-/g, (character) => {
    const code = character.charCodeAt(0).toString(16);
    return code.length > 2 ? `+u${code.padStart(4, '0')}` : `+${code.padStart(2, '0')}`;
  });

function unescaped({ part, start }: Part): string {
  const wrong = /[^\w./+-]|\+(?!u[0-9a-f]{4}|[0-9a-f]{2})/.exec(part);
  if (wrong !== null)
    throw malformed(start + wrong.index, `'${printable(wrong[0])}' is not allowed there in a schedule`);
  return part.replace(/\+u([0-9a-f]{4})|\+([0-9a-f]{2})/g, (_, four?: string, two?: string) =>
    String.fromCharCode(Number.parseInt(four ?? two ?? '', 16)),
  );
}

const hint =
  'copy all of the line that lostbit has printed, from the name of the scenario to the checksum, or name the file it is in';

const malformed = (index: number, why: string) =>
  new LostbitError('E_SCHEDULE', `the schedule is wrong at column ${index + 1}: ${why}`, { hint });
