// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { expect } from 'vitest';
import type { Report } from '../../src/report/schema.js';
import { root } from './lostbit.js';

const schema = JSON.parse(readFileSync(join(root, 'schema/report.schema.json'), 'utf8'));
const validate = new Ajv2020().compile(schema);

/** Reads a report, which must be as the published schema says. */
export function parseReport(text: string): Report {
  const report: unknown = JSON.parse(text);
  expect(validate(report), JSON.stringify(validate.errors)).toBe(true);
  return report as Report;
}
