// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { readFileSync } from 'node:fs';
import { beforeAll, describe, expect, it } from 'vitest';
import { type HookOptions, hookAccesses } from '../../../src/engine/instrument/hook-accesses.js';
import { memoryAccesses } from '../../../src/engine/instrument/memory-accesses.js';
import { privateMemory, threadAreas } from '../../../src/engine/simulate/private-memory.js';
import { reportedSteps } from '../../../src/engine/simulate/reported-steps.js';
import { StepKind, stepKindOf } from '../../../src/engine/simulate/step.js';
import { DebugInfo } from '../../../src/layout/debug-info.js';
import { functionNames } from '../../../src/wasm/function-names.js';
import { compileWasm } from '../../layout/compile.js';

const source = readFileSync(new URL('fixtures/reported.c', import.meta.url), 'utf8');
const compile = (...flags: string[]) =>
  compileWasm({ 'reported.c': source }, [
    '-g',
    '-O2',
    '-matomics',
    '-mbulk-memory',
    '-ffile-compilation-dir=.',
    ...flags,
  ]);

let module: Uint8Array;
let room: number;
let indexOf: (name: string) => number;

beforeAll(async () => {
  module = await compile();
  room = DebugInfo.fromWasm(module).variable('room').address;
  const names = functionNames(module);
  indexOf = (name) => [...names].find(([, one]) => one === name)![0];
});

describe('hooks', () => {
  /** What a call reports: operands as offsets in the room, bytes, what. */
  async function reported(
    options: Partial<HookOptions>,
    name: string,
    ...args: number[]
  ): Promise<number[][]> {
    const { bytes } = hookAccesses(module, {
      hook: 'reported',
      what: ({ kind }) => (kind === 'memory.copy' ? 77 : 7),
      skip: () => false,
      ...options,
    });
    const { instance } = await WebAssembly.instantiate(bytes);
    (instance.exports[name] as (...args: number[]) => unknown)(...args);
    const memory = new DataView((instance.exports.memory as WebAssembly.Memory).buffer);
    const at = (variable: string) => DebugInfo.fromWasm(module).variable(variable).address;
    const word = (address: number) => memory.getUint32(address, true);
    const offset = (address: number) => (address === 0 ? 0 : address - room);
    return Array.from({ length: word(at('noted')) }, (_, i) => {
      const one = at('notes') + i * 16;
      return [offset(word(one)), offset(word(one + 4)), word(one + 8), word(one + 12)];
    });
  }
  const excluded = () => ({ excluded: { start: room + 16, bytes: 16 } });

  it('excludes accesses that start in the range, and no others', async () => {
    for (const offset of [12, 15, 32, 36])
      expect(await reported(excluded(), 'load', room + offset)).toEqual([[offset, 0, 4, 7]]);
    for (const offset of [16, 17, 31]) expect(await reported(excluded(), 'load', room + offset)).toEqual([]);
  });

  it('excludes by the effective address', async () => {
    expect(await reported(excluded(), 'store_behind', room + 8)).toEqual([]);
    expect(await reported(excluded(), 'store_behind', room + 24)).toEqual([[32, 0, 4, 7]]);
  });

  it('reports a copy in one call, unless both sides are excluded', async () => {
    const options = { ...excluded(), copyHook: 'copied' };
    expect(await reported(options, 'copy', room + 40, room + 16, 3)).toEqual([[40, 16, 3, 77]]);
    expect(await reported(options, 'copy', room + 16, room + 40, 3)).toEqual([[16, 40, 3, 77]]);
    expect(await reported(options, 'copy', room + 20, room + 16, 3)).toEqual([]);
  });

  it('reports a copy by its destination where there is no hook for copies', async () => {
    expect(await reported(excluded(), 'copy', room + 16, room + 40, 3)).toEqual([[16, 0, 3, 77]]);
    expect(await reported(excluded(), 'copy', room + 20, room + 16, 3)).toEqual([]);
  });

  it('reports what a compare-and-swap expects, and what it would write', async () => {
    const options = { ...excluded(), casHook: 'swapped' };
    const words = (low: number, high: number) => [0, 0, low, high];
    expect(await reported(options, 'compare_exchange', room + 40, -5)).toEqual([
      [40, 0, 4, 7],
      words(0xffff_fffb, 0),
      words(1, 0),
    ]);
    expect(await reported(options, 'compare_exchange_wide', room + 40)).toEqual([
      [40, 0, 8, 7],
      words(6, 5),
      words(8, 7),
    ]);
    expect(await reported(options, 'compare_exchange', room + 16, 0)).toEqual([]);
    // Without a hook of its own it is an access as any other.
    expect(await reported(excluded(), 'compare_exchange', room + 40, 0)).toEqual([[40, 0, 4, 7]]);
  });

  it('reports a fill with its length', async () => {
    expect(await reported(excluded(), 'fill', room + 40, 9)).toEqual([[40, 0, 9, 7]]);
    expect(await reported(excluded(), 'fill', room + 16, 9)).toEqual([]);
  });

  it('reports calls of the functions named, excluded range or not, and nothing inside them', async () => {
    const callee = (index: number) => (index === indexOf('lock') ? 99 : undefined);
    for (const offset of [40, 16])
      expect(await reported({ ...excluded(), callee }, 'use', room + offset, 1)).toEqual([
        [offset, 0, 4, 99],
        [offset, 0, 4, 99],
      ]);
    expect((await reported({}, 'use', room + 40, 1)).map(([, , , what]) => what)).toEqual([7, 7, 7, 7]);
  });

  it.each([{ hook: 'copied' }, { copyHook: 'reported' }, { copyHook: 'nobody' }, { casHook: 'copied' }])(
    'must fit: %o',
    async (wrong) => {
      await expect(reported(wrong, 'load', room)).rejects.toMatchObject({ code: 'E_HOOK' });
    },
  );
});

