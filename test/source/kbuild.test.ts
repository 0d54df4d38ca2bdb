// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { configurationText, readConfiguration } from '../../src/source/configuration.js';
import { findModule, kbuildUnit, readKbuild } from '../../src/source/kbuild.js';
import { Makefile } from '../../src/source/makefile.js';

const wordsIn = (text: string, name = 'list', given: Record<string, string> = {}) =>
  new Makefile(text, new Map(Object.entries(given))).words(name);

describe('a makefile', () => {
  test.each([
    ['list := a.o b.o', 'a.o b.o'],
    ['list := a.o \\\n  b.o \\\n\tc.o # and no d.o\nlist += e.o', 'a.o b.o c.o e.o'],
    ['list = $(later)\nlater = x.o', 'x.o'],
    ['list := $(later)\nlater = x.o', ''],
    ['list ?= a\nlist ?= b', 'a'],
    ['x := list\n$(x) := a', 'a'],
    // biome-ignore lint/suspicious/noTemplateCurlyInString: make has it, too
    ['list-y := a\nlist := $(list-y) ${list-y}', 'a a'],
    ['list := $(addprefix sub/, a.o b.o)', 'sub/a.o sub/b.o'],
    ['all := a.c b.o\nlist := $(patsubst %.c,%.o,$(filter %.c,$(all))) $(all:.o=.x)', 'a.o a.c b.x'],
    ['list := a\n\nrule: a b\n\tlist := never\nlist += c', 'a c'],
    ['$(obj)/a.o: list := never\nlist := b', 'b'],
    ['define list\nnever\nendef\nlist := a', 'a'],
    ['list = a $(list)', 'a'],
    ['a = $(b)$(b)\nb = $(a)$(a)\nlist = x $(a)', 'x'],
    ['list := $(shell date) a $(constructor x)', 'a'],
    ['export list := a', 'a'],
    ['list := a\r\nlist += b\r\n', 'a b'],
    ['list := $(if $(ON),a,b) $(or ,$(ON))', 'a yes'],
  ])('%j', (text, expected) => {
    expect(wordsIn(text, 'list', { ON: 'yes' }).join(' ')).toBe(expected);
  });

  test.each([
    ['ifdef ON\nlist := a\nelse\nlist := b\nendif', 'a'],
    ['ifndef ON\nlist := a\nelse\nlist := b\nendif', 'b'],
    ['ifeq ($(ON),yes)\nlist := a\nendif', 'a'],
    ['ifneq ($(ON)$(OFF),yes)\nlist := a\nelse ifeq ("$(OFF)","")\nlist := b\nelse\nlist := c\nendif', 'b'],
    ['ifdef ON\nifdef OFF\nlist := a\nelse\nlist := b\nendif\nendif\nlist += c', 'b c'],
    ['ifdef OFF\nifdef ON\nlist := a\nendif\nelse\nlist := b\nendif', 'b'],
    ['ifeq ($(shell uname),Linux)\nlist := a\nelse\nlist := b\nendif\nlist += c', 'c'],
    ['ifeq what\nlist := a\nendif\nlist += c', 'c'],
    ['endif\nelse\nlist := a', 'a'],
  ])('has conditions: %j', (text, expected) => {
    expect(wordsIn(text, 'list', { ON: 'yes' }).join(' ')).toBe(expected);
  });

  test('includes others, each with what was set before', () => {
    const files: Record<string, string> = {
      'a.mk': 'list += $(x)\n-include b.mk gone.mk\n',
      'b.mk': 'list += b\n',
    };
    const read = (text: string) =>
      new Makefile(text, new Map(), { textOf: (path) => files[path] }).words('list').join(' ');
    expect(read('x := a\nfile := a\ninclude $(addsuffix .mk,$(file))\nlist += c')).toBe('a b c');
    expect(read('ifdef x\ninclude a.mk\nendif\nlist += c')).toBe('c');
    files['b.mk'] = 'list += b\ninclude a.mk\n';
    expect(read('include a.mk').split(' ').length).toBeLessThan(1000);
  });

  test.each([
    ['obj-$(CONFIG_A) += a.o', 'obj-CONFIG_A', 'a.o'],
    ['obj-y += a.o\nifdef CONFIG_A\nobj-y += b.o\nelse\nobj-y += c.o\nendif', 'obj-y', 'a.o c.o'],
    [
      'ifneq ($(CONFIG_A),)\nifeq ($(CONFIG_B),y)\nobj-$(CONFIG_C) += b.o\nendif\nendif',
      'obj-CONFIG_CCONFIG_ACONFIG_B',
      'b.o',
    ],
    // What is made where a symbol is off asks for none; what is made otherwise does.
    ['ifneq ($(CONFIG_A),y)\nobj-y += a.o\nendif', 'obj-y', 'a.o'],
    ['ifndef CONFIG_A\nobj-y += a.o\nelse\nobj-m += b.o\nendif', 'obj-CONFIG_A', 'b.o'],
    ['ifeq ($(CONFIG_A),)\nobj-y += a.o\nelse\nobj-m += b.o\nendif', 'obj-y', 'a.o'],
    ['ifeq ($(OTHER),y)\nobj-y += a.o\nelse ifdef CONFIG_A\nobj-m += b.o\nendif', 'obj-CONFIG_A', 'b.o'],
    ['part-$(CONFIG_A) := a.o\npart-y += b.o\nring-objs := $(part-y) c.o', 'ring-objs', 'b.o a.o c.o'],
    ['obj-$(subst m,y,$(CONFIG_A)) += a.o', 'obj-CONFIG_A', 'a.o'],
  ])('has symbols that stand for themselves: %j', (text, list, expected) => {
    const makefile = new Makefile(text, new Map(), { symbolic: true });
    expect(makefile.words(list).join(' ')).toBe(expected);
  });

  test('reads any text, and ends', () => {
    const piece = fc.constantFrom(
      ...[
        '$(',
        ')',
        '${',
        '}',
        '=',
        ':=',
        '+=',
        'a',
        'list',
        ' ',
        '\n',
        '\t',
        '\\\n',
        'ifdef ',
        'ifeq (',
        ',',
        'else',
        'endif\n',
        '#',
        '$',
        ':',
        'define ',
        'include ',
        'CONFIG_A',
        '-y',
      ],
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 60 }), (pieces) => {
        const text = pieces.join('');
        expect(Array.isArray(wordsIn(text))).toBe(true);
        const symbolic = new Makefile(text, new Map(), { symbolic: true, textOf: () => text });
        expect(Array.isArray(symbolic.words('list'))).toBe(true);
      }),
    );
  });

  test('reads back lists however they are written', () => {
    const word = fc.stringMatching(/^[a-z][a-z0-9_-]{0,6}\.o$/);
    const gap = fc.constantFrom(' ', '  ', ' \\\n\t', '\nlist += ');
    fc.assert(
      fc.property(fc.array(fc.tuple(word, gap), { minLength: 1, maxLength: 20 }), (words) => {
        const text = `list := ${words.map(([one, between]) => one + between).join('')}`;
        expect(wordsIn(text)).toEqual(words.map(([one]) => one));
      }),
    );
  });
});

