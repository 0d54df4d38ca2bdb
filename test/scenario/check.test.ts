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

describe('what is wrong in a part is said of it alone', () => {
  const { title, ...untitled } = race;
  const { actors, ...idle } = race;
  const given = (arg: unknown) => ({ ...race, setup: [{ call: 'set', args: [arg] }] });
  const actor = (rest: object) => ({
    ...race,
    actors: { ...actors, one: { steps: [op('set', 1)], ...rest } },
  });
  const cases: [unknown, string, string][] = [
    [
      actor({ context: 'hardirq' }),
      "found 'hardirq'; allowed: 'process', 'irq', 'workqueue', 'softirq'",
      'actors.one.context',
    ],
    [actor({ cpu: '0' }), 'a processor is a whole number from 0 to 7', 'actors.one.cpu'],
    [actor({ cpu: -1 }), 'a processor is a whole number from 0 to 7', 'actors.one.cpu'],
    [actor({ cpu: 8 }), 'a processor is a whole number from 0 to 7', 'actors.one.cpu'],
    [actor({ cpus: 1 }), "unknown key 'cpus': did you mean 'cpu'?", 'actors.one'],
    [
      { ...race, actors: { ...actors, one: 7 } },
      'found 7; allowed: a list of steps, or { steps',
      'actors.one',
    ],
    [
      given(2 ** 53),
      "a number must be exact, which it is up to 2^53 - 1: a larger one is given as a string, as '0x12",
      'setup[0].args[0]',
    ],
    [given(1.5), 'found 1.5; allowed: a whole number', 'setup[0].args[0]'],
    [given(10n), 'found 10n; allowed: a whole number, or an expression of C in a string', 'setup[0].args[0]'],
    [given('2); x'), "none of ; { } # \\ may stand in it, and ';' does", 'setup[0].args[0]'],
    [given('(int[]){ 1, 2 }'), "and '{' does; more than an expression goes into an op", 'setup[0].args[0]'],
    [given('1 /* one */'), "no comment or trigraph may stand in it, and '/*' does", 'setup[0].args[0]'],
    [given('1)+(2'), 'its parentheses do not match', 'setup[0].args[0]'],
    [given('f(1'), 'its parentheses do not match', 'setup[0].args[0]'],
    [given(''), "an expression of C, as '&port'", 'setup[0].args[0]'],
    [{ ...race, sorce: './port.c' }, "unknown key 'sorce': did you mean 'source'", ''],
    [{ ...idle, actrs: actors }, "unknown key 'actrs': did you mean 'actors'", ''],
    [{ ...sequence, observe: { a: 'packed.a' } }, "'observe' belongs to scenario(), with actors", ''],
    [{ ...race, steps: [op('set', 1)] }, "'steps' belongs to sequence(), with steps", ''],
    [{ ...untitled, titel: title }, "unknown key 'titel': did you mean 'title'", ''],
  ];
  test.each(cases)('%#', (value, text, place) => {
    let message = '';
    try {
      checkScenario(value, 'here');
    } catch (error) {
      message = (error as Error).message;
    }
    expect(message).toContain(text);
    if (place !== '') expect(message).toContain(`→ at ${place}`);
  });
  test.each(["'('", '"("', '(u8)(1 + (2))', '&port.in[1]', 'sizeof(struct port)'])(
    '%s is an expression',
    (text) => {
      expect(() => checkScenario(given(text), 'here')).not.toThrow();
    },
  );
});
