// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { describe, expect, test } from 'vitest';
import { dataRaceJson } from '../../src/report/data-race.js';
import { interleavingJson } from '../../src/report/interleaving.js';
import {
  type Report,
  type ResultJson,
  reportJsonSchema,
  report as reportSchema,
  reportSchemaId,
} from '../../src/report/schema.js';
import { parseReport } from '../support/report.js';
import { access, lostBarWrite } from './executions.js';
import { foundRace } from './results.js';

/** What a report has had since there are any. */
const result: ResultJson = {
  scenario: 'intx-mask-vs-bar-write',
  reference: 'fact 24',
  stage: 'base',
  source: 'excerpt',
  engine: 'stress',
  toolchain: 'llvm',
  toolchainVersion: 'clang 22',
  optimize: '2',
  bitfieldAccess: 'fine',
  threads: null,
  seconds: 2,
  samples: 1,
  outcomes: [{ values: { bardirty: 0 }, count: 1, grade: 'forbidden', note: 'BAR write lost' }],
  violations: [],
  warnings: [],
  verdict: 'fails',
  exhaustive: false,
  interrupted: false,
  expected: 'fails',
  agreement: 'agrees',
  setup: [],
  actors: null,
  runs: [],
  reproduce: null,
};
const reported = (results: unknown[]) => JSON.stringify({ schema: reportSchemaId, results });

describe('the published JSON Schema', () => {
  test('is the one that reports are checked with', async () => {
    await expect(`${JSON.stringify(reportJsonSchema(), null, 2)}\n`).toMatchFileSnapshot(
      '../../schema/report.schema.json',
    );
  });

  test('takes reports of engines that go through no interleavings', () => {
    expect(parseReport(reported([result])).results).toEqual([result]);
  });

  const side = (i: number, task: string) => ({ ...lostBarWrite.accesses[i]!, task });
  const wide = access({ bytes: 64, before: null, after: null, mask: (1n << 64n) - 1n });
  const simulated: ResultJson = {
    ...result,
    outcomes: [{ ...result.outcomes[0]!, schedule: 'x@base.fine:0000000000000000::0000000', preemptions: 1 }],
    simulation: { strategy: 'dpor', executions: 7, blocked: 0, bounded: null, seed: 1 },
    races: [
      dataRaceJson(
        foundRace({
          kind: 'bit-field',
          sides: [side(8, 'mover'), side(10, 'masker')],
          pairs: 3,
          count: 3,
          schedule: 'x@base.fine:0000000000000000::0000000',
        }),
      ),
    ],
    interleaving: interleavingJson({ ...lostBarWrite, accesses: [...lostBarWrite.accesses, wide] }),
  };

  test('takes executions, races and schedules', () => {
    const read: Report = parseReport(reported([simulated]));
    expect(read.results).toEqual([simulated]);
    expect(reportSchema.parse(read)).toEqual(read);
    expect(read.results[0]!.races![0]!.sides[1]).toMatchObject({
      task: 'masker',
      kind: 'store',
      fields: ['A.virq_disabled'],
      mask: '0x04',
      before: '0x20',
      after: '0x04',
      span: expect.arrayContaining([{ name: 'A.bardirty', mask: '0x20' }]),
    });
    expect(read.results[0]!.interleaving!.accesses.at(-1)).toMatchObject({ before: null, after: null });
  });

  test.each<[string, unknown]>([
    ['a race of one side', { races: [{ ...simulated.races![0]!, sides: [simulated.races![0]!.sides[0]] }] }],
    ['a race without a schedule', { races: [{ ...simulated.races![0]!, schedule: undefined }] }],
    [
      'bits that are a number',
      {
        interleaving: {
          ...simulated.interleaving!,
          accesses: [{ ...simulated.interleaving!.accesses[0]!, mask: 4 }],
        },
      },
    ],
    ['no word on what it was bounded by', { simulation: { ...simulated.simulation!, bounded: undefined } }],
  ])('refuses %s', (_, change) => {
    expect(() => parseReport(reported([{ ...simulated, ...(change as object) }]))).toThrow();
  });
});
