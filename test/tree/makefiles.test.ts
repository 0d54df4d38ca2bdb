// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { describe, expect, test } from 'vitest';
import { findModule } from '../../src/source/kbuild.js';
import { openKernelTree } from '../../src/source/kernel-tree.js';
import { treeProgram } from '../../src/source/tree-program.js';
import { unitOptions } from '../../src/toolchain/objects.js';
import { toolchain } from '../support/race.js';
import { FINE } from '../toolchain/fixture.js';
import { allTreeNames, debianTree } from './trees.js';

for (const name of allTreeNames()) {
  const found = debianTree(name);
  describe.skipIf('missing' in found)(
    `Linux ${name}${'missing' in found ? ` (skipped: ${found.missing})` : ''}`,
    () => {
      const open = () => openKernelTree('dir' in found ? found.dir : '');

      test('its modules are found, and a unit compiles', async () => {
        const tree = await open();
        const program = await treeProgram({
          tree,
          modules: [
            { folder: 'drivers/vfio', name: 'vfio' },
            { folder: 'drivers/vfio/pci', name: 'vfio_pci_core' },
          ],
          units: ['lib/xarray.c'],
          defines: {},
          calls: [],
        });
        expect(program.modules.vfio_pci_core).toEqual(
          ['core', 'intrs', 'rdwr', 'config'].map((part) => `drivers/vfio/pci/vfio_pci_${part}.c`),
        );
        expect(program.tree.size).toBeGreaterThan(500);
        expect(program.tree.size).toBeLessThan(1500);
        const unit = 'drivers/vfio/pci/vfio_pci_rdwr.c';
        const made = (await toolchain()).compile(unit, program.tree, {
          ...FINE,
          ...unitOptions(program, unit),
        });
        await expect(made).resolves.toMatchObject({ diagnostics: '' });
        tree.checkUnchanged();
      });

      test('makefiles of other folders are understood', async () => {
        const { files } = await open();

        const unitsOf = (folder: string, module: string) =>
          findModule(files, folder, module, new Map()).units.map(({ path }) => path);
        expect(unitsOf('drivers/usb/core', 'usbcore')).toEqual(
          expect.arrayContaining(['drivers/usb/core/hub.c']),
        );
        expect(unitsOf('drivers/md', 'dm-mod')).toEqual(expect.arrayContaining(['drivers/md/dm.c']));
        expect(unitsOf('net/bluetooth', 'bluetooth')).toEqual(
          expect.arrayContaining(['net/bluetooth/hci_core.c']),
        );
      });
    },
  );
}
