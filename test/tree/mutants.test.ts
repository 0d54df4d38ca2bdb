// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { PatchedTree } from '../../src/source/patched-tree.js';
import { Stages } from '../../src/source/stages.js';
import { openSubject, type Subject } from '../../src/subject/open.js';
import { type Build, buildModule } from '../../src/toolchain/build.js';
import { programFor } from '../../src/verify/builds.js';
import type { Result } from '../../src/verify/result.js';
import { chosenOf, wantedAt } from '../../src/verify/selection.js';
import { cellsOf, verify } from '../../src/verify/verify.js';
import { embedded } from '../../subjects/index.js';
import { closeToolchains, toolchain } from '../support/race.js';
import { FINE } from '../toolchain/fixture.js';
import { debianTree } from './trees.js';

const header = 'include/linux/vfio_pci_core.h';
const core = 'drivers/vfio/pci/vfio_pci_core.c';

/** Milliseconds that a mutant has to be built from nothing, and judged. */
const patience = 300_000;

const found = debianTree('7.2.13');
const missing = 'missing' in found ? ` (skipped: ${found.missing})` : '';

describe.skipIf(missing !== '')(`sources that have the series, and then not all of it${missing}`, () => {
  let subject: Subject;
  beforeAll(async () => {
    subject = await openSubject('vfio-pci', embedded, { linux: 'dir' in found ? found.dir : '' });
  });
  afterAll(closeToolchains);

  /** What scenarios come to where a file of the tree is another. */
  async function resultsWith(
    path: string,
    change: (text: string) => string,
    scenarios: readonly string[],
  ): Promise<{ results: Result[]; build: Build }> {
    const base = subject.stages.find('base');
    const text = base.tree.get(path)!;
    const changed = change(text);
    expect(changed, path).not.toBe(text);
    const tree = new PatchedTree(base.tree, new Map([[path, changed]]));
    const { name, title, series, patches } = base;
    const mutant: Subject = {
      ...subject,
      stages: new Stages([
        { name, aliases: ['base'], subject: title, title, series, patches, files: [], tree },
      ]),
    };
    const build = await buildModule(await programFor(wantedAt(mutant, 'base')), await toolchain(), FINE);
    const cells = cellsOf(scenarios.map((one) => chosenOf(mutant, one, {})));
    return { results: await verify(cells, () => build, { budget: 120 }), build };
  }

  const verdicts = (results: readonly Result[]) =>
    Object.fromEntries(results.map(({ scenario, verdict }) => [scenario.name, verdict]));

  test(
    'two flags in one byte again lose an update again',
    async () => {
      const pack = (text: string) => text.replace(/^(\s*bool\s+(?:virq_disabled|bardirty));/gm, '$1:1;');
      const { results } = await resultsWith(header, pack, [
        'intx-mask-vs-bar-write',
        'intx-mask-vs-bar-read',
      ]);
      expect(verdicts(results)).toEqual({
        'intx-mask-vs-bar-write': 'fails',
        'intx-mask-vs-bar-read': 'fails',
      });
      for (const { replayed } of results) expect(replayed).toMatchObject({ times: 20, same: 20 });
    },
    patience,
  );

  test(
    'an unwinding that leaves the VGA arbiter’s client shows again',
    async () => {
      const drop = (text: string) =>
        text.replace(/^(\tpm_runtime_forbid\(dev\);\n)\tvfio_pci_vga_uninit\(vdev\);\n/m, '$1');
      const { results } = await resultsWith(core, drop, [
        'vga-registration-fails',
        'vga-change-after-failed-registration',
        'vga-arbiter-has-no-entry',
      ]);
      expect(verdicts(results)).toEqual({
        'vga-registration-fails': 'fails',
        'vga-change-after-failed-registration': 'fails',
        'vga-arbiter-has-no-entry': 'holds',
      });
    },
    patience,
  );

  test(
    'a call of what nobody has leaves undecided what comes by there, and that alone',
    async () => {
      const call = (text: string) =>
        text.replace(
          /^int vfio_pci_core_register_device\([^)]*\)\n\{\n(?:.*;\n)+/m,
          '$&\n\textern int pci_sparkle(struct pci_dev *pdev);\n\tret = pci_sparkle(pdev);\n',
        );
      const { results, build } = await resultsWith(core, call, [
        'open-fails-halfway',
        'intx-mask-vs-bar-write',
        'runtime-flags-share-no-byte',
      ]);
      expect(build.missing).toContainEqual({ name: 'pci_sparkle', users: [core] });
      expect(verdicts(results)).toEqual({
        'open-fails-halfway': 'undecided',
        'intx-mask-vs-bar-write': 'undecided',
        'runtime-flags-share-no-byte': 'holds',
      });
      for (const { undecided, agreement } of results.slice(0, 2)) {
        expect(undecided).toMatch(
          /^the stub kernel has no pci_sparkle\(\), which vfio_pci_core_register_device \(drivers\/vfio\/pci\/vfio_pci_core\.c:\d+/,
        );
        expect(agreement).toBe('undecided');
      }
    },
    patience,
  );
});
