// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { annotationsOf } from '../../src/hazards/annotate.js';
import { type GuardReport, guardReport } from '../../src/hazards/guard-report.js';
import type { GuardedField } from '../../src/hazards/guarded-by.js';
import { prove } from '../../src/hazards/prove.js';
import { hazardReport } from '../../src/hazards/report.js';
import { type HazardSource, unitsOfFiles } from '../../src/hazards/source.js';
import { survey } from '../../src/hazards/survey.js';
import { hazardDocument } from '../../src/report/hazard-schema.js';
import { applyPatch } from '../../src/source/apply.js';
import { root, within } from '../support/lostbit.js';
import { closeToolchains, quickest, toolchain } from '../support/race.js';

const unit = 'guarded.c';
const text = await readFile(join(root, 'test/hazards', unit), 'utf8');

let dir: string;
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'lostbit-guarded-'));
  await writeFile(join(dir, unit), text);
});
afterAll(() => rm(dir, { recursive: true }));
afterAll(closeToolchains);

async function guardsIn(dir: string): Promise<{ source: HazardSource; guards: GuardReport }> {
  const source = await unitsOfFiles([unit], dir);
  const report = hazardReport(source, await survey(source, await toolchain()));
  return { source, guards: await guardReport(report, source, await toolchain()) };
}

/** The same of C of which a piece is another. */
async function guardsWith(piece: string, other: string): Promise<GuardReport> {
  expect(text).toContain(piece);
  const changed = await mkdtemp(join(tmpdir(), 'lostbit-guarded-'));
  try {
    await writeFile(join(changed, unit), text.replace(piece, other));
    return (await guardsIn(changed)).guards;
  } finally {
    await rm(changed, { recursive: true });
  }
}

const names = (fields: readonly { field: string; lock: string }[]) =>
  fields.map(({ field, lock }) => `${field} by ${lock}`).sort();

const guarded = (field: string, lock: string, line = 7): GuardedField => ({
  struct: 'lane',
  field,
  defined: { file: unit, line },
  lock,
  isMember: true,
  ways: 1,
});

describe('fields whose writers agree on a lock', () => {
  test('are annotated where clang confirms it, and the diff applies', async () => {
    const { guards } = await guardsIn(dir);
    expect(names(guards.proved)).toEqual(['busy by tx_lock', 'tuned by config']);
    expect(guards.diff).toMatch(/^--- a\/guarded\.c\n\+\+\+ b\/guarded\.c\n@@ /);
    const tree = new Map([[unit, text]]);
    const annotated = applyPatch(tree, { name: 'guarded.patch', text: guards.diff, strip: 1 }).get(unit);
    expect(annotated).toBe(
      text
        .replace('bool busy:1;', 'bool busy:1 __guarded_by(&tx_lock);')
        .replace('unsigned int tuned:1;', 'unsigned int tuned:1 __guarded_by(&config);'),
    );
  });

  test('are left out where the annotation has no place, or clang warns', async () => {
    const { guards } = await guardsIn(dir);
    const why = Object.fromEntries(guards.notProved.map((one) => [one.guarded.field, one.why]));
    expect(why).toEqual({
      guarded: 'one declaration declares several fields',
      inner: 'it is declared in a struct within the struct, from where the lock has no name',
      peeked: expect.stringMatching(/^guarded\.c:\d+: reading variable 'peeked' requires holding/),
      handed: expect.stringMatching(/^guarded\.c:\d+: writing variable 'handed' requires holding/),
    });
  });

  test('are none where one writer does not hold it', async () => {
    const { guards } = await guardsIn(dir);
    expect(guards.unguarded).toMatchObject([{ field: 'stopped', lock: 'lane.tx_lock', isUnknown: true }]);
    expect(guards.unguarded[0]!.why).toContain('lane_done() at guarded.c:');

    const without = await guardsWith('scoped_guard(spinlock_irq, &lane->tx_lock)', 'if (lane)');
    expect(names(without.proved)).toEqual(['tuned by config']);
    expect(without.unguarded.map(({ field }) => field)).toEqual(['busy', 'stopped']);
  });
});

