// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { expect, test } from 'vitest';
import type { FidelityReport } from '../../src/report/fidelity-schema.js';
import { directoryOf } from '../source/fixture.js';
import { root, start } from '../support/lostbit.js';
import { quickly } from '../support/quickly.js';
import { quickest } from '../support/race.js';
import { flagsC, twoFlags } from '../support/users-flags.js';

const lostbit = (...args: string[]) => quickly(args);
const within = (dir: string, args: readonly string[]) => quickly(args, dir);
const fast = ['--time', '200ms', '--times', '2'];
const schemaOf = async (name: string) =>
  new Ajv2020().compile(JSON.parse(await readFile(join(root, `schema/${name}.schema.json`), 'utf8')));

test('a scenario at two stages, and the same again from a report', async () => {
  const dir = await directoryOf({});
  const [report, json] = [join(dir, 'report.json'), join(dir, 'fidelity.json')];
  const simulated = await lostbit(
    'simulate',
    'intx-mask-vs-bar-write',
    '-q',
    '--stage',
    'base,p3',
    '--json',
    report,
  );
  expect(simulated.status).toBe(0);
  const args = ['fidelity', 'intx-mask-vs-bar-write', '--stage', 'base', '--stage', 'p3', ...fast];
  const { status, stdout } = await lostbit(...args, '--with', report, '--json', json);
  expect(stdout).toContain('Fidelity intx-mask-vs-bar-write at base Agrees 3 0\n');
  expect(stdout).toContain('Fidelity intx-mask-vs-bar-write at p3 Agrees 1 0\n');
  expect(stdout).toMatch(/\[1\] +simulate \(report\.json\), exhaustive/);
  expect(stdout).toMatch(/\n2 cells, 4 outcomes: .*no differences; in \d/);
  expect(status).toBe(0);

  const written: FidelityReport = JSON.parse(await readFile(json, 'utf8'));
  const validate = await schemaOf('fidelity');
  expect(validate(written), JSON.stringify(validate.errors)).toBe(true);
  expect(written.cells.map(({ stage, rows }) => [stage, rows.length])).toEqual([
    ['base', 3],
    ['p3', 1],
  ]);
  for (const { rows } of written.cells)
    for (const row of rows) {
      expect(row).toMatchObject({ replay: 2, others: [{ seen: true, count: row.simulate }] });
      expect(row.schedule).toMatch(/^intx-mask-vs-bar-write@/);
    }
});

const mine = (values: Record<string, unknown>, stage = 'base') =>
  JSON.stringify({
    schema: 'lostbit.result/1',
    engine: 'mysim 0.3',
    results: [{ scenario: 'intx-mask-vs-bar-write', stage, outcomes: [{ values }] }],
  });

test('quietly: differences, and a line', async () => {
  const dir = await directoryOf({ 'mine.json': mine({ virq_disabled: 0, bardirty: 0 }) });
  const args = ['fidelity', 'intx-mask-vs-bar-write', '-q', ...fast, '--with', 'mine.json'];
  const { status, stdout, stderr } = await within(dir, args);
  expect(stdout.replace(/in [\d.]+ s/, 'in 1 s').replace(/\d agreed.*, 1/, '4 agreed on, 1')).toBe(
    `intx-mask-vs-bar-write at base, 0, 0: seen but impossible
  mysim 0.3 saw what the simulator calls impossible
  reproduce: npx lostbit simulate intx-mask-vs-bar-write --stage base
2 cells, 5 outcomes: 4 agreed on, 1 difference; in 1 s
`,
  );
  expect(stderr).toBe('');
  expect(status).toBe(1);
});

test('JSON alone, of a scenario of a user', async () => {
  const dir = await directoryOf({ 'flags.c': flagsC, 'two.ts': twoFlags('packed.a', 'packed.b') });
  const args = ['fidelity', './two.ts', '-q', '--stage', 'base', ...fast, '--json'];
  const { status, stdout, stderr } = await within(dir, args);
  const [cell] = (JSON.parse(stdout) as FidelityReport).cells;
  expect(cell!.scenario).toBe('two');
  expect(cell!.rows).toHaveLength(3);
  expect(stderr).toBe('');
  expect(status).toBe(0);
});

