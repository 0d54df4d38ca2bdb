// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { describe, expect, test } from 'vitest';
import type { LostbitError } from '../../src/errors.js';
import { checkScenario } from '../../src/scenario/check.js';
import { call, op } from '../../src/scenario/step.js';

const race = {
  title: 'two flags',
  actors: { one: [op('set', 1)], two: [call('port_set', 2, '&port')] },
  observe: { a: 'packed.a' },
  outcomes: [{ when: { a: 1 }, grade: 'acceptable', note: 'kept' }],
};
const sequence = { title: 'opened', steps: [call('port_open'), op('close')] };

describe('names', () => {
  const hintOf = (value: unknown): string | undefined => {
    try {
      checkScenario(value, 'here');
    } catch (error) {
      return (error as LostbitError).advice.hint;
    }
    return undefined;
  };
  const { steps, title } = sequence;

  test('of sequences may be words', () => {
    expect(hintOf({ title, sequences: { 'never opened - 2': steps } })).toBeUndefined();
    expect(hintOf({ title, sequences: { 'opened?': steps } })).toBe(
      'names of sequences are letters, digits, _, - and spaces',
    );
  });
  test('of what is observed are as in C', () => {
    expect(hintOf({ ...race, observe: { 'a b': 'packed.a' } })).toBe(
      'names are letters, digits and _, as in C',
    );
  });
});

describe('what fits no shape', () => {
  const expectations =
    "allowed: 'fails', 'holds', { failsThrough, failsFrom or failsOnlyAt: a stage }, { failsBetween: two stages }, or { fine, wide } with one of these each";
  test.each([
    [race, { expect: 'fail' }, `found 'fail'; ${expectations}`],
    [race, { expect: { failsThrough: null } }, `found { failsThrough: null }; ${expectations}`],
    [race, { expect: { fine: 'holds' } }, `found { fine: 'holds' }; ${expectations}`],
    [race, { expect: 10n ** 100n }, expectations],
    [race, { expect: null }, `found null; ${expectations}`],
    [
      race,
      { observe: { a: 1 } },
      "found 1; allowed: a path from a variable of the C, as 'port.busy', or what a step",
    ],
    [sequence, { steps: ['kick'] }, "found 'kick'; allowed: a step, as op('kick', 1), or observe('name', …)"],
    [race, { setup: [{ op: 'set', args: [1.5] }] }, 'found 1.5; allowed: a whole number'],
    [race, { setup: [{ call: 'set', args: ['a; b'] }] }, "an expression of C, as '&port'"],
    [race, { faults: { kmalloc: 0 } }, 'faults'],
  ])('%# reports what is allowed', (good, change, text) => {
    expect(() => checkScenario(good, 'here')).not.toThrow();
    let message = '';
    try {
      checkScenario({ ...good, ...change }, 'here');
    } catch (error) {
      message = (error as Error).message;
    }
    expect(message).toContain(text);
    expect(message).not.toMatch(/Invalid input\s*$/m);
    expect(message).toContain(`→ at ${Object.keys(change)[0]}`);
  });
});
