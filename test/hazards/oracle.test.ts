// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { pairsOf } from '../../src/hazards/pairs.js';
import type { Subject } from '../../src/subject/open.js';
import { openSubject } from '../../src/subject/open.js';
import type { SubjectDefinition } from '../../src/subject/subject.js';
import type { FileTree } from '../../src/toolchain/types.js';
import { embedded } from '../../subjects/index.js';
import { root } from '../support/lostbit.js';
import { closeToolchains, replaced } from '../support/race.js';
import {
  analysedAt,
  type Looked,
  lookedAt,
  type RecordedStore,
  recordedHazards,
  wasHeld,
} from './recorded.js';

afterAll(closeToolchains);

/**
 * The other witness: the recorder, which shares nothing with the analysis but the C. It has seen, in the scenarios of a subject, who
 * wrote which bits holding which locks, and which writes nothing orders.
 */
const subjects: Readonly<Record<string, () => Promise<Subject>>> = {
  'bare-flags': () => openSubject('bare-flags', embedded),
  'vfio-pci': () => openSubject('vfio-pci', embedded),
  'known races': knownRaces,
};

/** All of the gallery as one subject, so that there is one build. */
async function knownRaces(): Promise<Subject> {
  const gallery = join(root, 'examples/known-races');
  const names = (await readdir(gallery, { withFileTypes: true }))
    .filter((one) => one.isDirectory())
    .map(({ name }) => name);
  const all: SubjectDefinition[] = await Promise.all(
    names.map(async (name) => (await import(join(gallery, name, 'subject.ts'))).default),
  );
  const dir = await mkdtemp(join(tmpdir(), 'lostbit-gallery-'));
  try {
    const definition: SubjectDefinition = {
      title: 'All known races',
      source: names.map((name) => join(gallery, name, `${name}.c`)),
      scenarios: Object.assign({}, ...all.map(({ scenarios }) => scenarios)),
    };
    const file = join(dir, 'all.mjs');
    await writeFile(file, `export default ${JSON.stringify(definition)};`);
    return await openSubject(file, embedded);
  } finally {
    await rm(dir, { recursive: true });
  }
}

const looks = new Map<string, Promise<Looked>>();
function look(name: string, stage: string): Promise<Looked> {
  const key = `${name} ${stage}`;
  const found = looks.get(key) ?? subjects[name]!().then((subject) => lookedAt(subject, stage));
  looks.set(key, found);
  return found;
}

const storeText = ({ struct, fields, stack }: RecordedStore) =>
  `${struct}.${fields.join('+')} in ${stack.map((frame) => `${frame.function} ${frame.file}:${frame.line}`).join(' < ')}`;

/** Ways of the analysis that may be what was recorded: they end in the functions that were inlined into one. */
const waysOf = ({ ways }: Pick<Looked, 'ways'>, { struct, fields, stack }: RecordedStore) =>
  ways.filter((way) => {
    if (way.field.struct !== struct || !fields.includes(way.field.field)) return false;
    const chain = stack.map((frame) => frame.function).reverse();
    const isLine = stack.some(({ line, nearest }) => nearest === true || line === way.place.line);
    // Of stores that a compiler has made one, it is not known which function's they are.
    const outermost = way.path.lastIndexOf(chain[0]!);
    return outermost >= 0 && isLine && (stack[0]!.nearest === true || chain.at(-1) === way.path.at(-1));
  });

const unknownStores = (looked: Looked) => [
  ...new Set(looked.stores.filter((store) => waysOf(looked, store).length === 0).map(storeText)),
];

/** Executions of a store in which a lock was not held that the analysis says is held there whatever leads to it. */
function wrongLocks(looked: Looked): string[] {
  const wrong = looked.stores.flatMap((store) => {
    const ways = waysOf(looked, store);
    // It was some way that led there: what is wrong with all of them is wrong.
    const lacking = ways.map(({ locks }) => locks.filter((lock) => !wasHeld(lock, store.locks)));
    const [least] = lacking.toSorted((a, b) => a.length - b.length);
    return (least ?? []).map(
      ({ name }) =>
        `${storeText(store)}, ${store.op}: ${name} was not held, but ${store.locks.map((lock) => lock.name).join()}`,
    );
  });
  return [...new Set(wrong)];
}