test('what another has and nothing is asked of is reported', async () => {
  const dir = await directoryOf({ 'mine.json': mine({ virq_disabled: 0, bardirty: 0 }) });
  const args = ['fidelity', 'close-vs-suspend', '-q', '--stage', 'base', ...fast, '--with', 'mine.json'];
  const { status, stderr } = await within(dir, args);
  expect(stderr).toBe('warning: not compared: intx-mask-vs-bar-write at base, of mine.json\n');
  expect(status).toBe(0);
});

test('a scenario in which every step of an actor fails is no agreement', async () => {
  const dir = await directoryOf({
    'idle.ts': `import { intxDisable, configWrite, scenario, load, bind, open } from 'lostbit/vfio';
export default scenario({
  title: 'One fails, one writes',
  devices: { A: {} },
  setup: [load('vfio-pci'), bind('A'), open('A')],
  actors: { one: [intxDisable('A')], two: [configWrite('A', 0x10, 4, 0)] },
  observe: { b: 'A.bardirty' },
  outcomes: [{ when: { b: 1 }, grade: 'acceptable', note: 'kept' }],
});`,
  });
  const { status, stdout } = await within(dir, ['fidelity', './idle.ts', '-q', '--stage', 'base', ...fast]);
  expect(stdout).toContain(
    "idle at base: every step of 'one' returned an error every time, so nothing was tested",
  );
  expect(stdout).toContain('1 cell, 1 outcome: ');
  expect(status).toBe(1);
});

test('an exploration that is cut short calls nothing impossible', async () => {
  const args = ['fidelity', 'vga-change-vs-leaving-driver', '--stage', 'base', ...fast, '--explore', '1ms'];
  const { status, stdout } = await lostbit(...args);
  expect(stdout).toContain('bounded: 0.001 s');
  expect(stdout).not.toContain('impossible');
  expect(status).toBe(0);
});

test.each<[string, string[], string]>([
  ['an unknown scenario', ['intx-mask'], 'E_UNKNOWN_SCENARIO'],
  ['a scenario of one thread', ['reload-before-open'], 'E_NO_RACE'],
  ['an unknown stage', ['intx-mask-vs-bar-write', '--stage', 'p9'], 'E_UNKNOWN_STAGE'],
  ['no repetition', ['--times', '0'], 'Give a whole number'],
  ['a file that is not there', ['--with', 'none.json'], "E_RESULT: cannot read 'none.json'"],
  [
    'a malformed file',
    ['--with', 'bad.json'],
    "E_RESULT: 'bad.json' is not a result: at line 1, column 2: no JSON",
  ],
  [
    'a file of other values',
    ['--with', 'odd.json'],
    "at results[0].outcomes[0].values.bar: 'intx-mask-vs-bar-write' observes no 'bar'",
  ],
])('%s is refused', async (_, args, message) => {
  const dir = await directoryOf({ 'bad.json': '{]', 'odd.json': mine({ virq_disabled: 1, bar: 1 }) });
  const { status, stdout, stderr } = await within(dir, ['fidelity', ...args, '--json', 'out.json']);
  expect(stderr).toContain(message);
  expect(stdout).toBe('');
  expect(await readdir(dir)).toEqual(['bad.json', 'odd.json']);
  expect(status).toBe(2);
});

test('an interruption leaves what was shown, and no file', async () => {
  const dir = await directoryOf({});
  const args = [
    'fidelity',
    'intx-mask-vs-bar-write',
    '--stage',
    'base',
    '--time',
    '60s',
    '--json',
    'out.json',
    '--toolchain',
    await quickest,
  ];
  const { child, ended, seen } = start(args, {}, dir);
  while (!seen().includes('comparing')) await new Promise((resolve) => setTimeout(resolve, 50));
  await new Promise((resolve) => setTimeout(resolve, 1500));
  child.kill('SIGINT');
  const { status, stderr } = await ended;
  expect(stderr).toContain('interrupted');
  expect(await readdir(dir)).toEqual([]);
  expect(status).toBe(130);
});
