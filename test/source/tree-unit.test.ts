// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { afterAll, describe, expect, test } from 'vitest';
import { LostbitError } from '../../src/errors.js';
import { openKernelTree } from '../../src/source/kernel-tree.js';
import { PatchedTree } from '../../src/source/patched-tree.js';
import { TreeUnits, treeUnit } from '../../src/source/tree-unit.js';
import { unitError } from '../../src/source/unit-error.js';
import { unitsBelow } from '../../src/source/units-below.js';
import { includeClosure } from '../../src/toolchain/includes.js';
import { closeToolchains, toolchain } from '../support/race.js';
import { tinyTree } from './tiny-tree.js';

afterAll(closeToolchains);

/** A part of a kernel that the tiny tree has not: a bus with drivers in folders of their own. */
const bus: Readonly<Record<string, string>> = {
  Kconfig: 'source "drivers/Kconfig"\n',
  Kbuild: 'obj-y += drivers/\n',
  'arch/sh/include/asm/maple.h': '',
  'arch/arm/mach-old/include/mach/old.h': '',
  'drivers/Kconfig': 'source "drivers/bus/Kconfig"\nsource "drivers/leaf/Kconfig"\n',
  'drivers/Makefile': 'obj-$(CONFIG_GADGET) += bus/\nobj-$(CONFIG_BUS) += bus/\nobj-y += leaf/\n',
  'drivers/leaf/Kconfig':
    'config LEAF\n\ttristate\n\tdepends on HAS_IOMEM\n\tselect TWIG\nconfig TWIG\n\tbool\n',
  'drivers/bus/Kconfig':
    'config BUS\n\ttristate "bus"\nif BUS\nconfig HUB\n\tbool "hub"\n\tselect LEAF\n' +
    'config HUB_TRACE\n\tbool "trace"\n\tdepends on HUB\nconfig PORTS\n\tint "ports"\n\tdefault 16\n' +
    'config LATE\n\tbool "late"\n\tdefault y\nconfig FOREIGN\n\tbool "foreign"\n\tdepends on SUPERH\nendif\n',
  'drivers/bus/Makefile':
    'ccflags-y += -I$(src)/inner -DFROM_MAKEFILE\nccflags-$(CONFIG_HUB_TRACE) += -DTRACED\n' +
    'hub-core-y := hub.o\nhub-core-$(CONFIG_HUB_TRACE) += trace.o\nifdef CONFIG_PORTS_BY_HAND\nhub-core-y += ports.o\nendif\n' +
    'obj-$(CONFIG_HUB) += hub-core.o\nobj-m += loose.o\nobj-$(CONFIG_FOREIGN) += foreign.o maple.o\n' +
    'hostprogs := mktable\n$(obj)/mktable.h: $(obj)/mktable\ninclude $(src)/more.mk\n',
  'drivers/bus/more.mk': 'obj-$(CONFIG_BUS) += more.o\n',
  'drivers/bus/inner/bus.h': '#define BUS_PORTS CONFIG_PORTS\n',
  'drivers/bus/hub.c':
    '#include <linux/ring.h>\n#include "bus.h"\n#include "hub-part.c"\n' +
    '#if !defined(CONFIG_HUB) || !defined(CONFIG_LEAF) || !defined(CONFIG_TWIG) || !defined(CONFIG_BUS) || !defined(CONFIG_LATE)\n' +
    '#error not configured\n#endif\n#if defined(TRACED) || defined(MODULE) || !defined(FROM_MAKEFILE)\n#error not as a build has it\n#endif\n' +
    'int ports[BUS_PORTS] = { sizeof(long) };\nconst char *hub_name(void) { return KBUILD_MODNAME; }\n',
  'drivers/bus/hub-part.c': 'static int part;\n',
  'drivers/bus/trace.c': '#ifndef TRACED\n#error untraced\n#endif\nint traced;\n',
  'drivers/bus/ports.c': 'int by_hand;\n',
  'drivers/bus/more.c': 'int more = NOT_DEFINED;\n',
  'drivers/bus/loose.c': '#ifndef MODULE\n#error built in\n#endif\nint loose;\n',
  'drivers/bus/foreign.c': 'int foreign(void) { return of_superh(); }\n',
  'drivers/bus/maple.c': '#include <asm/maple.h>\n',
  'drivers/bus/old.c': '#include <mach/old.h>\n',
  'drivers/bus/mktable.c': 'int main(void) { return 0; }\n',
  'drivers/bus/refused.c': '#ifndef CONFIG_NEVER\n#error never so\n#endif\n',
  'drivers/bus/sizes.c': '_Static_assert(sizeof(int) == 3, "three bytes");\n',
  'drivers/bus/table.c': '#include <generated/mktable.h>\n',
  'drivers/bus/absent.c': '#include <linux/absent.h>\n',
  'drivers/bus/hub.mod.c': '',
  'tools/user.c': '',
  'arch/sh/kernel/entry.c': '',
};

const opened = async (changes: Readonly<Record<string, string | null>> = {}) =>
  openKernelTree(await tinyTree({ ...bus, ...changes }));
