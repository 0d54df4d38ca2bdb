// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { LostbitError } from '../../src/errors.js';
import { checkScenario } from '../../src/scenario/check.js';
import { isScenarioFile, loadScenario } from '../../src/scenario/load.js';
import type { RaceScenario } from '../../src/scenario/scenario.js';
import { catalogue } from '../../subjects/vfio-pci/scenarios/index.js';

let dir: string;
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'lostbit-scenarios-'));
});
afterAll(() => rm(dir, { recursive: true }));

async function file(name: string, text: string): Promise<string> {
  const path = join(dir, name);
  await writeFile(path, text);
  return path;
}

const body = `
export default scenario({
  title: 'two flags',
  source: './flags.c',
  actors: { one: [call('set_a')], two: [call('set_b', 1, '&packed')] },
  observe: { a: 'packed.a', b: 'packed.b' },
  outcomes: [{ when: { a: 1, b: 1 }, grade: 'acceptable', note: 'kept' }],
});`;

/** The same by hand: there is less to load. */
const data = `
export default {
  title: 'two flags',
  source: './flags.c',
  actors: { one: [{ call: 'set_a', args: [] }], two: [{ call: 'set_b', args: [1, '&packed'] }] },
  observe: { a: 'packed.a', b: 'packed.b' },
  outcomes: [{ when: { a: 1, b: 1 }, grade: 'acceptable', note: 'kept' }],
};`;

describe('a scenario of the catalogue', () => {
  test.each(Object.keys(catalogue))('%s is well formed', async (name) => {
    expect((await loadScenario(name, catalogue)).scenario.title).toBe(catalogue[name]!.title);
  });
  test('that there is not: the nearest names are offered', async () => {
    await expect(loadScenario('intx-mask-vs-bar-wirte', catalogue)).rejects.toMatchObject({
      code: 'E_UNKNOWN_SCENARIO',
      advice: { hint: expect.stringContaining("'intx-mask-vs-bar-write'") },
    });
  });
});

describe("a user's file", () => {
  test.each([
    ['./two-flags.ts', true],
    ['two-flags.scenario.mjs', true],
    ['two-flags', false],
    ['two-flags.cjs', false],
    ['.ts', false],
  ])('is known by its name: %s', (name, is) => {
    expect(isScenarioFile(name)).toBe(is);
  });
  test.each(['two-flags.ts', 'two-flags.mjs', 'two-flags.scenario.ts'])(
    '%s outside of the package',
    async (name) => {
      const path = await file(name, `import { call, scenario } from 'lostbit';${body}`);
      const loaded = await loadScenario(path, catalogue);
      expect(loaded.name).toBe('two-flags');
      expect(Object.keys((loaded.scenario as RaceScenario).actors)).toEqual(['one', 'two']);
    },
  );
  test('that throws', async () => {
    const path = await file('throws.ts', `throw new Error('not today');${body}`);
    await expect(loadScenario(path, catalogue)).rejects.toMatchObject({
      code: 'E_SCENARIO_FILE',
      message: expect.stringContaining('not today'),
    });
  });
  test('that does not parse', async () => {
    const path = await file('broken.ts', 'export default scenario({');
    await expect(loadScenario(path, catalogue)).rejects.toMatchObject({ code: 'E_SCENARIO_FILE' });
  });
  test('that exports nothing', async () => {
    const path = await file('empty.ts', 'const x = 1; console.log(x);');
    await expect(loadScenario(path, catalogue)).rejects.toMatchObject({
      code: 'E_SCENARIO_FILE',
      message: expect.stringContaining('no default export'),
    });
  });
  test('that is not there', async () => {
    await expect(loadScenario(join(dir, 'nowhere.ts'), catalogue)).rejects.toMatchObject({
      code: 'E_SCENARIO_FILE',
    });
  });
});

