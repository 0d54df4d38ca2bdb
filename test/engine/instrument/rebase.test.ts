// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { knowingMeanings } from '../../../src/engine/instrument/meanings.js';
import { memoryAccesses } from '../../../src/engine/instrument/memory-accesses.js';
import { rebased } from '../../../src/engine/instrument/rebase.js';
import { CodeMap } from '../../../src/layout/code-map.js';
import { buildModule } from '../../../src/toolchain/build.js';
import type { Optimize, ToolchainName } from '../../../src/toolchain/types.js';
import { unedited } from '../../../src/wasm/edits.js';
import { instanceDataOf } from '../../../src/wasm/instance-data.js';
import { type Call, callable, difference, misinformed } from '../../support/machine-copies.js';
import { build, closeToolchains, quickest, toolchain } from '../../support/race.js';
import { seed } from '../../support/seed.js';
import { assemble } from './assemble.js';
import { randomOf } from './random-setters.js';

afterAll(closeToolchains);

const text = (file: string) => readFileSync(new URL(`fixtures/statics/${file}`, import.meta.url), 'utf8');
const tree = new Map(['statics.c', 'shared.c'].map((file) => [file, text(file)]));

async function built(name: ToolchainName, optimize: Optimize): Promise<Uint8Array<ArrayBuffer>> {
  const options = { bitfieldAccess: 'fine', optimize } as const;
  const program = { tree, units: [...tree.keys()], own: ['statics.c'], modules: {} };
  return (await buildModule(program, await toolchain(name), options)).bytes;
}

/** Calls of all functions but those that show what machines share, in a random order, on copies in turn. */
function randomCalls(bytes: Uint8Array<ArrayBuffer>, count: number) {
  const random = randomOf(seed);
  const names = callable(bytes).filter((name) => name !== 'counts_shared');
  return Array.from({ length: count }, (_, i): Call & { copy: number } => ({
    name: names[i < names.length ? i : random(names.length)]!,
    args: [random(1 << random(32)), random(1 << random(32))],
    copy: random(3),
  }));
}

const quick = await quickest;
const builds: (readonly [ToolchainName, Optimize])[] = [
  [quick, '0'],
  [quick, '1'],
  [quick, '2'],
  [quick, 's'],
];
if (quick !== 'llvm') builds.push(['llvm', '2']);

describe.each(builds)('made by %s at -O%s', (name, optimize) => {
  let linked: Uint8Array<ArrayBuffer>;
  let moved: Uint8Array<ArrayBuffer>;
  beforeAll(async () => {
    linked = await built(name, optimize);
    moved = rebased(linked).bytes;
  });

  test('a program does on each copy of its data what it does alone', () => {
    expect(WebAssembly.validate(moved)).toBe(true);
    expect(difference(linked, moved, randomCalls(linked, 4000))).toBeNull();
  });

  test('accesses keep their numbers', () => {
    const kinds = (bytes: Uint8Array) => memoryAccesses(bytes).map(({ kind, bytes: width }) => [kind, width]);
    expect(kinds(moved)).toEqual(kinds(linked));
  });

  test('no place can be left out', () => {
    const data = instanceDataOf(linked);
    const calls = randomCalls(linked, 1500);
    const isNotify = (at: number) => linked[at] === 0xfe && linked[at + 1] === 0x00;
    const unseen: string[] = [];
    for (const dropped of data.instructions) {
      // Nobody waits there that could be woken.
      if (isNotify(dropped)) continue;
      const instructions = data.instructions.filter((one) => one !== dropped);
      const wrong = rebased(misinformed(linked, { instructions })).bytes;
      if (difference(linked, wrong, calls, data) === null) unseen.push(placeOf(linked, dropped));
    }
    for (const dropped of data.pointers) {
      const pointers = data.pointers.filter((one) => one !== dropped);
      if (difference(linked, moved, calls, { ...data, pointers }) === null) unseen.push(`at ${dropped}`);
    }
    expect(data.instructions.length).toBeGreaterThan(50);
    expect(data.pointers.length).toBeGreaterThan(10);
    expect(unseen).toEqual([]);
  });
});

describe('the base stage', () => {
  let linked: Uint8Array<ArrayBuffer>;
  beforeAll(async () => {
    linked = (await build('base')).bytes;
  });

  test('keeps its accesses, at the places that they had, whatever was made of it before', () => {
    expect(instanceDataOf(linked).instructions.length).toBeGreaterThan(20);
    const places = memoryAccesses(linked).map(({ offset }) => offset);
    for (const before of [unedited(linked), knowingMeanings(linked)]) {
      const { bytes, original, moved } = rebased(linked, before);
      const accesses = memoryAccesses(bytes);
      expect(accesses.map(({ offset }) => original(offset))).toEqual(places);
      expect(places.map(moved)).toEqual(accesses.map(({ offset }) => offset));
      expect(WebAssembly.validate(bytes)).toBe(true);
    }
  });
});

test('a module with nothing of the kind stays as it is', () => {
  const bytes = assemble([]);
  expect(rebased(bytes).bytes).toBe(bytes);
});

function placeOf(linked: Uint8Array, offset: number): string {
  const [frame] = CodeMap.fromWasm(linked).frames(offset);
  return `${frame?.function}:${frame?.line}`;
}
