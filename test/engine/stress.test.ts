// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { afterAll, describe, expect, test } from 'vitest';
import type { RaceScenario } from '../../src/scenario/scenario.js';
import { op } from '../../src/scenario/step.js';
import { twoFlags as bare } from '../../subjects/bare-flags/scenarios.js';
import { flagWrite } from '../../subjects/bare-flags/steps.js';
import {
  bind,
  configBlock,
  configRead,
  configWrite,
  load,
  open,
  PCI_COMMAND,
  PCI_COMMAND_INTX_DISABLE,
  returned,
} from '../../subjects/vfio-pci/index.js';
import intxMaskVsBarWrite from '../../subjects/vfio-pci/scenarios/intx-mask-vs-bar-write.js';
import { flagsBuild } from '../support/flags.js';
import { build, caseOf, closeToolchains, race, raceUntilForbidden, replaced } from '../support/race.js';
import { changed } from '../support/vfio.js';

afterAll(closeToolchains);

describe('bare flags', () => {
  test('two bit-fields of one byte lose updates, both of them', async () => {
    const raced = await raceUntilForbidden(caseOf(bare('packed.a', 'packed.b'), 'base', await flagsBuild()));
    expect(raced.forbidden).toBeGreaterThan(0);
    expect(raced.samples).toBe(raced.outcomes.reduce((sum, { count }) => sum + count, 0));
    // Nobody writes zero: a flag that is 0 was lost, and both cannot be.
    expect(raced.outcomes.map(({ values }) => values)).not.toContainEqual({ one: 0, two: 0 });
  });
  test('separate bools lose none', async () => {
    const raced = await race(caseOf(bare('plain.a', 'plain.b'), 'base', await flagsBuild()));
    expect(raced.outcomes).toMatchObject([{ values: { one: 1, two: 1 } }]);
    expect(raced.samples).toBeGreaterThan(0);
  });
  test('bit-fields in two bytes of a run lose updates where the access is wide', async () => {
    const wide = await flagsBuild({ bitfieldAccess: 'wide' });
    const raced = await raceUntilForbidden(caseOf(bare('packed.a', 'packed.i'), 'base', wide));
    expect(raced.forbidden).toBeGreaterThan(0);
  });
});

describe('the catalogue', () => {
  test.each([
    ['intx-mask-vs-bar-write', 'base', 'fine', 'fails'],
    ['intx-mask-vs-bar-write', 'base', 'wide', 'fails'],
    ['intx-mask-vs-bar-read', 'base', 'fine', 'fails'],
    ['low-power-entry-vs-config-write', 'base', 'wide', 'fails'],
    // What is lost here would be a defect of ours; where the simulator proves that nothing can be, it has the word.
    ['every-flag-its-own-bool', 'control', 'fine', 'holds'],
    ['every-flag-its-own-bool', 'control', 'wide', 'holds'],
  ] as const)('%s at %s, %s: %s', async (name, stage, bitfieldAccess, verdict) => {
    const what = caseOf(name, stage, await build(stage, { bitfieldAccess }));
    const raced = verdict === 'fails' ? await raceUntilForbidden(what) : await race(what);
    expect(raced.violations).toEqual([]);
    expect(raced.verdict).toBe(verdict);
    expect(raced.samples).toBeGreaterThan(0);
  });
});

describe('mutants', () => {
  const header = 'include/linux/vfio_pci_core.h';

  test('p3 with bardirty back beside virq_disabled in a bit-field is caught', async () => {
    const mutant = await build('p3', {
      mutate: (tree) =>
        replaced(
          replaced(tree, header, 'bool virq_disabled;', 'bool virq_disabled:1;'),
          header,
          'bool bardirty;',
          'bool bardirty:1;',
        ),
    });
    const raced = await raceUntilForbidden(caseOf('intx-mask-vs-bar-write', 'p3', mutant));
    expect(raced.forbidden).toBeGreaterThan(0);
  });

  test('a lock that is never given back is a violation, and the hang behind it too', async () => {
    const mutant = await build('base', {
      mutate: (tree) =>
        replaced(
          tree,
          'vfio/pci/vfio_pci_config.c',
          '\tup_write(&vdev->memory_lock);\n\treturn ret;',
          '\treturn ret;',
        ),
    });
    const twice = changed(intxMaskVsBarWrite, {
      actors: {
        first: [configWrite('A', PCI_COMMAND, 2, PCI_COMMAND_INTX_DISABLE)],
        second: [configWrite('A', PCI_COMMAND, 2, 0)],
      },
    });
    const raced = await race(caseOf(twice, 'base', mutant), { patience: 1 });
    expect(raced.verdict).toBe('fails');
    expect(raced.violations).toContainEqual(expect.objectContaining({ kind: 'lock-left-held' }));
    expect(raced.violations).toContainEqual(
      expect.objectContaining({
        kind: 'hang',
        message: expect.stringContaining('waiting for A.memory_lock'),
      }),
    );
  });

  test('code that traps is a violation that names the functions', async () => {
    const mutant = await build('base', {
      mutate: (tree) =>
        replaced(
          tree,
          'vfio/pci/vfio_pci_config.c',
          '\tif (is_bar(offset))\n\t\tvdev->bardirty = true;',
          '\tif (is_bar(offset))\n\t\t__builtin_trap();',
        ),
    });
    const raced = await race(caseOf('intx-mask-vs-bar-write', 'base', mutant));
    expect(raced.verdict).toBe('fails');
    const trap = raced.violations.find(({ kind }) => kind === 'trap');
    expect(trap).toMatchObject({ message: expect.stringContaining("'mover' trapped"), task: 'mover' });
    const frames = trap!.stack;
    expect(frames[0]).toMatchObject({ file: 'vfio/pci/vfio_pci_config.c' });
    expect(frames.at(-1)).toMatchObject({ function: 'lab_race' });
  });
});

