// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { describe, expect, test } from 'vitest';
import { LostbitError } from '../../src/errors.js';
import { openKernelTree } from '../../src/source/kernel-tree.js';
import { PatchedTree } from '../../src/source/patched-tree.js';
import { moduleSymbols } from '../../src/source/tree-build.js';
import { treeError } from '../../src/source/tree-error.js';
import { treeProgram } from '../../src/source/tree-program.js';
import { unitOptions } from '../../src/toolchain/objects.js';
import { toolchain } from '../support/race.js';
import { FINE } from '../toolchain/fixture.js';
import { tinyTree } from './tiny-tree.js';

const ring = { folder: 'drivers/ring', name: 'ring-core' };
const user = { folder: 'drivers/ring', name: 'ring_user' };
const none = { units: [], defines: {}, calls: [] };

describe('a program of a kernel’s sources', () => {
  test('has the modules that are asked for, as the configuration makes them', async () => {
    const tree = await openKernelTree(await tinyTree());
    const program = await treeProgram({ tree, modules: [ring, user], ...none });
    expect(program.modules).toEqual({
      ring_core: ['drivers/ring/core.c'],
      ring_user: ['drivers/ring/user.c'],
    });
    const more = await treeProgram({ tree, modules: [ring], ...none, defines: { CONFIG_RING_MORE: true } });
    expect(more.modules.ring_core).toEqual(['drivers/ring/core.c', 'drivers/ring/more.c']);
    expect(more.tree.get('lostbit/generated/generated/autoconf.h')).toContain('#define CONFIG_RING_MORE 1\n');
    const off = await treeProgram({ tree, modules: [ring], ...none, defines: { CONFIG_SMP: false } });
    expect(off.tree.get('lostbit/generated/generated/autoconf.h')).not.toContain('CONFIG_SMP ');
  });

  test('has the files that compiling may read, and no others', async () => {
    const tree = await openKernelTree(await tinyTree());
    const program = await treeProgram({ tree, modules: [ring], ...none });
    const ofTree = [...program.tree.keys()].filter((path) => !path.startsWith('lostbit/'));
    expect(ofTree).toEqual(expect.arrayContaining(['drivers/ring/core.c', 'drivers/ring/include/inner.h']));
    expect(ofTree).not.toContain('include/linux/unused.h');
    expect(ofTree).not.toContain('drivers/ring/user.c');
    expect([...program.tree.keys()]).toEqual([...program.tree.keys()].sort());
    expect(program.tree.get('lostbit/generated/asm/ring.h')).toBe('#include <asm-generic/ring.h>\n');
    expect(program.units).toEqual([...program.units].sort());
    for (const unit of program.units) expect(program.tree.has(unit)).toBe(true);
  });

  test('compiles as a kernel’s build does it, its own lines counted', async () => {
    const tree = await openKernelTree(await tinyTree());
    const program = await treeProgram({
      tree,
      modules: [ring, user],
      ...none,
      units: ['lib/helper.c'],
      subject: {
        name: 'own',
        root: 'subjects/own',
        tree: new Map([
          ['own.c', '#include "own.h"\nint own = OWN;\n'],
          ['own.h', '#define OWN EXTRA\n'],
        ]),
        units: ['own.c'],
      },
      defines: { EXTRA: 3 },
    });
    expect(program.own).toEqual([
      'drivers/ring/core.c',
      'drivers/ring/user.c',
      'lib/helper.c',
      'subjects/own/own.c',
      'lostbit/generated/modules.c',
    ]);
    const compiler = await toolchain();
    for (const unit of program.own) {
      const options = { ...FINE, ...unitOptions(program, unit) };
      await expect(compiler.compile(unit, program.tree, options)).resolves.toMatchObject({ diagnostics: '' });
    }
    const wrong = new Map(program.tree);
    wrong.set('lib/helper.c', `${wrong.get('lib/helper.c')}int wrong(void) { return missing; }\n`);
    await expect(
      compiler.compile('lib/helper.c', wrong, { ...FINE, ...unitOptions(program, 'lib/helper.c') }),
    ).rejects.toThrow(/^lib\/helper\.c:5:\d+: error: /m);
  });

  test('says what each module is, and where it begins and ends', async () => {
    const tree = await openKernelTree(await tinyTree());
    const { tree: files } = await treeProgram({ tree, modules: [ring, user], ...none });
    const code = files.get('lostbit/generated/modules.c')!;
    expect(code).toContain(
      `struct module ${moduleSymbols('ring_core').self} = {\n\t.state = MODULE_STATE_UNFORMED,\n\t.name = "ring_core",\n\t.init = stub_init_ring_core,\n};`,
    );
    expect(code).toContain('.exit = stub_exit_ring_user');
    const driver = await openKernelTree(
      await tinyTree({ 'drivers/ring/core.c': 'module_pci_driver(ring);\nmodule_param(x, int, 0);\n' }),
    );
    const registered = (await treeProgram({ tree: driver, modules: [ring], ...none })).tree;
    expect(registered.get('lostbit/generated/modules.c')).toContain('.exit = stub_exit_ring_core');
    const nothing = await openKernelTree(
      await tinyTree({ 'drivers/ring/core.c': 'module_param(x, int, 0);\n' }),
    );
    const silent = (await treeProgram({ tree: nothing, modules: [ring], ...none })).tree;
    expect(silent.get('lostbit/generated/modules.c')).not.toContain('stub_init');
  });

  test('is that of patched files, too', async () => {
    const tree = await openKernelTree(await tinyTree());
    const files = new PatchedTree(
      tree.files,
      new Map([
        ['drivers/ring/core.c', '#include <linux/fresh.h>\nint patched;\n'],
        ['include/linux/fresh.h', ''],
        ['include/asm-generic/fresh.h', ''],
      ]),
    );
    const program = await treeProgram({ tree, files, modules: [ring], ...none });
    expect(program.tree.get('drivers/ring/core.c')).toContain('int patched;');
    expect(program.tree.has('include/linux/fresh.h')).toBe(true);
    expect([...files.inFolder('include/asm-generic')]).toEqual(
      expect.arrayContaining(['include/asm-generic/fresh.h', 'include/asm-generic/ring.h']),
    );
  });

  test('has the calls that scenarios make, behind the unit that defines the function', async () => {
    const tree = await openKernelTree(await tinyTree());
    const calls = [{ function: 'ring_start', args: [] }];
    const program = await treeProgram({ tree, modules: [ring], ...none, calls });
    expect(program.calling.map(({ unit }) => unit)).toEqual(['drivers/ring/core.c']);
    const [calling] = program.calling;
    expect(program.tree.get('drivers/ring/core.c')).toContain(
      `${calling!.head}${calling!.text}\n#include <lab/call.h>\n`,
    );
    expect(program.tree.has('lostbit/lab/call.h')).toBe(true);
    await expect(
      treeProgram({ tree, modules: [ring], ...none, calls: [{ function: 'ring_stop', args: [] }] }),
    ).rejects.toMatchObject({ code: 'E_UNKNOWN_FUNCTION' });
  });

  test('refuses what the tree has not', async () => {
    const tree = await openKernelTree(await tinyTree());
    await expect(
      treeProgram({ tree, modules: [{ ...ring, name: 'ring_cor' }], ...none }),
    ).rejects.toMatchObject({
      code: 'E_TREE',
      advice: { hint: expect.stringContaining("'ring_core'") },
    });
    await expect(treeProgram({ tree, modules: [], ...none, units: ['lib/helpers.c'] })).rejects.toMatchObject(
      {
        code: 'E_TREE',
        advice: { hint: expect.stringContaining("'lib/helper.c'") },
      },
    );
  });
});

test('a header that is not there is named, with who includes it and where it would come from', async () => {
  const tree = await openKernelTree(await tinyTree());
  const of = (header: string) =>
    treeError(
      new LostbitError(
        'E_COMPILE',
        `a.c does not compile (clang):\nIn file included from a.c:1:\ninclude/b.h:7:10: fatal error: '${header}' file not found`,
      ),
      tree,
    );
  expect(of('asm/x86.h')).toMatchObject({
    code: 'E_TREE',
    advice: { hint: expect.stringContaining('architecture') },
  });
  expect(of('generated/x.h').advice.hint).toContain('build makes it');
  expect(of('linux/x.h').message).toMatch(
    /\(Linux 6\.12\.95-rc1\): include\/b\.h:7 includes 'linux\/x\.h', which is not there$/,
  );
  const other = new LostbitError('E_COMPILE', 'a.c:1:1: error: wrong');
  expect(treeError(other, tree)).toBe(other);
});