describe("a user's file cannot", () => {
  const loading = async (name: string, text: string, late?: (error: LostbitError) => void) =>
    loadScenario(await file(name, text), catalogue, {
      ...(late && { late }),
    });
  test.each<[string, string, string, string]>([
    [
      'end the process',
      `process.exit(0);${data}`,
      'E_SCENARIO_FILE',
      'ended the process while it was loaded',
    ],
    [
      'speak for lostbit, and export nothing',
      `import { parentPort, workerData } from 'node:worker_threads';
      for (const port of [parentPort, workerData.port]) port?.postMessage({ kind: 'loaded', exported: {} });`,
      'E_SCENARIO_FILE',
      'has no default export',
    ],
    [
      'wait for ever',
      `await new Promise(() => {});${data}`,
      'E_SCENARIO_FILE',
      'its top-level await never settles',
    ],
    [
      'reject behind its back',
      `${data}\nPromise.reject(new Error('not today'));`,
      'E_SCENARIO_FILE',
      'not today',
    ],
    [
      'export a proxy that throws',
      'export default new Proxy({}, { ownKeys() { throw new Error("a trap"); } });',
      'E_SCENARIO_FILE',
      'a trap',
    ],
    [
      'throw what cannot be shown',
      'throw { toString() { throw new Error(); } };',
      'E_SCENARIO_FILE',
      'cannot be shown',
    ],
    [
      'throw what cannot be looked at',
      'throw new Proxy({}, { get() { throw 1; }, getPrototypeOf() { throw 2; } });',
      'E_SCENARIO_FILE',
      'cannot be shown',
    ],
    ['export code', 'export default { title: () => "t" };', 'E_BAD_SCENARIO', 'title is a function'],
    [
      'export what has no end',
      'const a = {}; a.a = a; export default a;',
      'E_BAD_SCENARIO',
      'nested too deep',
    ],
    [
      'export what is larger than any scenario',
      'export default { steps: new Array(1e9) };',
      'E_BAD_SCENARIO',
      'more than 2000000 parts',
    ],
    [
      'export names of JavaScript',
      `${data.replace('actors: {', "actors: { ['__proto__']: [],")}`,
      'E_BAD_SCENARIO',
      "'__proto__' in actors",
    ],
    [
      'write to the terminal by what it says',
      `throw new Error('\\x1b]0;pwned\\x07\\u202e');`,
      'E_SCENARIO_FILE',
      '\\x1b]0;pwned\\x07\\u202e',
    ],
  ])('%s', async (name, text, code, message) => {
    await expect(loading(`${name.replaceAll(' ', '-')}.mjs`, text)).rejects.toMatchObject({
      code,
      message: expect.stringContaining(message),
    });
  });

  test.each([
    ['exit', 'setTimeout(() => process.exit(0), 1);', 'exit.mjs ended the process after it was loaded'],
    ['throw', "setTimeout(() => { throw new Error('too late'); }, 1);", 'too late'],
    ['reject', "setTimeout(() => Promise.reject(new Error('too late')), 1);", 'too late'],
  ])('%s later and not be noticed', async (name, text, message) => {
    const failed = new Promise<LostbitError>((resolve, reject) => {
      loading(`${name}.mjs`, `await 0;${data}\n${text}`, resolve).catch((error: LostbitError) =>
        error.code === 'E_SCENARIO_FILE' ? resolve(error) : reject(error),
      );
    });
    const { code, message: thrown } = await failed;
    expect(code).toBe('E_SCENARIO_FILE');
    expect(thrown.replace('while', 'after')).toContain(message);
  });

  test('change anything outside', async () => {
    await loading('pollutes.mjs', `Object.prototype.polluted = process.env.POLLUTED = 'yes';${data}`);
    expect([({} as { polluted?: string }).polluted, process.env.POLLUTED]).toEqual([undefined, undefined]);
  });
});

describe('several files', () => {
  test('do not see each other', async () => {
    const alone = (name: string) =>
      file(
        name,
        `if (globalThis.loaded) throw new Error('another one was here');
globalThis.loaded = true;
${data}`,
      );
    const files = await Promise.all(['one.mjs', 'two.mjs', 'three.mjs'].map(alone));
    for (const one of [...files, files[0]!])
      await expect(loadScenario(one, catalogue)).resolves.toMatchObject({ file: one });
  });
});

