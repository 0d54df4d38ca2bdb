// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { encodeScenario } from '../../../src/engine/encode.js';
import { hookAccesses } from '../../../src/engine/instrument/hook-accesses.js';
import { memoryAccesses } from '../../../src/engine/instrument/memory-accesses.js';
import { DebugInfo } from '../../../src/layout/debug-info.js';
import { type Instrumented, Machine } from '../../../src/machine/machine.js';
import { actorOf, isRace, type RaceScenario } from '../../../src/scenario/scenario.js';
import type { Build } from '../../../src/toolchain/build.js';
import type { Edited } from '../../../src/wasm/edits.js';
import { sectionsOf } from '../../../src/wasm/sections.js';
import { catalogue } from '../../../subjects/vfio-pci/scenarios/index.js';
import { build, closeToolchains } from '../../support/race.js';

const hook = `
#include <linux/types.h>

u64 hooked[3];

__attribute__((export_name("count_access"), used)) void count_access(u32 address, u32 bytes, u32 kind)
{
	(void)address;
	(void)bytes;
	hooked[kind]++;
}
`;

/** Room for four devices and what their set-up allocates. */
const arenaBytes = 128 * 1024;

describe('the base stage', () => {
  let stage: Build;
  let hooked: Edited;
  let debugInfo: DebugInfo;

  beforeAll(async () => {
    stage = await build('base', { mutate: (tree) => new Map(tree).set('lab/count_access.c', hook) });
    hooked = hookAccesses(stage.bytes, { hook: 'count_access', skip: () => false });
    debugInfo = DebugInfo.fromWasm(stage.bytes);
  });
  afterAll(closeToolchains);

  /**
   * Runs the set-up of a scenario, then its actors' steps one after the other, the last actor's first: who waits in
   * a scenario comes before who is waited for. What is in memory then, except for offsets of code.
   */
  async function memoryAfter(instrumented: Instrumented | undefined, scenario: RaceScenario) {
    const machine = new Machine(stage.bytes, instrumented);
    try {
      await machine.start(1, []);
      encodeScenario(machine, {
        ...scenario,
        setup: [
          ...(scenario.setup ?? []),
          ...Object.values(scenario.actors)
            .reverse()
            .flatMap((actor) => actorOf(actor).steps),
        ],
      });
      const instances = machine.global('lab_instances');
      const start = machine.allocate(arenaBytes);
      for (const [field, value] of Object.entries({ start, stride: arenaBytes, bytes: arenaBytes, count: 1 }))
        instances.set(field, value);
      const returned = await machine.call(0, 'lab_setup');
      const memory = new Uint8Array(machine.memory.buffer.slice(0, start + arenaBytes));
      const { address } = debugInfo.variable('hooked');
      const counts = [...new BigUint64Array(memory.slice(address, address + 24).buffer)];
      memory.fill(0, address, address + 24);
      const caught = debugInfo.variable('stub_violations');
      memory.fill(0, caught.address + 4, caught.address + caught.type.size);
      return { returned, step: instances.get('setup_step'), counts, memory };
    } finally {
      await machine.stop();
    }
  }

  it.each(
    Object.entries(catalogue).flatMap(([name, scenario]) =>
      isRace(scenario) ? [[name, scenario] as const] : [],
    ),
  )('does the same, byte by byte, hooked and not: %s', async (_, scenario) => {
    const plain = await memoryAfter(undefined, scenario);
    const watched = await memoryAfter(hooked, scenario);
    expect(watched.returned).toBe(plain.returned);
    expect(watched.step).toBe(plain.step);
    expect(plain.counts).toEqual([0n, 0n, 0n]);
    for (const count of watched.counts.slice(0, 2)) expect(count).toBeGreaterThan(0n);
    expect(Buffer.compare(plain.memory, watched.memory)).toBe(0);
  });

  it('has the same accesses in the same order', () => {
    const sites = memoryAccesses(stage.bytes);
    expect(sites.length).toBeGreaterThan(2000);
    expect(sites.map(({ site }) => site)).toEqual(sites.map((_, i) => i));
    const moved = memoryAccesses(hooked.bytes);
    expect(moved.map(({ offset }) => hooked.original(offset))).toEqual(sites.map(({ offset }) => offset));
    for (const [i, access] of moved.entries())
      expect({ ...access, offset: 0 }).toEqual({ ...sites[i], offset: 0 });
  });

  it('changes nothing where nothing is hooked, but that what is about places in the code is gone', () => {
    const { bytes } = hookAccesses(stage.bytes, { hook: 'count_access', skip: () => true });
    const kept = sectionsOf(stage.bytes).filter(
      ({ name }) => !name.startsWith('.debug_') && name !== 'lostbit.instance_data',
    );
    const parts = kept.map(({ start, end }) => stage.bytes.subarray(start, end));
    expect(Buffer.compare(bytes, Buffer.concat([stage.bytes.subarray(0, 8), ...parts]))).toBe(0);
  });

  it('keeps its exports and its names', () => {
    const shape = (bytes: Uint8Array<ArrayBuffer>) => {
      const module = new WebAssembly.Module(bytes);
      const names = Buffer.from(WebAssembly.Module.customSections(module, 'name')[0]!).toString('hex');
      return [WebAssembly.Module.exports(module), WebAssembly.Module.imports(module), names];
    };
    expect(shape(hooked.bytes)).toEqual(shape(stage.bytes));
  });
});