describe('the proof', () => {
  const proof = async (...fields: readonly GuardedField[]) => {
    const { source } = await guardsIn(dir);
    const { annotations, leftOut } = annotationsOf(fields, source.text);
    expect(leftOut).toEqual([]);
    const { proved, unproved } = await prove(annotations, source, source.units, await toolchain());
    return [
      ...proved.map(({ guarded: { field } }) => `${field}: proved`),
      ...unproved.map(({ annotation, why }) => `${annotation.guarded.field}: ${why}`),
    ];
  };

  test('refuses the wrong lock, and keeps the right one beside it', async () => {
    const [right, wrong] = await proof(guarded('busy', 'config'), guarded('tuned', 'config'));
    expect(right).toBe('tuned: proved');
    expect(wrong).toMatch(/^busy: guarded\.c:\d+: writing variable 'busy' requires holding mutex/);
  });

  test('refuses what clang cannot read, and keeps the rest', async () => {
    const [right, wrong] = await proof(guarded('busy', 'no_such_lock'), guarded('tuned', 'config'));
    expect(right).toBe('tuned: proved');
    expect(wrong).toMatch(/^busy: clang cannot read the annotation: .*no_such_lock/);
  });

  test('says nothing of what the analysis does not see written', async () => {
    expect(await proof(guarded('idle', 'tx_lock'))).toEqual(['idle: the analysis sees none of its writers']);
  });
});

describe('declarations', () => {
  const why = (body: string, field = 'busy') => {
    const { annotations, leftOut } = annotationsOf([guarded(field, 'lock', 1)], () => body);
    return (
      leftOut[0]?.why ?? annotations.map(({ line, at }) => `${line}: ${body.slice(0, at).split('\n').at(-1)}`)
    );
  };

  test('are found by name in the definition of the struct alone', () => {
    expect(why('struct lane {\n\t/* busy:1; */\n\tbool busy : 1 ; // busy:1;\n};\n')).toEqual([
      '3: \tbool busy : 1',
    ]);
    expect(why('struct lane {\n\tbool other:1;\n};\nstruct next {\n\tbool busy:1;\n};\n')).toMatch(
      /no declaration/,
    );
  });

  test('that cannot be annotated say why', () => {
    expect(why('struct lane {\n\tbool other:1, busy:1;\n};\n')).toBe(
      'one declaration declares several fields',
    );
    expect(why('struct lane {\n\tGROUP(flags, bool busy:1;);\n};\n')).toMatch(/macro's argument/);
    expect(why('struct lane {\n#ifdef A\n\tbool busy:1;\n#else\n\tu8 busy:1;\n#endif\n};\n')).toMatch(
      /more than once/,
    );
    expect(why('struct lane {\n\tstruct {\n\t\tbool busy:1;\n\t} flags;\n};\n', 'flags.busy')).toMatch(
      /within the struct/,
    );
    expect(why('struct lane {\n\tbool busy:1 __guarded_by(&lock);\n};\n')).toBe('it is annotated already');
    expect(why('MAKE_LANE(busy)\n')).toMatch(/a macro makes it/);
  });
});

describe('lostbit hazards --guarded-by', () => {
  test('prints the diff alone, and says the rest beside it', async () => {
    const { status, stdout, stderr } = await within(dir, [
      ...['hazards', unit, '--guarded-by', '--verbose', '--toolchain', await quickest],
    ]);
    expect(status).toBe(0);
    expect(stdout).toBe((await guardsIn(dir)).guards.diff);
    expect(stderr).toContain('2 bit-fields annotated, proved by clang’s context analysis of 1 file');
    expect(stderr).toContain('not proved: lane.guarded by tx_lock: one declaration declares several fields');
    expect(stderr).toMatch(/of 1 bit-field it is not known whether a lock guards it.*\n {2}lane\.stopped by/);
  });

  test('has them in its JSON', async () => {
    const { stdout } = await within(dir, [
      ...['hazards', unit, '--guarded-by', '--json', '-', '--toolchain', await quickest],
    ]);
    const { guardedBy } = hazardDocument.parse(JSON.parse(stdout));
    expect(guardedBy).toContainEqual(
      expect.objectContaining({ struct: 'lane', field: 'busy', lock: 'tx_lock', proved: true, why: null }),
    );
    expect(guardedBy?.filter(({ proved, why }) => !proved && why !== null)).toHaveLength(5);
  });

  test('ends well where there is nothing to annotate', async () => {
    await writeFile(join(dir, 'plain.c'), 'int plain(void)\n{\n\treturn 0;\n}\n');
    const { status, stdout, stderr } = await within(dir, [
      ...['hazards', 'plain.c', '--guarded-by', '--toolchain', await quickest],
    ]);
    expect({ status, stdout }).toEqual({ status: 0, stdout: '' });
    expect(stderr).toContain('nothing to annotate');
  });

  test('is of one state of the sources', async () => {
    const { status, stderr } = await within(dir, ['hazards', unit, '--guarded-by', '--against', 'tree']);
    expect(status).toBe(2);
    expect(stderr).toContain('--guarded-by is of one state of the sources');
  });
});
