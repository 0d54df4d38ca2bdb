// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { hookAccesses } from '../../../src/engine/instrument/hook-accesses.js';
import { placedFor } from '../../../src/engine/instrument/placed.js';
import { withCoroutines } from '../../../src/engine/simulate/coroutines.js';
import { gated, simulated } from '../../../src/engine/simulate/instrument.js';
import { privateMemory, threadAreas } from '../../../src/engine/simulate/private-memory.js';
import { isFrame, reportedSteps } from '../../../src/engine/simulate/reported-steps.js';
import { withSharedMemory } from '../../../src/engine/simulate/shared-memory.js';
import { StepKind } from '../../../src/engine/simulate/step.js';
import { DebugInfo } from '../../../src/layout/debug-info.js';
import type { Build } from '../../../src/toolchain/build.js';
import { functionNames } from '../../../src/wasm/function-names.js';
import intxMaskVsBarWrite from '../../../subjects/vfio-pci/scenarios/intx-mask-vs-bar-write.js';
import { Coroutines, memoryAfterSetup, Uninterrupted } from '../../support/coroutines.js';
import { build, closeToolchains } from '../../support/race.js';

afterAll(closeToolchains);

/** Stands in for what lets real threads through: it notes its arguments, and what is in memory then. */
const recorder = `
#include <linux/types.h>

u32 notes;
u32 note[4096][4];

void __attribute__((export_name("lab_gate"), used)) lab_gate(u32 address, u32 bytes, u32 what)
{
	u32 *one = note[notes++];

	one[0] = address;
	one[1] = bytes;
	one[2] = what;
	one[3] = *(u32 *)(address & ~3u);
}

void __attribute__((export_name("lab_gate_copy"), used)) lab_gate_copy(u32 to, u32 from, u32 bytes, u32 what)
{
	(void)from;
	lab_gate(to, bytes, what);
}
`;

type Note = readonly [address: number, bytes: number, what: number, before: number];

const { acquire, tryAcquire, release } = StepKind;
const kinds: Readonly<Record<string, number>> = {
  stub_acquire: acquire,
  stub_try_acquire: tryAcquire,
  stub_release: release,
};

