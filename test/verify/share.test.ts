// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { expect, test } from 'vitest';
import { shareOf } from '../../src/verify/verify.js';

test.each([
  ['one alone has all that is left, and not once for each processor', 5, 1, 2, 5],
  ['as many as processors have all each', 5, 2, 2, 5],
  ['more share them', 5, 8, 2, 1.25],
  ['the last ones have a moment', 0, 3, 2, 0.5],
])('%s', (_, left, sharers, processors, seconds) => {
  expect(shareOf(left, sharers, processors)).toBe(seconds);
});
