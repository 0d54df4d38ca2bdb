// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { describe, expect, test } from 'vitest';
import { fidelityJsonSchema } from '../../src/report/fidelity-schema.js';
import { hazardJsonSchema } from '../../src/report/hazard-schema.js';
import { layoutJsonSchema } from '../../src/report/layout-schema.js';
import { resultFile, resultJsonSchema } from '../../src/report/result-schema.js';
import { root } from '../support/lostbit.js';

test.each([
  ['fidelity', fidelityJsonSchema()],
  ['result', resultJsonSchema()],
  ['layout', layoutJsonSchema()],
  ['hazards', hazardJsonSchema()],
])('the published JSON Schema: %s', async (name, schema) => {
  await expect(`${JSON.stringify(schema, null, 2)}\n`).toMatchFileSnapshot(
    `../../schema/${name}.schema.json`,
  );
});

describe('the published schema of results says the same as the check', () => {
  const validate = new Ajv2020().compile(
    JSON.parse(readFileSync(join(root, 'schema/result.schema.json'), 'utf8')),
  );
  const result = { scenario: 'x', stage: 'base', outcomes: [{ values: { a: 1, b: null } }] };
  const file = { schema: 'lostbit.result/1', engine: 'mysim 0.3', results: [result] };

  test.each<[string, unknown, boolean]>([
    ['a file', file, true],
    ['unknown properties', { ...file, remark: 1, results: [{ ...result, remark: 1 }] }, true],
    ['all there is', { ...file, results: [{ ...result, exhaustive: true, bitfieldAccess: 'wide' }] }, true],
    ['another schema', { ...file, schema: 'lostbit.result/2' }, false],
    ['no engine', { ...file, engine: undefined }, false],
    ['half a value', { ...file, results: [{ ...result, outcomes: [{ values: { a: 0.5 } }] }] }, false],
    ['a negative count', { ...file, results: [{ ...result, outcomes: [{ values: {}, count: -1 }] }] }, false],
  ])('of %s', (_, content, good) => {
    expect(validate(JSON.parse(JSON.stringify(content)))).toBe(good);
    expect(resultFile.safeParse(content).success).toBe(good);
  });
});