describe('a config write and a BAR write at base', () => {
  let stage: Build;
  let start: Uint8Array;
  let threads: Coroutines;

  beforeAll(async () => {
    stage = await build('base', { mutate: (tree) => new Map(tree).set('lab/replay.c', recorder) });
    start = await memoryAfterSetup(stage.bytes, intxMaskVsBarWrite);
    threads = await coroutines((await simulated(stage.bytes, false)).bytes);
  });

  async function coroutines(bytes: Uint8Array<ArrayBuffer>): Promise<Coroutines> {
    return new Coroutines(await WebAssembly.compile(bytes), start, threadAreas(stage.bytes).start, 2);
  }

  const inPrivate = (address: number) => {
    const { start, bytes } = privateMemory(stage.bytes);
    return address >= start && address < start + bytes;
  };

  /** What a module that runs without a scheduler notes of both actors, one after the other. */
  async function noted(bytes: Uint8Array<ArrayBuffer>): Promise<Note[]> {
    const program = new Uninterrupted(await WebAssembly.compile(bytes), start);
    const at = (name: string) => DebugInfo.fromWasm(stage.bytes).variable(name).address >> 2;
    const { words } = program;
    words[at('notes')] = 0;
    for (const actor of [0, 1]) program.run(actor, threadAreas(stage.bytes).start);
    const first = at('note');
    return Array.from({ length: words[at('notes')]! }, (_, i) => {
      const [address, size, what, before] = words.subarray(first + i * 4, first + i * 4 + 4);
      return [address!, size!, what! | 0, before!];
    });
  }

  /** What both actors reported to the scheduler, in the same form; of a lock, its kind alone. */
  function reportedByBoth(of = threads): Note[] {
    of.reset();
    of.leaves = () => false;
    of.run(0);
    of.run(1);
    return of.reported.map(({ name, args, before }): Note => {
      const kind = kinds[name];
      if (kind !== undefined) return [args[0]!, 4, kind, before];
      const [address, ...rest] = args;
      return [address!, rest.at(-2)!, rest.at(-1)!, before];
    });
  }

  it('gets a report of each access of what is not private, in order and beforehand', async () => {
    const steps = reportedSteps(stage.bytes);
    const all = await noted(
      hookAccesses(placedFor(stage.bytes, false).bytes, {
        hook: 'lab_gate',
        skip: steps.skip,
        what: steps.what,
        isOwn: (site) => steps.isOwn?.(site) ?? false,
      }).bytes,
    );
    const shared = all.filter(([address]) => !inPrivate(address));
    expect(all.length).toBeGreaterThan(shared.length + 20);
    const { sites } = await simulated(stage.bytes, false);
    // One with several variants is reported as the one that it is there.
    const plain = (what: number) => {
      const site = sites[what >>> 4];
      return ((site?.variantOf ?? what >>> 4) << 4) | (what & 15);
    };
    const accesses = reportedByBoth()
      .filter(([, , what]) => what > 15 && !isFrame(what))
      .map(([address, bytes, what, before]): Note => [address, bytes, plain(what), before]);
    expect(accesses.length).toBeGreaterThan(100);
    expect(accesses).toEqual(shared);
  });

  it('gets the same steps as a gate on a real thread, those of locks included', async () => {
    const steps = reportedByBoth();
    const gate = await noted(gated(stage.bytes, false).bytes);
    const kindOf = ([address, bytes, what, before]: Note): Note => [address, bytes, what & 15, before];
    expect(gate.map(kindOf)).toEqual(steps.map(kindOf));
    expect(steps.filter(([, , what]) => what === acquire).length).toBeGreaterThan(4);
    expect(steps.filter(([, , what]) => what === release).length).toBeGreaterThan(4);
  });

  it('gives the sites that are reported', async () => {
    const { sites } = await simulated(stage.bytes, false);
    const command = reportedByBoth()
      .filter(([, , what]) => what > 15)
      .map(([, bytes, what]) => ({ site: sites[what >>> 4]!, bytes, kind: what & 15 }));
    // How much is copied is only known when it is.
    for (const { site, bytes } of command) expect(site.bytes ?? bytes).toBe(bytes);
    const flag = command.filter(({ site }) => site.stack[0]?.function === 'follow_virtual_intx_disable');
    expect(flag.map(({ kind }) => kind)).toContain(StepKind.store);
  });

  it('goes on where it was left, at each step, as if it had not been', () => {
    const steps = reportedByBoth().length;
    const undisturbed = memoryOf(threads);
    for (let n = 0; n < steps; n++) {
      threads.reset();
      let step = 0;
      threads.leaves = () => step++ === n;
      let left = 0;
      for (const actor of [0, 1]) while (!threads.run(actor)) left++;
      expect(left).toBe(1);
      expect(memoryOf(threads).equals(undisturbed)).toBe(true);
    }
    expect(threads.observe(2)).toEqual([1n, 1n]);
  });

  /** All but the threads' own: what is left on a stack is nobody's business. */
  function memoryOf({ memory }: Coroutines): Buffer {
    const states = privateMemory(stage.bytes);
    const all = Buffer.from(memory.buffer, 0, start.length);
    const behind = states.start + states.bytes;
    return Buffer.concat([all.subarray(0, threadAreas(stage.bytes).start), all.subarray(behind)]);
  }

  /** What both come to where the other runs in front of each of an actor's steps. */
  function outcomes(of: Coroutines, first: number): Set<string> {
    const seen = new Set<string>();
    for (let n = 0, done = false; !done; n++) {
      of.reset();
      let step = 0;
      of.leaves = () => step++ === n;
      done = of.run(first);
      of.leaves = () => false;
      of.run(1 - first);
      of.run(first);
      of.run(1 - first);
      seen.add(of.observe(2).join());
    }
    return seen;
  }

  it('loses an update where one runs between the other’s load and store', () => {
    expect([...outcomes(threads, 0)].sort()).toEqual(['1,0', '1,1']);
    expect([...outcomes(threads, 1)].sort()).toEqual(['0,1', '1,1']);
  });

  it('takes turns at every step', () => {
    threads.reset();
    threads.leaves = () => true;
    const done = [false, false];
    for (let turn = 0; done.includes(false); turn++) done[turn % 2] = threads.run(turn % 2);
    expect(threads.observe(2).every((value) => value === 0n || value === 1n)).toBe(true);
  });

  it('is noticed where a function’s accesses are left out', async () => {
    const { locks: _, ...steps } = reportedSteps(stage.bytes);
    const { sites } = await simulated(stage.bytes, false);
    const blind = sites.find(({ stack }) => stack[0]?.function === 'follow_virtual_intx_disable')!.function;
    const names = functionNames(stage.bytes);
    const hooked = hookAccesses(placedFor(stage.bytes, false).bytes, {
      ...steps,
      hook: 'sim_access',
      copyHook: 'sim_copy',
      skip: (index) => steps.skip(index) || names.get(index) === blind,
    });
    const mutant = await coroutines(await withCoroutines(withSharedMemory(hooked.bytes)));
    expect(reportedByBoth(mutant).length).toBeLessThan(reportedByBoth().length);
    expect([...outcomes(mutant, 0)]).toEqual(['1,1']);
  });
});
