// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import type { DataRace } from '../../src/engine/interleaving.js';
import type { FoundRace, Result } from '../../src/verify/result.js';

/** A race on real threads that has lost updates. */
export const raced: Result = {
  scenario: {
    name: 'intx-mask-vs-bar-write',
    origin: 'intx-mask-vs-bar-write',
    title: 'A race',
    reference: null,
  },
  stage: 'base',
  source: 'excerpt',
  toolchain: { name: 'llvm', version: 'clang 22' },
  options: { optimize: '2', bitfieldAccess: 'fine' },
  engine: 'stress',
  verdict: 'fails',
  undecided: null,
  inapplicable: null,
  broken: null,
  expected: 'fails',
  change: null,
  agreement: 'agrees',
  exhaustive: false,
  interrupted: false,
  seconds: 2,
  samples: 1_000_000,
  outcomes: [
    { values: { virq: 1, bar: 1 }, count: 999_900, grade: 'acceptable', note: 'both updates kept' },
    { values: { virq: 0, bar: 1 }, count: 99, grade: 'forbidden', note: 'INTx mask lost' },
    { values: { virq: 1, bar: null }, count: 1, grade: 'forbidden', note: 'no device' },
  ],
  violations: [],
  races: [],
  warnings: [],
  setup: [],
  actors: null,
  runs: [],
  interleaving: null,
  reproduce: null,
  racers: { workers: 2, processors: 2, unpinned: null, seed: 7 },
  exploration: null,
  replayed: null,
};

/** A data race as a result has it. */
export const foundRace = (race: DataRace): FoundRace => ({
  ...race,
  rule: 'lostbit/data-race',
  fingerprint: '0123456789abcdef',
});
