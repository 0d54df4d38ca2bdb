// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, describe, expect, test } from 'vitest';
import type { Violation } from '../../../src/engine/engine.js';
import { run } from '../../../src/engine/run/run.js';
import { Session } from '../../../src/engine/run/session.js';
import { Simulation } from '../../../src/engine/simulate/simulation.js';
import { checkScenario } from '../../../src/scenario/check.js';
import { loadScenario } from '../../../src/scenario/load.js';
import { isRace, type RaceScenario, type SequenceScenario } from '../../../src/scenario/scenario.js';
import type { Step as PlainStep } from '../../../src/scenario/step.js';
import type { Build } from '../../../src/toolchain/build.js';
import type { Devices } from '../../../subjects/vfio-pci/devices.js';
import {
  bind,
  configBlock,
  configRead,
  configUnblock,
  fail,
  load,
  lowPowerEntry,
  open,
  type Step,
} from '../../../subjects/vfio-pci/steps.js';
import { isExplained, readFindings } from '../../support/findings.js';
import { build, caseOf, closeToolchains, raceUntilForbidden, replaced } from '../../support/race.js';
import { asScenario, type RandomSequence, randomSequence } from '../../support/random-sequences.js';
import { seriesStages } from '../../support/run.js';
import { seed } from '../../support/seed.js';
import { sequenceOf } from '../../support/vfio.js';

afterAll(closeToolchains);

const findings = readFindings('docs/findings.md');
const longest = 25;
/** Another one with each run, unless it is given, as to see again what was printed. */

const seen = (violations: readonly Violation[]) =>
  violations
    .map(
      ({ kind, object, step, stack }) =>
        `  ${kind} ${object ?? ''} in ${step}: ${stack.map((frame) => frame.function).join(' < ')}\n`,
    )
    .join('');

/** The steps of a sequence in which nothing is observed. */
const stepsOf = ({ steps }: SequenceScenario) => steps as readonly PlainStep[];

/** Runs sequences until one has a violation that is looked for; the shortest like it, or `null`. */
async function search(
  build: Build,
  numRuns: number,
  wanted: (violation: Violation, ran: Parameters<typeof isExplained>[2]) => boolean,
): Promise<{ sequence: RandomSequence; text: string } | null> {
  const session = new Session(build, { patience: 1 });
  const caught = async ({ devices, steps }: RandomSequence) => {
    const scenario = sequenceOf({ title: '', devices, steps });
    checkScenario(scenario, 'what a person is to paste into a file');
    const { runs } = await run({ name: '', origin: '', stage: '', build, scenario }, session);
    const traced = runs[0]!.steps;
    return runs[0]!.violations.filter((violation) => wanted(violation, { steps: stepsOf(scenario), traced }));
  };
  try {
    // What the machine itself cannot cope with is no violation, but an error of the test.
    let error: unknown = null;
    const property = fc.asyncProperty(randomSequence(longest), async (sequence) => {
      const violations = await caught(sequence).catch((reason: unknown) => {
        error = reason;
        throw reason;
      });
      return violations.length === 0;
    });
    const details = await fc.check(property, { seed, numRuns });
    if (error !== null) throw error;
    if (details.counterexample === null) return null;
    const sequence = await withoutNeedlessSteps(
      details.counterexample[0],
      async (shorter) => (await caught(shorter)).length > 0,
    );
    const violations = await caught(sequence);
    return { sequence, text: `${asScenario(sequence)}\nLOSTBIT_SEED=${seed}\n${seen(violations)}` };
  } finally {
    await session.close();
  }
}

/** fast-check takes steps off both ends and makes them simpler; this takes out of the middle what is not needed. */
async function withoutNeedlessSteps(
  sequence: RandomSequence,
  shows: (sequence: RandomSequence) => Promise<boolean>,
): Promise<RandomSequence> {
  if (sequence.steps.length === 1) return sequence;
  for (const i of sequence.steps.keys()) {
    const { steps, lines } = sequence;
    const shorter = { ...sequence, steps: steps.toSpliced(i, 1), lines: lines.toSpliced(i, 1) };
    if (await shows(shorter)) return withoutNeedlessSteps(shorter, shows);
  }
  return sequence;
}

describe(`random sequences, LOSTBIT_SEED=${seed}`, () => {
  test('with all patches end without a violation that no finding explains', async () => {
    const found = await search(
      await build('p5'),
      1000,
      (violation, ran) => !findings.some((finding) => isExplained(violation, finding, ran)),
    );
    expect(found, found?.text).toBe(null);
  });

  test('before any patch upset the usage count, as few steps show', async () => {
    const kinds = ['usage-underflow', 'unbalanced-usage'];
    const found = await search(await build('base'), 5000, ({ kind }) => kinds.includes(kind));
    console.log(found?.text);
    const ops = found?.sequence.steps.map(({ op }) => op);
    expect(ops).toContain('load');
  });
});

