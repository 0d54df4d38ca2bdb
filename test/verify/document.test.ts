// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { readExternalResults } from '../../src/report/result-file.js';
import { aspects } from '../../src/verify/excerpt-result.js';
import { judgements } from '../../src/verify/fidelity-result.js';
import { restated } from '../../subjects/vfio-pci/explained.js';
import { catalogue } from '../../subjects/vfio-pci/scenarios/index.js';
import { directoryOf } from '../source/fixture.js';
import { root, within } from '../support/lostbit.js';

const text = readFileSync(join(root, 'docs/fidelity.md'), 'utf8');

function block(language: string): string {
  const [, found] = new RegExp(`^\`\`\`${language}\n(.*?)^\`\`\`$`, 'ms').exec(text) ?? [];
  expect(found, language).toBeDefined();
  return found!;
}

/** Rows of a table without what differs from run to run: result, what others say, judgement. */
const rowsOf = (table: string) =>
  Array.from(table.matchAll(/^ +(-?\d, -?\d) .* {2}(\S+) {2}([a-z ]+)$/gm), ([, ...row]) => row);

test('the example in docs/fidelity.md is taken, and comes out as it says', async () => {
  const dir = await directoryOf({ 'mysim.json': block('json') });
  const command = /^npx lostbit (fidelity .* --with mysim\.json)$/m.exec(text)![1]!;
  const { status, stdout } = await within(dir, [...command.split(' '), '--stage', 'base']);
  const documented = rowsOf(block('text'));
  expect(documented).toHaveLength(4);
  // A race may need longer than that to see what is possible.
  const seen = rowsOf(stdout.replaceAll('possible but unseen', 'agrees'));
  expect(seen).toEqual(documented);
  expect(status).toBe(1);
});

test('docs/fidelity.md says what each judgement means', () => {
  const [before] = text.split('## Results of other engines');
  const documented = Array.from(before!.matchAll(/^\| `([a-z ]+)` /gm), ([, judgement]) => judgement);
  expect(documented.sort()).toEqual([...judgements].sort());
});

test('docs/fidelity.md says what of the excerpt is compared, and each explanation', () => {
  const [, section] = text.split('## An excerpt against the sources');
  const rows = Array.from(section!.matchAll(/^\| ((?:`[a-z]+`(?:, )?)+) \|/gm), ([, names]) =>
    Array.from(names!.matchAll(/`([a-z]+)`/g), ([, name]) => name),
  );
  expect(rows.flat().sort()).toEqual([...aspects].sort());
  const [, listed] = section!.split('There are these:\n\n');
  const documented = listed!
    .split('\n\n')[0]!
    .split('\n')
    .map((line) => line.replace(/^- (.*)\.$/, '$1'));
  const reasons = new Set(
    restated.explained!.map(({ why }) => why.replace(/^./, (first) => first.toUpperCase())),
  );
  expect(documented).toEqual([...reasons]);
});

test('the counts of other tools become a file', async () => {
  const dir = await directoryOf({ 'counts.mjs': block('js') });
  const known = { scenarios: new Map(Object.entries(catalogue)), stages: ['base'] };
  const converted = async (name: string, input: string, ...names: string[]) => {
    const args = [join(dir, 'counts.mjs'), name, 'intx-mask-vs-bar-write', 'base', ...names];
    const made = execFileSync(process.execPath, args, { input, encoding: 'utf8' });
    const path = join(await directoryOf({ 'result.json': made }), 'result.json');
    const [result] = await readExternalResults(path, known);
    expect(JSON.parse(await readFile(path, 'utf8')).engine).toBe(name);
    return result!;
  };
  const outcomes = [
    { values: { virq_disabled: 1, bardirty: 1 }, count: 70 },
    { values: { virq_disabled: 0, bardirty: 1 }, count: 28 },
    { values: { virq_disabled: 1, bardirty: 0 }, count: 2 },
  ];
  expect(await converted('litmus7 7.58', block('litmus'))).toMatchObject({ outcomes, exhaustive: false });
  const jcstress = await converted('jcstress', block('jcstress'), 'virq_disabled', 'bardirty');
  expect(jcstress).toMatchObject({ outcomes, exhaustive: false });
  const herd = await converted('herd7 7.58', 'States 1\nvirq_disabled=1; bardirty=1;\nOk\n');
  expect(herd).toMatchObject({ outcomes: [{ ...outcomes[0], count: null }], exhaustive: true });
});