const unitsOf = async (changes: Readonly<Record<string, string | null>> = {}) =>
  TreeUnits.open(await opened(changes));

const flags = ['--target=x86_64-linux-gnu', '-O1', '-g', '-Xclang', '-disable-llvm-passes', '-w'];
const lowered = async (units: TreeUnits, path: string) => {
  const unit = units.unit(path);
  const { bytes } = await (await toolchain()).lower(path, unit.tree, flags, undefined, unit.dialect);
  return Buffer.from(bytes).toString();
};
const refused = async (units: TreeUnits, path: string): Promise<LostbitError> => {
  const error: unknown = await lowered(units, path).catch((one: unknown) => one);
  expect(error).toBeInstanceOf(LostbitError);
  return unitError(error as LostbitError, units.unit(path), units);
};

describe('a unit of a kernel’s sources', () => {
  test('is configured as its makefiles and Kconfig ask for it, each option with its reason', async () => {
    const unit = (await unitsOf()).unit('drivers/bus/hub.c');
    expect(unit.chosen.map(({ symbol, value, reason, by }) => `${symbol}=${value} ${reason} ${by}`)).toEqual([
      'CONFIG_HUB=y rule drivers/bus/Makefile',
      'CONFIG_BUS=y rule drivers/Makefile',
      'CONFIG_LEAF=y select CONFIG_HUB',
      'CONFIG_TWIG=y select CONFIG_LEAF',
      'CONFIG_LATE=y default drivers/bus/hub.c',
      'CONFIG_PORTS=16 default drivers/bus/inner/bus.h',
    ]);
    expect(unit.unmet).toEqual([]);
    expect(unit).toMatchObject({ module: 'hub_core', isModule: false });
    expect(unit.makefiles).toEqual(['drivers/bus/Makefile', 'drivers/Makefile', 'Kbuild']);
    expect(unit.configuration.get('CONFIG_64BIT')).toBe('y');
    expect(unit.configuration.has('CONFIG_32BIT')).toBe(false);
    expect(unit.configuration.get('CONFIG_SMP')).toBe('y');
  });

  test('compiles with that, its own lines counted, laid out for 64 bits', async () => {
    const units = await unitsOf();
    const ir = await lowered(units, 'drivers/bus/hub.c');
    expect(ir).toMatch(/@ports = .*\bi32 8, \[15 x i32\] zeroinitializer/);
    expect(ir).toContain('hub_core');
    const wrong = await unitsOf({ 'drivers/bus/hub-part.c': 'static int part;\nint wrong = missing;\n' });
    await expect(lowered(wrong, 'drivers/bus/hub.c')).rejects.toThrow(
      /^drivers\/bus\/hub-part\.c:2:\d+: error: /m,
    );
    await expect(lowered(units, 'drivers/bus/trace.c')).resolves.toContain('@traced');
    await expect(lowered(units, 'drivers/bus/loose.c')).resolves.toContain('@loose');
  });

  test('has the options of its own, whatever unit came before it', async () => {
    const units = await unitsOf();
    const paths = ['drivers/bus/trace.c', 'drivers/bus/ports.c', 'drivers/bus/more.c', 'drivers/ring/core.c'];
    const together = paths.map((path) => units.unit(path));
    const tree = await opened();
    for (const unit of [...together].reverse()) {
      const alone = await treeUnit(tree, unit.path);
      expect(alone.chosen).toEqual(unit.chosen);
      expect(alone.configuration).toEqual(unit.configuration);
    }
    const [trace, ports, more] = together.map(({ chosen }) => chosen.map(({ symbol }) => symbol.slice(7)));
    expect(trace).toEqual(expect.arrayContaining(['HUB', 'HUB_TRACE', 'BUS']));
    expect(more).toEqual(['BUS']);
    expect(ports).toEqual(expect.arrayContaining(['HUB']));
    expect(together[1]!.unmet).toMatchObject([{ what: 'CONFIG_PORTS_BY_HAND', by: 'drivers/bus/Makefile' }]);
    expect(together[0]!.tree.get('lostbit/generated/generated/autoconf.h')).toContain(
      '#define CONFIG_HUB_TRACE 1\n',
    );
    expect(together[2]!.tree.get('lostbit/generated/generated/autoconf.h')).not.toContain('CONFIG_HUB ');
  });

  test('is that of patched files, too', async () => {
    const tree = await opened();
    const files = new PatchedTree(
      tree.files,
      new Map([
        ['drivers/bus/fresh.c', 'int fresh;\n'],
        ['drivers/bus/Makefile', 'obj-$(CONFIG_HUB) += fresh.o\n'],
      ]),
    );
    const units = await TreeUnits.open(tree, files);
    expect(units.unit('drivers/bus/fresh.c').chosen[0]).toMatchObject({ symbol: 'CONFIG_HUB' });
    expect(unitsBelow(units, 'drivers/bus').units).toEqual(['drivers/bus/fresh.c']);
    await expect(lowered(units, 'drivers/bus/fresh.c')).resolves.toContain('@fresh');
  });

  test('refuses a path that is none', async () => {
    const units = await unitsOf();
    const nearest = { code: 'E_TREE', advice: { hint: expect.stringContaining("'drivers/bus/hub.c'") } };
    expect(() => units.unit('drivers/bus/hob.c')).toThrow(expect.objectContaining(nearest));
    expect(() => units.unit('../etc/x.c')).toThrow(expect.objectContaining({ code: 'E_PATH' }));
  });

  test('is read in what its sources have in common with others', async () => {
    const { path, tree, dialect } = (await unitsOf()).unit('drivers/bus/hub.c');
    const copy = new Map([...tree.keys()].map((one) => [one, tree.get(one)!]));
    expect(includeClosure(path, tree, dialect)).toEqual(includeClosure(path, copy, { ...dialect }));
  });
});