describe('an explanation', () => {
  const explained = async (stage: string, devices: Devices, ...steps: Step[]) => {
    const module = await build(stage);
    const session = new Session(module);
    const scenario = sequenceOf({ title: '', devices, steps });
    const { runs, violations } = await run({ name: '', origin: '', stage, build: module, scenario }, session);
    await session.close();
    const ran = { steps: stepsOf(scenario), traced: runs[0]!.steps };
    return violations.map((one) => findings.some((finding) => isExplained(one, finding, ran)));
  };
  const opened = [load('vfio-pci'), bind('A'), open('A')];

  test('covers a wait for what a step before holds, on that device', async () => {
    const steps = [...opened, configBlock('A'), configUnblock('A'), configBlock('A'), configRead('A', 4, 2)];
    expect(await explained('p5', { A: {} }, ...steps)).toEqual([true]);
  });
  test('covers no wait for what nobody holds', async () => {
    const forgets = await build('p5', {
      mutate: (tree) =>
        replaced(
          tree,
          'vfio/pci/vfio_pci_power.c',
          '\tup_write(&vdev->memory_lock);\n\treturn ret;',
          '\treturn ret;',
        ),
    });
    const session = new Session(forgets);
    const steps = [...opened, lowPowerEntry('A'), lowPowerEntry('A')];
    const scenario = sequenceOf({ title: '', devices: { A: {} }, steps });
    const { runs, violations } = await run(
      { name: '', origin: '', stage: '', build: forgets, scenario },
      session,
    );
    await session.close();
    const ran = { steps: stepsOf(scenario), traced: runs[0]!.steps };
    expect(violations.map(({ kind }) => kind)).toContain('hang');
    expect(violations.filter((one) => findings.some((finding) => isExplained(one, finding, ran)))).toEqual(
      [],
    );
  });
  test('covers nothing that a patch mends', async () => {
    const vga = { A: { vga: true, belowBridge: true } };
    const steps = [load('vfio-pci'), fail('vfio_register_group_dev'), bind('A')];
    expect(await explained('base', vga, ...steps)).toEqual([false]);
    expect(await explained('p5', vga, ...steps)).toEqual([]);
  });
});

describe('docs/findings.md', () => {
  const shown = findings.filter(({ source }) => source !== null);
  const folder = mkdtempSync(join(tmpdir(), 'lostbit-findings-'));
  afterAll(() => rmSync(folder, { recursive: true }));

  test('has findings', () => {
    expect(shown.length).toBeGreaterThan(0);
  });

  const lost = shown.filter(({ failsThrough }) => failsThrough !== null);

  test.each(lost.flatMap((finding) => seriesStages.map((stage) => ({ ...finding, stage }))))(
    '$title: $stage',
    async ({ stage, title, source, failsThrough }) => {
      const file = join(folder, `lost-${findings.findIndex((one) => one.title === title)}.ts`);
      writeFileSync(file, source!);
      const { scenario } = await loadScenario(file, {});
      const simulation = new Simulation(await build(stage));
      const { outcomes } = await simulation.explore(
        caseOf(scenario as RaceScenario, stage, simulation.build),
      );
      await simulation.close();
      const fails = seriesStages.indexOf(stage) <= seriesStages.indexOf(failsThrough!);
      expect(outcomes.some(({ grade }) => grade === 'forbidden')).toBe(fails);
    },
  );

  const caught = shown.filter(({ failsThrough }) => failsThrough === null);

  test.each(caught.flatMap((finding) => ['base', 'p5'].map((stage) => ({ ...finding, stage }))))(
    '$title: $stage',
    async ({ stage, ...finding }) => {
      // A module that was loaded once is not read again.
      const file = join(folder, `${findings.findIndex(({ title }) => title === finding.title)}.ts`);
      writeFileSync(file, finding.source!);
      const { scenario } = await loadScenario(file, {});
      const module = await build(stage);
      if (isRace(scenario)) {
        const { violations } = await raceUntilForbidden(caseOf(scenario, stage, module));
        expect(violations.filter((violation) => isExplained(violation, finding, null))).not.toEqual([]);
        return;
      }
      const session = new Session(module);
      const named = { name: '', origin: '', stage, build: module, scenario: scenario as SequenceScenario };
      const { violations } = await run(named, session);
      await session.close();
      expect(violations).not.toEqual([]);
      expect(violations.filter((violation) => !isExplained(violation, finding, null))).toEqual([]);
    },
  );
});
