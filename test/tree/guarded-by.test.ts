// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { afterAll, expect, test } from 'vitest';
import { annotationsOf } from '../../src/hazards/annotate.js';
import { guardReport } from '../../src/hazards/guard-report.js';
import { prove } from '../../src/hazards/prove.js';
import { hazardReport } from '../../src/hazards/report.js';
import { unitsOfTree } from '../../src/hazards/source.js';
import { survey } from '../../src/hazards/survey.js';
import { openKernelTree } from '../../src/source/kernel-tree.js';
import { closeToolchains, toolchain } from '../support/race.js';
import { lacking } from './hazards.js';
import { debianTree, type TreeName } from './trees.js';

afterAll(closeToolchains);

const unit = 'drivers/input/misc/cm109.c';

/** With the headers' own annotations of locks, with a header that no compiler can read them from, and without any. */
const kernels: readonly (readonly [TreeName, 'headers' | 'lostbit'])[] = [
  ['7.2.13', 'headers'],
  ['6.12.117', 'lostbit'],
];

for (const [name, locksOf] of kernels) {
  const why = lacking(name, [unit]);
  test.skipIf(why !== '')(`what guards the flags of a driver of Linux ${name} is proved${why}`, async () => {
    const found = debianTree(name);
    if ('missing' in found) throw new Error(found.missing);
    const source = await unitsOfTree(await openKernelTree(found.dir), [unit]);
    const clang = await toolchain();
    const report = hazardReport(source, await survey(source, clang));
    const guards = await guardReport(report, source, clang);
    expect(guards.locksOf).toBe(locksOf);
    expect(guards.proved.map(({ field, lock }) => `${field} by ${lock}`)).toEqual([
      'buzzer_pending by ctl_submit_lock',
      'irq_urb_pending by ctl_submit_lock',
    ]);
    // One is read without the lock that its writers hold.
    expect(guards.notProved.find(({ guarded }) => guarded.field === 'open')?.why).toContain(
      'reading variable',
    );

    const wrong = guards.proved.map((one) => ({ ...one, lock: 'pm_mutex' }));
    const { annotations } = annotationsOf(wrong, source.text);
    expect((await prove(annotations, source, source.units, clang)).proved).toEqual([]);
  });
}