describe('what does not compile by itself', () => {
  const broken = {
    'drivers/bus/Makefile': `${bus['drivers/bus/Makefile']}obj-$(CONFIG_BUS) += refused.o sizes.o table.o absent.o old.o\n`,
  };

  test.each([
    ['hub-part.c', 'E_TREE', 'drivers/bus/hub.c includes it', 'take drivers/bus/hub.c instead'],
    [
      'maple.c',
      'E_TREE',
      "drivers/bus/maple.c:1 includes 'asm/maple.h', which only sh has",
      'all architectures',
    ],
    ['old.c', 'E_TREE', "drivers/bus/old.c:1 includes 'mach/old.h', which only arm has", 'all architectures'],
    [
      'table.c',
      'E_TREE',
      "'generated/mktable.h', which a build generates by drivers/bus/Makefile",
      'generates only',
    ],
    ['absent.c', 'E_TREE', "includes 'linux/absent.h', which is not there", 'complete'],
    ['foreign.c', 'E_COMPILE', 'CONFIG_FOREIGN needs CONFIG_SUPERH (only another', 'all architectures'],
    ['refused.c', 'E_COMPILE', 'drivers/bus/refused.c:2 refuses the configuration: never so', 'options'],
    ['sizes.c', 'E_COMPILE', 'drivers/bus/sizes.c:1 asserts sizes', 'configuration'],
    ['more.c', 'E_COMPILE', "drivers/bus/more.c:1: use of undeclared identifier 'NOT_DEFINED'", '--verbose'],
  ])('%s: %s %s', async (name, code, what, hint) => {
    const units = await unitsOf({
      ...broken,
      'drivers/bus/hub-part.c': 'static int part = PART;\n',
    });
    const error = await refused(units, `drivers/bus/${name}`);
    expect(error.code).toBe(code);
    expect(error.message).toContain(`drivers/bus/${name} does not compile alone: `);
    expect(error.message).toContain(what);
    expect(error.message).not.toContain('\n');
    expect(error.advice.hint).toContain(hint);
    expect((error.cause as LostbitError).message).toContain('error: ');
  });

  test('is nothing of a compiler that cannot be run', async () => {
    const units = await unitsOf();
    const other = new LostbitError('E_TOOLCHAIN', 'it crashed');
    expect(unitError(other, units.unit('drivers/bus/hub.c'), units)).toBe(other);
  });
});

describe('the files below a folder', () => {
  test('are units, or are none for a reason', async () => {
    const units = await unitsOf();
    const { units: made, others } = unitsBelow(units, 'drivers/bus');
    expect(made).toEqual(
      ['foreign', 'hub', 'loose', 'maple', 'more', 'ports', 'trace'].map((name) => `drivers/bus/${name}.c`),
    );
    expect(others.map(({ path, kind, why }) => `${path.slice(12)} ${kind} ${why}`)).toEqual([
      'absent.c unnamed no makefile makes an object of it',
      'hub-part.c included drivers/bus/hub.c includes it',
      'hub.mod.c generated a build makes it',
      'mktable.c program drivers/bus/Makefile makes a program of it that a build runs',
      'old.c unnamed no makefile makes an object of it',
      'refused.c unnamed no makefile makes an object of it',
      'sizes.c unnamed no makefile makes an object of it',
      'table.c unnamed no makefile makes an object of it',
    ]);
    const all = unitsBelow(units, '');
    expect(all.units).toEqual(expect.arrayContaining([...made, 'drivers/ring/core.c', 'lib/helper.c']));
    expect(all.others.map(({ kind, why }) => `${kind} ${why}`)).toEqual(
      expect.arrayContaining([
        'architecture it is of another architecture, sh',
        'program it is of a user’s program',
      ]),
    );
  });

  test('are none where there is no such folder', async () => {
    const units = await unitsOf();
    const nearest = { code: 'E_TREE', advice: { hint: expect.stringContaining("'drivers/bus'") } };
    expect(() => unitsBelow(units, 'drivers/bos')).toThrow(expect.objectContaining(nearest));
    expect(() => unitsBelow(units, 'driver')).toThrow(expect.objectContaining({ code: 'E_TREE' }));
  });
});