const tree = new Map(
  Object.entries({
    'drivers/Makefile': 'subdir-ccflags-y += -DABOVE\nobj-y += ring/\n',
    'drivers/ring/Makefile': `
# A ring, and those who use it.
ring-core-y := core.o ops.o \\
	 deep/far.o
ring-core-$(CONFIG_RING_TRACE) += trace.o
ring-core-$(CONFIG_RING_LATE) += late.o
obj-$(CONFIG_RING) += ring-core.o
obj-$(CONFIG_SOLE) += sole.o
obj-m += fast-ring.o
fast-ring-objs := fast.o entry.o
obj-$(CONFIG_RING_DEEP) += deep/
ccflags-y := -I$(src)/include -I $(srctree)/include/ring -DRING=2 -Werror
ccflags-$(CONFIG_RING_DEBUG) += -DDEBUG
CFLAGS_trace.o := -I$(src) -DNAME='"a b"' -include $(src)/front.h
CFLAGS_core.o = -UABOVE -DQUOTED=\\"q\\" -I../../../etc -I/usr/include
`,
    'drivers/ring/core.c': '',
    'drivers/ring/ops.c': '',
    'drivers/ring/trace.c': '',
    'drivers/ring/late.c': '',
    'drivers/ring/sole.c': '',
    'drivers/ring/fast.c': '',
    'drivers/ring/entry.S': '',
    'drivers/ring/deep/far.c': '',
    'drivers/ring/deep/alone.c': '',
    'drivers/kbuild/Makefile': 'obj-m += never.o\n',
    'drivers/kbuild/Kbuild': 'obj-m += always.o\n',
    'drivers/kbuild/always.c': '',
  }),
);
const configuration = readConfiguration(
  'CONFIG_RING=m\nCONFIG_RING_TRACE=y\n# CONFIG_RING_LATE is not set\nCONFIG_SOLE=y\nCONFIG_RING_DEEP=m\nCONFIG_OFF=n\n',
);

