// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import type { Fault } from '../engine/run/run.js';
import { isPrintable } from '../printable.js';
import type { Build } from '../toolchain/build.js';
import type { SubjectFacts } from './result.js';

interface Raced {
  readonly time: number;
  readonly workers?: number;
  readonly seed: number;
}

/** What a scenario and its stage were asked for by. */
interface Asked {
  readonly origin: string;
  readonly stage: string;
  readonly of: Pick<SubjectFacts, 'words'>;
}

const askedWords = ({ origin, stage, of }: Asked): string[] => [
  quote(origin),
  ...of.words.map(quote),
  '--stage',
  quote(stage),
];

type Built = Pick<Build, 'options'> & { readonly toolchain: { readonly name: string } };

/** The one command that repeats a race. */
export function raceAgain(cell: Asked, build: Built, raced: Raced): string {
  const { time, workers, seed } = raced;
  const words = ['npx lostbit race', ...askedWords(cell), ...buildWords(build)];
  if (workers !== undefined) words.push('--workers', String(workers));
  words.push('--time', `${time}s`, '--seed', String(seed));
  return words.join(' ');
}

/** The one command that repeats what has no concurrency: all of it, or one sequence with a fault. */
export function runAgain(
  cell: Asked,
  build: Built,
  what: { readonly sequence?: string; readonly fault?: Fault | null } = {},
): string {
  const words = ['npx lostbit run', ...askedWords(cell), ...buildWords(build)];
  if (what.sequence !== undefined && what.sequence !== '') words.push('--sequence', quote(what.sequence));
  if (what.fault) words.push('--fault', `${what.fault.function}:${what.fault.nth}`);
  return words.join(' ');
}

/** The one command that repeats an exploration. */
export function simulateAgain(
  cell: Asked,
  build: Built,
  how: {
    readonly strategy: string;
    readonly preemptions?: number;
    readonly seed?: number;
    readonly steps?: number;
  },
): string {
  const words = ['npx lostbit simulate', ...askedWords(cell), ...buildWords(build)];
  if (how.strategy !== 'dpor') words.push('--strategy', how.strategy);
  if (how.preemptions !== undefined) words.push('--preemptions', String(how.preemptions));
  if (how.seed !== undefined) words.push('--seed', String(how.seed));
  if (how.steps !== undefined) words.push('--steps', String(how.steps));
  return words.join(' ');
}

/** The one command that shows an execution again, in the simulator and on real threads. */
export function replayAgain(
  schedule: string,
  { words: subject }: Pick<SubjectFacts, 'words'>,
  { toolchain, options }: Built,
): string {
  // Stage and access mode are in the schedule.
  const words = ['npx lostbit replay', quote(schedule), ...subject.map(quote)];
  return [...words, ...buildWords({ toolchain, options: { ...options, bitfieldAccess: 'fine' } })].join(' ');
}

/** Only what differs from the defaults is spelt out. */
function buildWords({ toolchain, options }: Built): string[] {
  const words: string[] = [];
  if (toolchain.name !== 'llvm') words.push('--toolchain', toolchain.name);
  if (options.bitfieldAccess !== 'fine') words.push('--bitfield-access', options.bitfieldAccess);
  if (options.optimize !== '2') words.push(`-O${options.optimize}`);
  return words;
}

/** Quotes a word for a shell where it needs that; what cannot be shown the shells' `$'…'` spells by its bytes. */
function quote(word: string): string {
  if (/^[\w./@:+-]+$/.test(word)) return word;
  if (isPrintable(word)) return `'${word.replaceAll("'", "'\\''")}'`;
  const spelt = Array.from(word, (one) =>
    isPrintable(one)
      ? one.replace(/['\\]/, '\\$&')
      : Array.from(Buffer.from(one), (byte) => `\\x${byte.toString(16).padStart(2, '0')}`).join(''),
  );
  return `$'${spelt.join('')}'`;
}
