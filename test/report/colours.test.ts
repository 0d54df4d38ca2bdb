// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { expect, test, vi } from 'vitest';
import { interleavingText } from '../../src/report/interleaving.js';
import { lostBarWrite, steps } from './executions.js';

vi.mock('picocolors', async (original) => {
  const { default: colours } = await original<{ default: typeof import('picocolors') }>();
  return { default: colours.createColors(true) };
});

/** A line with its escapes as names. */
const named: Readonly<Record<string, string>> = {
  1: 'bold',
  2: 'dim',
  22: '/',
  31: 'red',
  33: 'yellow',
  39: '/',
};
const readable = (text: string) =>
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
  text.replace(/\u001b\[(\d+)m/g, (_, code: string) => `<${named[code] ?? code}>`);

test('what is lost is red, and the switch that it takes yellow', () => {
  const lines = readable(interleavingText(lostBarWrite, { steps, width: 120, verbose: false })).split('\n');
  const blank = ' '.repeat(55);
  expect(lines).toContain(`<yellow>switch: preempted</>${blank.slice(17)} |`);
  expect(lines).toContain('<red>* A.virq_disabled = 1 (writes back bardirty = 0 over 1)</> |');
  expect(lines).toContain(`<bold>* A.virq_disabled -> 0</>${blank.slice(22)} |`);
  expect(lines).toContain(`${blank} | <bold>* A.bardirty = 1 (writes back virq_disabled = 0)</>`);
  expect(lines).toContain(`${blank} | <dim>returned 0, done</>`);
});
