// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import fc from 'fast-check';

/** What all random tests draw by, so that a run repeats: `LOSTBIT_SEED=N` draws others, and failures name theirs. */
export const seed = Number(process.env.LOSTBIT_SEED ?? 20_261_123);

fc.configureGlobal({ seed });

/** Of damaged files so many are tried; `LOSTBIT_FUZZ=4` tries four times as many. */
export const damaged = (count: number): number => count * Number(process.env.LOSTBIT_FUZZ ?? 1);
