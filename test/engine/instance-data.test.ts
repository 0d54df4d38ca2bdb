// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import reloadBeforeOpen from '../../scenarios/reload-before-open.js';
import { knowingMeanings } from '../../src/engine/instrument/meanings.js';
import { memoryAccesses } from '../../src/engine/instrument/memory-accesses.js';
import { rebased } from '../../src/engine/instrument/rebase.js';
import { Replayer } from '../../src/engine/replay/replay.js';
import { configure } from '../../src/source/config.js';
import { loadStage } from '../../src/source/stage.js';
import { type Build, buildModule } from '../../src/toolchain/build.js';
import { unedited } from '../../src/wasm/edits.js';
import { instanceDataOf } from '../../src/wasm/instance-data.js';
import { build, caseOf, closeToolchains, raceUntilForbidden, toolchain } from '../support/race.js';
import { closeSessions, runOn } from '../support/run.js';
import { closeSimulations, explore } from '../support/simulation.js';

afterAll(closeToolchains);
afterAll(closeSessions);
afterAll(closeSimulations);

const RACE = 'intx-mask-vs-bar-write';

/** All variables of the excerpt are the machine's: every address in its code is rebased, by 0 where nobody says more. */
describe('a stage all of whose variables each machine has', () => {
  let stage: Build;
  let asEver: Build;
  beforeAll(async () => {
    const tree = configure((await loadStage('base')).tree, {});
    const options = { bitfieldAccess: 'fine', optimize: '2' } as const;
    stage = await buildModule(tree, await toolchain(), options, {}, () => true);
    asEver = await build('base');
  });

  test('has its addresses rebased, and all accesses by the numbers and at the places that they had', () => {
    expect(instanceDataOf(stage.bytes).instructions.length).toBeGreaterThan(300);
    expect(instanceDataOf(asEver.bytes)).toMatchObject({ start: 0, end: 0, instructions: [] });
    const places = memoryAccesses(stage.bytes).map(({ offset }) => offset);
    for (const before of [unedited(stage.bytes), knowingMeanings(stage.bytes)]) {
      const { bytes, original, moved } = rebased(stage.bytes, before);
      const accesses = memoryAccesses(bytes);
      expect(accesses.map(({ offset }) => original(offset))).toEqual(places);
      expect(places.map(moved)).toEqual(accesses.map(({ offset }) => offset));
      expect(WebAssembly.validate(bytes)).toBe(true);
    }
    expect(rebased(asEver.bytes).bytes).toBe(asEver.bytes);
  });

  test('is explored and replayed as ever', async () => {
    const found = await explore(stage, RACE);
    const before = await explore(asEver, RACE);
    expect(found.executions).toBe(before.executions);
    const seen = ({ outcomes }: typeof found) =>
      outcomes.map(({ values, grade, count }) => [values, grade, count]);
    expect(seen(found)).toEqual(seen(before));
    expect(found.outcomes.length).toBeGreaterThan(1);
    const replayer = new Replayer(stage);
    try {
      for (const { runs, values } of found.outcomes) {
        const result = await replayer.replay(caseOf(RACE, 'base', stage), runs, { times: 20 });
        expect(result.endings).toEqual({ done: 20, deadlock: 0, trap: 0, hang: 0 });
        expect(result.outcomes.map((one) => one.values)).toEqual([values]);
      }
    } finally {
      await replayer.close();
    }
  });

  test('runs and races as ever', async () => {
    const ran = await runOn(stage, reloadBeforeOpen);
    const before = await runOn(asEver, reloadBeforeOpen);
    expect(ran.kinds).toEqual(before.kinds);
    expect(ran.verdict).toBe('fails');
    expect((await raceUntilForbidden(caseOf(RACE, 'base', stage))).forbidden).toBeGreaterThan(0);
  });
});
