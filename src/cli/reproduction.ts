import type { BuildOptions } from './options.js';

interface Raced extends BuildOptions {
  readonly time: number;
  readonly workers?: number;
}

/** The one command that repeats a race: only what differs from the defaults is spelt out. */
export function reproduction(scenario: string, stage: string, options: Raced, seed: number): string {
  const words = ['npx lostbit race', quote(scenario), '--stage', quote(stage)];
  if (options.toolchain !== 'llvm') words.push('--toolchain', options.toolchain);
  if (options.bitfieldAccess !== 'fine') words.push('--bitfield-access', options.bitfieldAccess);
  if (options.optimize !== '2') words.push(`-O${options.optimize}`);
  if (options.workers !== undefined) words.push('--workers', String(options.workers));
  words.push('--time', `${options.time}s`, '--seed', String(seed));
  return words.join(' ');
}

/** Quotes a word for a shell where it needs that. */
function quote(word: string): string {
  return /^[\w./@:+-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}
