import { describe, expect, test } from 'vitest';
import { reportJsonSchema } from '../../src/report/schema.js';

describe('the published JSON Schema', () => {
  test('is the one that reports are checked with', async () => {
    await expect(`${JSON.stringify(reportJsonSchema(), null, 2)}\n`).toMatchFileSnapshot(
      '../../schema/report.schema.json',
    );
  });
});
