// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { expect, test } from 'vitest';
import type { StageName } from '../../src/source/find-stage.js';
import { cellsOf } from '../../src/verify/verify.js';
import { selected } from '../support/selected.js';

const scenario = selected('intx-mask-vs-bar-write').scenario;
const stages = [
  { name: 'base', subject: null, series: null },
  { name: 'p1', subject: 'port: Lock', series: 'fix' },
  { name: 'p2', subject: 'port: Split', series: 'fix' },
  { name: 'all', subject: 'port: All', series: 'all', whole: true },
];

const cells = (stage: string | undefined, asked?: readonly StageName[]) => {
  const { expect: _, from: __, ...rest } = scenario;
  const one = { ...selected('test', { ...rest, ...(stage === undefined ? {} : { stage }) }) };
  return cellsOf([{ ...one, of: { ...one.of, stages } }], asked).map(({ stage }) => stage);
};

test.each<[string | undefined, readonly StageName[] | undefined, string[]]>([
  [undefined, undefined, ['base', 'p1', 'p2']],
  // The stage that it is run at where none is asked for is one of several here.
  ['p1', undefined, ['base', 'p1', 'p2']],
  ['p1', ['p2'], ['p2']],
  ['port: Lock', [0, 'port: Split'], ['base', 'p2']],
  [undefined, [1, 'p1', 'port: Lock'], ['p1']],
  // A control stands for itself.
  ['all', undefined, ['all']],
  ['port: All', ['p1', 'p2'], ['all']],
  ['port: All', ['p2', 'all'], ['all']],
  [undefined, ['all'], ['all']],
])('a scenario with stage %s, asked for at %j, is judged at %j', (stage, asked, judged) => {
  expect(cells(stage, asked)).toEqual(judged);
});

test('a stage that there is not is refused, in a scenario and when it is asked for', () => {
  expect(() => cells('p7')).toThrow(expect.objectContaining({ code: 'E_UNKNOWN_STAGE' }));
  expect(() => cells(undefined, ['p7'])).toThrow(expect.objectContaining({ code: 'E_UNKNOWN_STAGE' }));
});