/** Hazards of the recorder that are not among the pairs of the analysis. */
function missedHazards(looked: Looked): string[] {
  const spans = new Map(
    looked.ways.map(({ field }) => [`${field.struct}.${field.field}`, field.gcc] as const),
  );
  const { hazards } = pairsOf(looked.ways);
  const pairs = new Set(
    hazards.map(({ struct, fields: [a, b] }) => `${struct}: ${[a.field, b.field].sort().join(' × ')}`),
  );
  return recordedHazards(looked, (struct, field) => spans.get(`${struct}.${field}`) ?? null)
    .map(({ struct, hazard }) => `${struct}: ${[...hazard.fields].sort().join(' × ')}`)
    .filter((text) => !pairs.has(text));
}

describe('what the analysis has wrong is found', () => {
  const file = 'subjects/bare-flags/flags.c';
  const [a, b] = ['packed.a = value;', 'packed.b = value;'];
  /** The same lines of C, otherwise: what ran is what it was. */
  const spoilt = async (changes: Readonly<Record<string, string>>): Promise<Looked> => {
    const subject = await subjects['bare-flags']!();
    const all = {
      '#include <linux/errno.h>\n\n': '#include <linux/errno.h>\n#include <linux/mutex.h>\n',
      'enum flag {': 'static DEFINE_MUTEX(late); enum flag {',
      ...changes,
    };
    const mutate = (tree: FileTree) =>
      Object.entries(all).reduce((files, [from, to]) => replaced(files, file, from, to), tree);
    return {
      ...(await look('bare-flags', 'base')),
      ...(await analysedAt(subject, 'base', new Set(), mutate)),
    };
  };
  const locked = (store: string) => `mutex_lock(&late); ${store} mutex_unlock(&late);`;

  test('a store that is not there', async () => {
    expect(unknownStores(await spoilt({ [a]: 'packed.c = value;' }))).toEqual([
      expect.stringMatching(/^packed\.a in op_flag_write/),
    ]);
  });

  test('a lock that is not held', async () => {
    expect(wrongLocks(await spoilt({ [a]: locked(a) }))).toEqual([
      expect.stringMatching(/^packed\.a in op_flag_write .*: late was not held/),
    ]);
  });

  test('a pair that is kept apart', async () => {
    expect(missedHazards(await spoilt({ [a]: locked(a), [b]: locked(b) }))).toEqual(['packed: a × b']);
  });
});

describe.each<[string, string, { stores: number; locked: number; hazards: number }]>([
  ['bare-flags', 'base', { stores: 3, locked: 0, hazards: 1 }],
  ['known races', 'base', { stores: 20, locked: 3, hazards: 8 }],
  ['vfio-pci', 'base', { stores: 100, locked: 40, hazards: 4 }],
])('%s at %s', (name, stage, least) => {
  test('every store of a bit-field that ran is one that the analysis has', async () => {
    const looked = await look(name, stage);
    expect(unknownStores(looked)).toEqual([]);
    expect(looked.stores.length).toBeGreaterThanOrEqual(least.stores);
  });

  test('a lock that it says is held was held each time', async () => {
    const looked = await look(name, stage);
    expect(wrongLocks(looked)).toEqual([]);
    const locked = looked.stores.filter((store) =>
      waysOf(looked, store).some(({ locks }) => locks.length > 0),
    );
    expect(locked.length).toBeGreaterThanOrEqual(least.locked);
  });

  test('a hazard that was met is among its pairs, and none that are kept apart', async () => {
    const looked = await look(name, stage);
    expect(missedHazards(looked)).toEqual([]);
    const spans = new Map(
      looked.ways.map(({ field }) => [`${field.struct}.${field.field}`, field.gcc] as const),
    );
    const found = recordedHazards(looked, (struct, field) => spans.get(`${struct}.${field}`) ?? null);
    expect(found.length).toBeGreaterThanOrEqual(least.hazards);
  });
});