describe('a folder of a kernel', () => {
  test('makes modules of files as the configuration says', () => {
    const { modules, folders } = readKbuild(tree, 'drivers/ring', configuration)!;
    expect(
      modules.map(({ name, state, units, absent }) => [
        name,
        state,
        units.map(({ path }) => path.slice(13)),
        absent,
      ]),
    ).toEqual([
      ['sole', 'y', ['sole.c'], []],
      ['ring_core', 'm', ['core.c', 'ops.c', 'deep/far.c', 'trace.c'], []],
      ['fast_ring', 'm', ['fast.c'], ['drivers/ring/entry.o']],
    ]);
    expect(folders).toEqual(['drivers/ring/deep']);
    expect(readKbuild(tree, 'nowhere', configuration)).toBeNull();
    expect(readKbuild(tree, 'drivers/kbuild', configuration)!.modules.map(({ name }) => name)).toEqual([
      'always',
    ]);
  });

  test('has a module by its name, also one that is switched off', () => {
    expect(findModule(tree, 'drivers/ring', 'ring-core', configuration).name).toBe('ring_core');
    expect(findModule(tree, 'drivers/ring', 'ring_core', new Map())).toMatchObject({ state: 'off' });
    expect(() => findModule(tree, 'drivers/ring', 'ring_cor', configuration)).toThrow(
      expect.objectContaining({
        code: 'E_TREE',
        advice: { hint: expect.stringContaining("'ring_core'") },
      }),
    );
    const withoutC = new Map(tree).set('drivers/ring/Makefile', 'obj-m += entry.o');
    expect(() => findModule(withoutC, 'drivers/ring', 'entry', configuration)).toThrow('has no C of module');
  });

  test('says what a unit is compiled with', () => {
    const { units } = findModule(tree, 'drivers/ring', 'ring_core', configuration);
    expect(units[0]).toEqual({
      path: 'drivers/ring/core.c',
      module: 'ring_core',
      modfile: 'drivers/ring/ring-core',
      basename: 'core',
      includes: ['drivers/ring/include', 'include/ring'],
      defines: [
        ['RING', '2'],
        ['QUOTED', '"q"'],
      ],
      preludes: [],
    });
    expect(units[3]).toMatchObject({
      basename: 'trace',
      includes: ['drivers/ring/include', 'include/ring', 'drivers/ring'],
      preludes: ['drivers/ring/front.h'],
      defines: [
        ['ABOVE', '1'],
        ['RING', '2'],
        ['NAME', '"a b"'],
      ],
    });
  });

  test('says it of a file, by the makefile that names it', () => {
    const of = (path: string) => kbuildUnit(tree, path, configuration);
    expect(of('drivers/ring/deep/far.c')).toMatchObject({
      module: 'ring_core',
      modfile: 'drivers/ring/ring-core',
    });
    expect(of('drivers/ring/late.c')).toMatchObject({
      module: 'late',
      defines: expect.arrayContaining([['RING', '2']]),
    });
    expect(of('drivers/ring/deep/alone.c')).toMatchObject({
      module: 'alone',
      basename: 'alone',
      includes: [],
    });
    expect(of('top-level.c')).toMatchObject({ module: 'top_level', modfile: 'top-level' });
  });
});

test('a configuration is read, and written again', () => {
  const text = 'CONFIG_A=y\nCONFIG_B=m\nCONFIG_N=8\nCONFIG_S="a b"\n';
  const read = readConfiguration(`# about A\n${text}# CONFIG_C is not set\nCONFIG_D=n\n`);
  expect([...read]).toEqual([
    ['CONFIG_A', 'y'],
    ['CONFIG_B', 'm'],
    ['CONFIG_N', '8'],
    ['CONFIG_S', '"a b"'],
  ]);
  expect(configurationText(read)).toBe(text);
});
