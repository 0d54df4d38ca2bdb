// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { describe, expect, test } from 'vitest';
import { checkScenario } from '../../src/scenario/check.js';
import { close, flagWrite, open } from '../../subjects/vfio-pci/index.js';

const race = {
  title: 'two flags',
  devices: { F: { flags: true } },
  actors: { one: [flagWrite('F', 'packed.a', true)], two: [flagWrite('F', 'packed.b', true)] },
  observe: { a: 'F.packed.a' },
  outcomes: [{ when: { a: 1 }, grade: 'acceptable', note: 'kept' }],
};
const sequence = { title: 'opened', devices: { A: {} }, steps: [open('A'), close('A')] };

describe('what fits no shape', () => {
  const expectations =
    "allowed: 'fails', 'holds', { failsThrough: one of 'base', 'p1', 'p2', 'p3', 'p4', 'p5' }, or { fine, wide } with one of these each";
  test.each([
    [race, { expect: 'fail' }, `found 'fail'; ${expectations}`],
    [race, { expect: { failsThrough: 'p9' } }, `found { failsThrough: 'p9' }; ${expectations}`],
    [race, { expect: { fine: 'holds' } }, `found { fine: 'holds' }; ${expectations}`],
    [race, { expect: 10n ** 100n }, expectations],
    [race, { expect: null }, `found null; ${expectations}`],
    [
      race,
      { observe: { a: 1 } },
      "found 1; allowed: a field of a device, as 'A.virq_disabled', or what a step",
    ],
    [sequence, { steps: ['open A'] }, "found 'open A'; allowed: a step, as open('A'), or observe('name', …)"],
    [race, { devices: { F: { flags: 1 } } }, 'expected true'],
    [sequence, { devices: { A: { intx: 'yes' } } }, 'expected boolean, received string'],
    [sequence, { devices: { A: { intX: true } } }, 'Unrecognized key: "intX"'],
    [sequence, { devices: { A: 1 } }, 'expected object, received number'],
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