describe('the steps of a program', () => {
  it.each([
    ['drop_add', [StepKind.atomicAdd]],
    ['drop_sub', [StepKind.atomicAdd]],
    ['use_add', [StepKind.atomicRmw]],
    ['drop_or', [StepKind.atomicRmw]],
    ['drop_exchange', [StepKind.atomicRmw]],
    ['compare_exchange', [StepKind.compareExchange]],
    ['atomic_load', [StepKind.atomicLoad]],
    ['atomic_store', [StepKind.atomicStore]],
    ['load', [StepKind.load]],
    ['lock', [StepKind.load, StepKind.store]],
    ['copy', [StepKind.copy]],
    ['fill', [StepKind.store]],
  ])('%s', (name, kinds) => {
    const steps = reportedSteps(module);
    const accesses = memoryAccesses(module).filter(({ functionIndex }) => functionIndex === indexOf(name));
    expect(accesses.map(stepKindOf)).toEqual(kinds);
    expect(accesses.map(steps.what)).toEqual(accesses.map(({ site }, i) => site * 16 + kinds[i]!));
  });

  it('has memory that is private behind its data and the threads’ areas', () => {
    const areas = threadAreas(module);
    expect(areas.start % 65536).toBe(0);
    expect(areas.start).toBeGreaterThan(room);
    expect(areas.bytes).toBe(64 * 80 * 1024);
    expect(privateMemory(module)).toEqual({ start: areas.start + areas.bytes, bytes: 64 * 1024 });
  });

  it('must not wait by itself', async () => {
    const waiting = await compile('-DWAITS');
    const line = source.split('\n').findIndex((text) => text.includes('atomic_wait32')) + 1;
    const steps = reportedSteps(waiting);
    expect(() => hookAccesses(waiting, { ...steps, hook: 'reported' })).toThrow(
      expect.objectContaining({
        code: 'E_INSTRUCTION',
        message: `sleep (reported.c:${line}) cannot be simulated: it waits or wakes by itself`,
      }),
    );
    const { skip } = steps;
    const index = [...functionNames(waiting)].find(([, name]) => name === 'sleep')![0];
    expect(() =>
      hookAccesses(waiting, { ...steps, hook: 'reported', skip: (one) => one === index || skip(one) }),
    ).not.toThrow();
  });
});