describe('the check at run time refuses', () => {
  const good = {
    title: 't',
    setup: [],
    actors: { one: [{ op: 'open', args: [0] }], two: [{ op: 'close', args: [] }] },
    observe: { x: 'port.busy' },
    outcomes: [{ when: { x: 1 }, grade: 'acceptable', note: '' }],
  };
  const step = good.actors.one[0]!;
  const many = (count: number) =>
    Object.fromEntries(Array.from({ length: count }, (_, i) => [`a${i}`, [step]]));

  const repeated = (count: number) => Array.from({ length: count }, () => step);

  test('nothing in a good one', () => {
    expect(checkScenario(good, 'here')).toEqual(good);
    expect(() => checkScenario({ ...good, actors: many(64) }, 'here')).not.toThrow();
  });
  test.each<[string, object, string]>([
    ['one actor', { actors: many(1) }, '1 actors; a scenario has 2 to 64'],
    ['65 actors', { actors: many(65) }, '65 actors; a scenario has 2 to 64'],
    ['an actor of no step', { actors: { ...many(2), c: [] } }, "actor 'c' has 0 steps; an actor has 1 to 16"],
    ['17 steps', { actors: { ...many(2), c: repeated(17) } }, "actor 'c' has 17 steps; an actor has 1 to 16"],
    ['a set-up of 33 steps', { setup: repeated(33) }, 'a set-up of 33 steps; there may be 32 together'],
    [
      'a set-up that has no room for its faults',
      { setup: repeated(32), faults: { kmalloc: 1 } },
      'a set-up of 32 steps and 1 faults, a step each; there may be 32 together',
    ],
    [
      'nine arguments',
      { setup: [{ ...step, args: [1, 2, 3, 4, 5, 6, 7, 8, 9] }] },
      "a step 'open' has 9 arguments; there may be 8",
    ],
    [
      'nine values',
      { observe: Object.fromEntries(Array.from({ length: 9 }, (_, i) => [`v${i}`, 'port.busy'])) },
      '9 observed values; a scenario has 0 to 8',
    ],
    ['a wrong grade', { outcomes: [{ when: {}, grade: 'bad', note: '' }] }, 'grade'],
    ['no outcomes', { outcomes: [] }, 'outcomes'],
    [
      'a misspelt actor',
      { observe: { x: { returned: 'tow', step: 0 } } },
      "unknown actor in observe.x 'tow'",
    ],
    ['a step that there is not', { observe: { x: { returned: 'two', step: 1 } } }, 'has 1 steps, no step 1'],
    ['a path that begins with nothing', { observe: { x: '.busy' } }, "as 'port.busy'"],
    ['an exclusive path that is none', { exclusive: ['busy flag'] }, "as 'port.busy'"],
    ['C that is given to an op', { setup: [{ op: 'open', args: ['&port'] }] }, "op 'open' is given '&port'"],
    ['an unknown observation', { outcomes: [{ when: { y: 1 }, grade: 'forbidden', note: '' }] }, "'y'"],
    ['an argument that is no integer', { setup: [{ ...step, args: [1.5] }] }, 'setup'],
    ['a name that is none', { observe: { 'nic-0': 'port.busy' } }, "'nic-0' in observe is not a valid name"],
    [
      'a name that JavaScript takes for something else',
      { observe: { ['__proto__']: 'port.x' } },
      "'__proto__' in observe",
    ],
    [
      'a note of two lines',
      { outcomes: [{ when: {}, grade: 'forbidden', note: 'a\nb' }] },
      'control characters',
    ],
    ['a title that is turned round', { title: 'a\u202eb' }, 'control characters'],
    ['a long name', { actors: { one: [step], sixteencharacter: [step] } }, 'more than 15 characters'],
    ['devices', { devices: { A: {} } }, 'devices'],
    ['a step of another language', { setup: [{ ...step, device: 'A' }] }, 'device'],
    ['an unknown key', { expects: 'holds' }, 'expects'],
    ['no stage in the expectation', { expect: { failsThrough: null } }, 'expect'],
  ])('%s', (_, change, message) => {
    expect(() => checkScenario({ ...good, ...change }, 'here')).toThrow(
      expect.objectContaining({ code: 'E_BAD_SCENARIO', message: expect.stringContaining(message) }),
    );
  });
});