describe('an actor that never returns', () => {
  const stuck = changed(intxMaskVsBarWrite, {
    actors: {
      resetter: [configBlock('A')],
      guest: [configRead('A', PCI_COMMAND, 2)],
    },
    observe: { read: returned('guest') },
    outcomes: [{ when: {}, grade: 'acceptable', note: 'whatever' }],
  });

  test('is reported with what it waits for, and the race ends', async () => {
    const raced = await race(caseOf(stuck, 'base', await build('base')), { seconds: 60, patience: 1 });
    expect(raced.verdict).toBe('fails');
    expect(raced.violations).toHaveLength(1);
    expect(raced.violations[0]).toMatchObject({
      kind: 'hang',
      message: expect.stringMatching(
        /'guest' never returned from step 0 \(config_read A 4 2\): waiting for A\.pdev\.\w+/,
      ),
    });
    expect(raced.seconds).toBeLessThan(30);
  });
});

describe('workers', () => {
  test('three and sixteen actors race on whatever processors there are', async () => {
    const built = await flagsBuild();
    for (const count of [3, 16]) {
      const names = Array.from({ length: count }, (_, i) => `actor${i}`);
      const many: RaceScenario = {
        ...bare('packed.a', 'packed.b'),
        actors: Object.fromEntries(
          names.map((name, i) => [name, [flagWrite(i % 2 ? 'packed.a' : 'packed.b', true)]]),
        ),
      };
      const raced = await race(caseOf(many, 'base', built), { seconds: 0.5 });
      expect(raced.workers).toBeGreaterThanOrEqual(count);
      expect(raced.workers % count).toBe(0);
      expect(raced.samples).toBeGreaterThan(0);
      expect(raced.violations).toEqual([]);
    }
  });

  test('two groups race side by side', async () => {
    const raced = await race(caseOf(bare('packed.a', 'packed.b'), 'base', await flagsBuild()), {
      workers: 4,
    });
    expect(raced.workers).toBe(4);
    expect(raced.samples).toBeGreaterThan(0);
  });

  test.each([
    [3, 'cannot be shared out'],
    [66, 'at most 64'],
  ])('%i of them are refused: %s', async (workers, message) => {
    const what = caseOf(bare('packed.a', 'packed.b'), 'base', await flagsBuild());
    await expect(race(what, { workers })).rejects.toMatchObject({
      code: 'E_WORKERS',
      message: expect.stringContaining(message),
    });
  });
});

describe('memory', () => {
  test('batches shrink to what fits', async () => {
    const devices = Object.fromEntries('ABCDEFGH'.split('').map((name) => [name, { intx: true }]));
    const wide = changed(intxMaskVsBarWrite, { devices });
    const raced = await race(caseOf(wide, 'base', await build('base')), { seconds: 0.3, workers: 16 });
    expect(raced.samples).toBeGreaterThan(0);
  });
});

describe('a race that is about nothing', () => {
  test('warns of steps that came back with an error every time', async () => {
    const closed = changed(intxMaskVsBarWrite, { setup: [load('vfio-pci'), bind('A')] });
    const raced = await race(caseOf(closed, 'base', await build('base')), { seconds: 0.2 });
    expect(raced.warnings).toEqual([
      expect.stringMatching(/step 0 of 'masker' \(config_write .*\) returned -EBADF/),
      expect.stringMatching(/step 0 of 'mover' \(config_write .*\) returned -EBADF/),
    ]);
    const fine = await race(caseOf('every-flag-its-own-bool', 'control', await build('control')), {
      seconds: 0.2,
    });
    expect(fine.warnings).toEqual([]);
  });
});

