// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import * as api from '../../src/api.js';
import { checkScenario } from '../../src/scenario/check.js';
import { processors } from '../../src/scenario/limits.js';
import { contexts, type Expectation } from '../../src/scenario/scenario.js';
import * as language from '../../src/scenario/step.js';
import { root } from '../support/lostbit.js';
import { quickly } from '../support/quickly.js';
import { quickest } from '../support/race.js';

const text = (file: string) => readFile(join(root, file), 'utf8');
const document = await text('docs/subjects.md');

/** Of a table's row, the code in its first column. */
const firstColumn = Array.from(document.matchAll(/^\| `([^`]+)`/gm), ([, code]) => code!);
const section = (title: string) => document.split(`\n## ${title}\n`)[1]!.split('\n## ')[0]!;

/** The members of an interface, as it is written. */
function membersOf(source: string, name: string): string[] {
  const [, body = ''] =
    new RegExp(`^export interface ${name}\\b[^{]*\\{\\n(.*?)^\\}`, 'ms').exec(source) ?? [];
  const members = Array.from(body.matchAll(/^ {2}readonly (\w+)\??:/gm), ([, member]) => member!);
  expect(members.length, name).toBeGreaterThan(0);
  return members;
}

describe('docs/subjects.md', () => {
  test('says what each field of a subject and of a scenario is', async () => {
    const scenario = await text('src/scenario/scenario.ts');
    const subject = await text('src/subject/subject.ts');
    const inTables = [
      ...['SubjectDefinition', 'TreeDefinition'].flatMap((name) => membersOf(subject, name)),
      ...['Common', 'Machinery'].flatMap((name) => membersOf(scenario, name)),
      ...membersOf(scenario, 'RaceDefinition'),
    ];
    expect(inTables.filter((member) => !firstColumn.includes(member))).toEqual([]);
    const named = ['SequenceDefinition', 'LayoutDefinition', 'ActorSpec'];
    for (const member of named.flatMap((name) => membersOf(scenario, name)))
      expect(document).toMatch(new RegExp(`\`[^\`]*\\b${member}\\b[^\`]*\``));
  });

  test('says what each step does', () => {
    const steps = Object.entries(language)
      .filter(([name]) => !['isCall', 'nameOf'].includes(name))
      .map(([name]) => name);
    const told = firstColumn.map((code) => code.replace(/\(.*/, ''));
    expect(steps.filter((name) => !told.includes(name))).toEqual([]);
  });

  test('shows every shape of an expectation, as it is taken', async () => {
    const table = document.split('\n### What is expected\n')[1]!.split('\n## ')[0]!;
    const shapes = Array.from(table.matchAll(/^\| ((?:`[^`]+`(?:, )?)+) +\|/gm), ([, cell]) => cell!)
      .flatMap((cell) => Array.from(cell.matchAll(/`([^`]+)`/g), ([, code]) => code!))
      .filter((code) => code !== 'expect');
    const [, union] = /^export type StageExpectation =\n(.*?);\n\n/ms.exec(
      await text('src/scenario/scenario.ts'),
    )!;
    const keys = Array.from(union!.matchAll(/readonly (\w+):/g), ([, key]) => key!);
    expect(keys.length).toBeGreaterThan(3);
    expect(keys.filter((key) => !shapes.some((code) => code.includes(key)))).toEqual([]);
    for (const code of shapes) {
      const expectation = new Function(`return ${code};`)() as Expectation;
      const taken = checkScenario({ title: 'x', apart: { ring: ['full'] }, expect: expectation }, 'x');
      expect(taken.expect, code).toEqual(expectation);
    }
  });

  test('names every context', () => {
    for (const context of contexts) expect(document).toContain(`\`${context}\``);
    expect(document).toContain(`to \`${processors() - 1}\``);
  });

  test('says what the functions of a program print', async () => {
    const [, code, printed] = /^```js\n(.*?)^```\n\n```\n(.*?)^```$/ms.exec(section('From a program'))!;
    const toolchain = await quickest;
    const lines: string[] = [];
    const args = {
      simulate: (name: string, options: api.ExploreOptions) => api.simulate(name, { ...options, toolchain }),
      verify: (options: api.MatrixOptions) => api.verify({ ...options, toolchain }),
      console: {
        log: (...values: unknown[]) =>
          lines.push(values.map((one) => (typeof one === 'string' ? one : inspect(one))).join(' ')),
      },
    };
    const AsyncFunction = (async () => {}).constructor as new (
      ...parts: string[]
    ) => (...values: unknown[]) => Promise<void>;
    const before = process.cwd();
    process.chdir(root);
    try {
      await new AsyncFunction(...Object.keys(args), code!.replace(/^import .*$/gm, ''))(
        ...Object.values(args),
      );
    } finally {
      process.chdir(before);
    }
    expect(`${lines.join('\n')}\n`).toBe(printed);
  });
});

describe('docs/subjects.md says what lostbit says where it is written', () => {
  let dir: string;
  beforeAll(async () => {
    dir = await mkdtemp(join(tmpdir(), 'lostbit-ring-'));
  });
  afterAll(() => rm(dir, { recursive: true }));

  const mistakes = Array.from(
    section('Mistakes').matchAll(/^\| `([^`]+)` +\| `([^`]+)` +\| `([^`]+)` +\|$/gm),
    ([, right, wrong, message]) => ({ right: right!, wrong: wrong!, message: message! }),
  );

  test('several mistakes', () => {
    expect(mistakes.length).toBeGreaterThan(8);
  });

  test.each(mistakes)('$wrong', async ({ right, wrong, message }) => {
    const copy = join(dir, String(mistakes.findIndex((one) => one.wrong === wrong)));
    await cp(join(root, 'examples/ring'), copy, { recursive: true });
    let found = false;
    for (const name of ['ring.c', 'subject.ts']) {
      const file = join(copy, name);
      const source = await readFile(file, 'utf8');
      if (!source.includes(right)) continue;
      await writeFile(
        file,
        source.replace(right, () => wrong),
      );
      found = true;
    }
    expect(found).toBe(true);
    const { status, stderr } = await quickly(['simulate', 'fill-vs-interrupt', '--subject', copy, '-q']);
    expect(stderr).toContain(`error ${message}`);
    expect(status).toBe(2);
  });
});
