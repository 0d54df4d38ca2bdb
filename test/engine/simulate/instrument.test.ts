import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import intxMaskVsBarWrite from '../../../scenarios/intx-mask-vs-bar-write.js';
import { simulated } from '../../../src/engine/simulate/instrument.js';
import { privateMemory } from '../../../src/engine/simulate/private-memory.js';
import { Coroutines, memoryAfterSetup } from '../../support/coroutines.js';
import { build, closeToolchains } from '../../support/race.js';

afterAll(closeToolchains);

describe('a config write against a BAR write at base', () => {
  let threads: Coroutines;

  beforeAll(async () => {
    const stage = await build('base');
    const { bytes } = await simulated(stage.bytes);
    const { memory } = await memoryAfterSetup(stage.bytes, intxMaskVsBarWrite);
    threads = new Coroutines(new WebAssembly.Module(bytes), memory, privateMemory(stage.bytes).start, 2);
  });

  it('keeps both updates, one after the other', () => {
    threads.run(0);
    threads.run(1);
    expect(threads.observe(2)).toEqual([1n, 1n]);
  });
  it('leaves anywhere', () => {
    threads.reset();
    threads.leaves = () => true;
    while (!threads.run(0));
    while (!threads.run(1));
    expect(threads.observe(2)).toEqual([1n, 1n]);
    const seen = new Set<string>();
    for (let n = 0, done = false; !done; n++) {
      threads.reset();
      let i = 0;
      threads.leaves = () => i++ === n;
      done = threads.run(0);
      threads.leaves = () => false;
      threads.run(1);
      threads.run(0);
      seen.add(threads.observe(2).join());
    }
  });
});