describe('what is observed', () => {
  const observing = (field: `A.${string}`): RaceScenario => ({
    ...intxMaskVsBarWrite,
    observe: { x: field },
    outcomes: [{ when: { x: 1 }, grade: 'acceptable', note: '' }],
  });
  test('a pointer is there or not: addresses differ from instance to instance', async () => {
    const raced = await race(caseOf(observing('A.vconfig'), 'base', await build('base')), { seconds: 0.2 });
    expect(raced.outcomes).toMatchObject([{ values: { x: 1 } }]);
  });
  test('outcomes beyond what can be counted are an error, not a verdict', async () => {
    const mutant = await flagsBuild({
      mutate: (tree) => replaced(tree, 'lab/lab.h', '#define LAB_OUTCOMES 1024', '#define LAB_OUTCOMES 1'),
    });
    const what = caseOf(bare('packed.a', 'packed.b'), 'base', mutant);
    await expect(race(what, { seconds: 1 })).rejects.toMatchObject({ code: 'E_OUTCOMES' });
  });
  test('a field outside of memory is the scenario’s fault', async () => {
    const what = caseOf(observing('A.vconfig[100000000]'), 'base', await build('base'));
    await expect(race(what, { seconds: 0.2 })).rejects.toMatchObject({ code: 'E_UNKNOWN_FIELD' });
  });
});

describe('what a step returned', () => {
  test('is observed beside the fields', async () => {
    const what = changed(intxMaskVsBarWrite, {
      observe: { wrote: returned('masker'), gone: returned('mover', 1), virq: 'A.virq_disabled' },
      actors: {
        masker: [configWrite('A', PCI_COMMAND, 2, PCI_COMMAND_INTX_DISABLE)],
        mover: [configRead('A', 0, 2), configRead('A', 4096, 4)],
      },
      outcomes: [{ when: { virq: 1 }, grade: 'acceptable', note: '' }],
    });
    const raced = await race(caseOf(what, 'base', await build('base')), { seconds: 0.3 });
    const errors = new Set(raced.outcomes.map(({ values }) => values.gone));
    expect(raced.outcomes.every(({ values }) => values.wrote === 0)).toBe(true);
    expect([...errors].every((value) => value !== null && value !== undefined && value < 0)).toBe(true);
  });
});

describe('a request that cannot be carried out', () => {
  test.each<[string, Partial<RaceScenario>, string, string]>([
    ['an unknown op', { setup: [op('cuont_up')] }, 'E_UNKNOWN_OP', "'count_up'"],
    ['an unknown field', { observe: { x: 'packd.a' } }, 'E_UNKNOWN_FIELD', "'packed'"],
  ])('%s: the nearest names are offered', async (_, change, code, hint) => {
    const what = caseOf({ ...bare('packed.a', 'packed.b'), ...change }, 'base', await flagsBuild());
    await expect(race(what)).rejects.toMatchObject({ code, advice: { hint: expect.stringContaining(hint) } });
  });
  test('a set-up step that never returns is named with what it waits for', async () => {
    const what = changed(intxMaskVsBarWrite, {
      setup: [...intxMaskVsBarWrite.setup!, configBlock('A'), configRead('A', PCI_COMMAND, 2)],
    });
    await expect(race(caseOf(what, 'base', await build('base')), { patience: 1 })).rejects.toMatchObject({
      code: 'E_SETUP',
      message: expect.stringMatching(
        /step 'config_read A 4 2' of the set-up did not return within 1 s: waiting for A\.pdev\./,
      ),
    });
  });
  test('a set-up step that fails is named with its errno', async () => {
    const what = changed(intxMaskVsBarWrite, { setup: [open('A')] });
    await expect(race(caseOf(what, 'base', await build('base')))).rejects.toMatchObject({
      code: 'E_SETUP',
      message: expect.stringMatching(/step 'open A' of the set-up returned -ENODEV/),
    });
  });
});

describe('an interrupted race', () => {
  test('ends at once with what it has', async () => {
    const controller = new AbortController();
    const { signal } = controller;
    const what = caseOf(bare('packed.a', 'packed.b'), 'base', await flagsBuild());
    const progress = ({ samples }: { samples: number }) => {
      if (samples > 0) controller.abort();
    };
    const raced = await race(what, { seconds: 60, signal, progress });
    expect(raced.interrupted).toBe(true);
    expect(raced.samples).toBeGreaterThan(0);
    expect(raced.seconds).toBeLessThan(30);
  });
});
