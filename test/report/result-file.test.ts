// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { LostbitError } from '../../src/errors.js';
import { readExternalResults } from '../../src/report/result-file.js';
import { catalogue } from '../../subjects/vfio-pci/scenarios/index.js';
import { directoryOf } from '../source/fixture.js';

const known = { scenarios: new Map(Object.entries(catalogue)), stages: ['base', 'p5'] };

async function read(content: unknown) {
  const text = typeof content === 'string' ? content : JSON.stringify(content);
  return readExternalResults(join(await directoryOf({ 'mine.json': text }), 'mine.json'), known);
}

async function refusal(content: unknown): Promise<LostbitError> {
  const error: LostbitError = await read(content).then(
    () => expect.fail('it was taken'),
    (error) => error,
  );
  expect(error.code).toBe('E_RESULT');
  expect(error.message).toContain('mine.json');
  return error;
}

const outcome = { values: { virq_disabled: 1, bardirty: 0 }, count: 3 };
const result = { scenario: 'intx-mask-vs-bar-write', stage: 'base', outcomes: [outcome] };
const file = { schema: 'lostbit.result/1', engine: 'mysim 0.3', results: [result] };
const withResult = (change: object) => ({ ...file, results: [result, { ...result, ...change }] });

describe('a result file', () => {
  test('is read', async () => {
    const exact = { ...result, exhaustive: true, bitfieldAccess: 'wide', remark: 'for people' };
    expect(await read({ ...file, results: [result, exact] })).toEqual([
      {
        engine: 'mysim 0.3',
        file: expect.stringMatching(/mine\.json$/),
        scenario: 'intx-mask-vs-bar-write',
        stage: 'base',
        bitfieldAccess: null,
        exhaustive: false,
        outcomes: [outcome],
        violations: null,
      },
      expect.objectContaining({ exhaustive: true, bitfieldAccess: 'wide' }),
    ]);
  });

  test('may leave counts out; what was counted never was not seen', async () => {
    const values = { virq_disabled: null, bardirty: 1 };
    const [read1] = await read({
      ...file,
      results: [{ ...result, outcomes: [{ values }, { ...outcome, count: 0 }] }],
    });
    expect(read1!.outcomes).toEqual([{ values, count: null }]);
  });

  test.each<[string, unknown, string]>([
    [
      'no JSON',
      '{ "schema": "lostbit.result/1",\n  engine: 1 }',
      'at line 2, column 3: no JSON: expected a name',
    ],
    ['nothing', '', 'at line 1, column 1: no JSON: expected a value'],
    ['a list', [], 'at the top: '],
    ['null', null, 'at the top: '],
    ['another schema', { ...file, schema: 'lostbit.result/2' }, "at schema: expected 'lostbit.result/1'"],
    ['no schema', { ...file, schema: undefined }, 'at schema: '],
    ['no engine', { ...file, engine: undefined }, 'at engine: '],
    ['an engine without a name', { ...file, engine: '' }, 'at engine: '],
    ['no results', { ...file, results: {} }, 'at results: '],
    [
      'a value that is text',
      withResult({ outcomes: [{ values: { virq_disabled: '1' } }] }),
      'at results[1].outcomes[0].values.virq_disabled: ',
    ],
    [
      'half a value',
      withResult({ outcomes: [outcome, { values: { virq_disabled: 0.5 } }] }),
      'at results[1].outcomes[1].values.virq_disabled: ',
    ],
    [
      'a negative count',
      withResult({ outcomes: [{ ...outcome, count: -1 }] }),
      'at results[1].outcomes[0].count: ',
    ],
    ['another way to access', withResult({ bitfieldAccess: 'coarse' }), 'at results[1].bitfieldAccess: '],
    [
      'an unknown scenario',
      withResult({ scenario: 'intx-mask-vs-bar-writ' }),
      "at results[1].scenario: unknown scenario 'intx-mask-vs-bar-writ'",
    ],
    [
      'a scenario of one thread',
      withResult({ scenario: 'reload-before-open' }),
      "at results[1].scenario: nothing in 'reload-before-open' happens",
    ],
    ['an unknown stage', withResult({ stage: 'p9' }), "at results[1].stage: unknown stage 'p9'"],
    [
      'an unknown value',
      withResult({ outcomes: [{ values: { ...outcome.values, bar_dirty: 0 } }] }),
      "at results[1].outcomes[0].values.bar_dirty: 'intx-mask-vs-bar-write' observes no 'bar_dirty'",
    ],
    [
      'a value that JavaScript takes for something else',
      JSON.stringify(withResult({ outcomes: [outcome] })).replace(
        /"bardirty":0(?!.*"bardirty":0)/,
        '$&,"__proto__":1',
      ),
      'at results[1].outcomes[0].values.__proto__',
    ],
    [
      'a value too few',
      withResult({ outcomes: [{ values: { bardirty: 0 } }] }),
      "at results[1].outcomes[0].values: lacks 'virq_disabled'",
    ],
  ])('is refused with the place: %s', async (_, content, message) => {
    expect((await refusal(content)).message).toContain(message);
  });

  test('is refused with what could be meant', async () => {
    expect((await refusal(withResult({ stage: 'p9' }))).advice.hint).toContain("'p5'");
    const { hint } = (await refusal(withResult({ scenario: 'intx-mask-vs-bar-writ' }))).advice;
    expect(hint).toContain("'intx-mask-vs-bar-write'");
    expect((await refusal([])).advice.hint).toContain('docs/fidelity.md');
  });

  test('is refused where there is none', async () => {
    await expect(readExternalResults('/none/at/all.json', known)).rejects.toMatchObject({
      code: 'E_RESULT',
      message: expect.stringContaining("cannot read '/none/at/all.json'"),
    });
  });
});

describe('a report of lostbit', () => {
  const reported = {
    scenario: 'intx-mask-vs-bar-write',
    reference: 'fact 24',
    stage: 'base',
    source: 'excerpt',
    engine: 'simulate',
    toolchain: 'llvm',
    toolchainVersion: 'clang 22',
    optimize: '2',
    bitfieldAccess: 'fine',
    threads: null,
    seconds: 2,
    samples: 3,
    outcomes: [{ ...outcome, grade: 'forbidden', note: 'lost' }],
    violations: [
      { kind: 'deadlock', message: '', count: 2, object: null, task: null, context: null, stack: [] },
    ],
    warnings: [],
    verdict: 'fails',
    exhaustive: true,
    interrupted: false,
    expected: 'fails',
    agreement: 'agrees',
    setup: [],
    actors: null,
    runs: [],
    reproduce: null,
  };
  const report = { schema: 'lostbit.report/1', results: [reported] };

  test('is read, with what was caught; what has no race is left out', async () => {
    const sequence = { ...reported, scenario: 'reload-before-open', engine: 'run' };
    const read1 = await read({ ...report, results: [sequence, reported] });
    expect(read1).toHaveLength(1);
    expect(read1[0]).toMatchObject({
      engine: 'simulate',
      stage: 'base',
      bitfieldAccess: 'fine',
      exhaustive: true,
      outcomes: [outcome],
      violations: [{ kind: 'deadlock', object: null, count: 2 }],
    });
  });

  test('is refused with the place', async () => {
    const { message } = await refusal({ ...report, results: [{ ...reported, samples: -1 }] });
    expect(message).toContain('at results[0].samples: ');
  });
});
