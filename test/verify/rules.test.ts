// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { notExclusive } from '../../src/engine/simulate/exclusive.js';
import { violationKind } from '../../src/engine/violations.js';
import { DebugInfo } from '../../src/layout/debug-info.js';
import { ruleOf, rules } from '../../src/verify/rules.js';
import { compileWasm } from '../layout/compile.js';
import { root } from '../support/lostbit.js';
import { build, closeToolchains } from '../support/race.js';

afterAll(closeToolchains);

const ids = rules.map(({ id }) => id);
const without = (kinds: readonly string[]) => kinds.filter((kind) => !ids.includes(ruleOf(kind)));

/** The kinds that a module's stub kernel has enumerators for; a lack of memory is lostbit’s own defect, one of processors the scenario’s. */
const kindsIn = (module: Uint8Array) =>
  [...DebugInfo.fromWasm(module).enumeration('stub_violation_kind').keys()]
    .filter((name) => name !== 'STUB_OUT_OF_MEMORY' && name !== 'STUB_OUT_OF_CPUS')
    .map(violationKind);

/** The kinds of violations that a source of an engine makes itself, each as it is written there. */
const madeIn = (source: string) =>
  Array.from(
    source.matchAll(/\bkind: ([^,\n]+),\s+(?:count: [^\n]+\s+)?(?:object: [^\n]+\s+)?message\b/g),
    ([, kind]) => kind!,
  );
/** Those that go by a name. */
const spelt = new Map([['notExclusive', notExclusive]]);
const ownKinds = (source: string) =>
  madeIn(source)
    .filter((kind) => !kind.startsWith('violationKind('))
    .map((kind) => spelt.get(kind) ?? kind.replaceAll("'", ''));

const engines = readdirSync(join(root, 'src/engine'), { recursive: true, encoding: 'utf8' })
  .filter((file) => file.endsWith('.ts'))
  .map((file) => ({ file, source: readFileSync(join(root, 'src/engine', file), 'utf8') }));

describe('there is a rule', () => {
  test('for every kind of violation of the stub kernel', async () => {
    const kinds = kindsIn((await build('base')).bytes);
    expect(kinds).toContain('use-after-free');
    expect(kinds.length).toBeGreaterThan(25);
    expect(without(kinds)).toEqual([]);
  });

  test('for every kind of an engine’s own', () => {
    const kinds = engines.flatMap(({ source }) => ownKinds(source));
    for (const kind of ['trap', 'hang', 'deadlock', 'livelock', 'shared-byte', notExclusive])
      expect(kinds).toContain(kind);
    expect(without(kinds)).toEqual([]);
    // Where the defaults of one are taken, there is one.
    for (const { file, source } of engines)
      expect(madeIn(source).length, file).toBeGreaterThanOrEqual(source.split('...ofEngine').length - 1);
  });

  test('for what is found beside violations', () => {
    expect(ids).toEqual(expect.arrayContaining(['lostbit/data-race', 'lostbit/forbidden-outcome']));
  });

  test('and a kind that has none is seen', async () => {
    const source = 'enum stub_violation_kind { STUB_LEAKED = 1, STUB_MELTED } kind;';
    expect(without(kindsIn(await compileWasm({ 'a.c': source }, ['-g'])))).toEqual(['melted']);
    for (const made of [
      "return { ...ofEngine, kind: 'melted', message, task };",
      "violations.push({\n  kind: 'melted',\n  message: describe(it),\n  ...ofEngine,\n});",
      "violations.push({\n  ...ofEngine,\n  kind: 'melted',\n  object: nameOf(it),\n  message: '',\n});",
    ])
      expect(without(ownKinds(made))).toEqual(['melted']);
    expect(without(ownKinds('return { ...ofEngine, kind: melted, message };'))).toEqual(['melted']);
  });
});

test('a rule is a line of its own, under an id that is one word', () => {
  expect(new Set(ids).size).toBe(ids.length);
  expect(new Set(rules.map(({ description }) => description)).size).toBe(rules.length);
  for (const { id, description } of rules) {
    expect(id).toMatch(/^lostbit\/[a-z]+(?:-[a-z]+)*$/);
    expect(description, id).toMatch(/^[^\n]{10,90}$/);
  }
});
