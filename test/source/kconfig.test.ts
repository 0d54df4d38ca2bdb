// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { readConfiguration } from '../../src/source/configuration.js';
import { Kconfig, needsOf } from '../../src/source/kconfig.js';
import { Chooser } from '../../src/source/kconfig-choice.js';
import { expressionOf, holds, neededBy } from '../../src/source/kconfig-expression.js';

const inTree = (files: Record<string, string>) => new Kconfig(new Map(Object.entries(files)));
const inFile = (text: string) => inTree({ Kconfig: text }).from('');

describe('an expression of Kconfig', () => {
  const on = (given: string) => (name: string) =>
    given.split(' ').includes(name) ? 'y' : (new RegExp(`\\b${name}=(\\S+)`).exec(given)?.[1] ?? 'n');

  test.each([
    ['A', 'A', true],
    ['A', 'B', false],
    ['A && (B || C)', 'A C', true],
    ['A && B || C', 'C', true],
    ['!A && !(B || C)', '', true],
    ['!A', 'A', false],
    ['A=y && B != n', 'A B', true],
    ['A=n', '', true],
    ['A || A=n', '', true],
    ['N > 3', 'N=12', true],
    ['N <= 0x10', 'N=16', true],
    ['NAME = "two words"', 'NAME=one', false],
    ['y', '', true],
    ['m && A', 'A', true],
    ['', '', true],
    ['$(cc-option,-x)', '', null],
    ['$(f,$(g)) && A', '', false],
    ['$(f) || A', 'A', true],
    ['"$(ARCH)" = "sh"', '', null],
    ['A &&', 'A', null],
    ['(A', 'A', null],
    ['A B', 'A B', null],
  ])('%j holds under %j: %j', (text, given, expected) => {
    expect(holds(expressionOf(text), on(given))).toBe(expected);
  });

  test.each([
    ['A && B && !C && (D || E)', ['A', 'B']],
    ['A && (A && B)', ['A', 'B']],
    ['A=y && B!=n && C=n && N > 3', ['A', 'B']],
    ['A || B', []],
    ['$(x) && A', ['A']],
  ])('%j needs %j', (text, expected) => {
    expect(neededBy(expressionOf(text))).toEqual(expected);
  });

  test('may be any text', () => {
    const piece = fc.constantFrom(
      '(',
      ')',
      '!',
      '&&',
      '||',
      '=',
      '<=',
      'A',
      '"',
      "'",
      '\\',
      '$(',
      ' ',
      'if',
      '3',
      'é',
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 200 }), (pieces) => {
        const read = expressionOf(pieces.join(''));
        expect([true, false, null]).toContain(holds(read, () => 'n'));
      }),
    );
    for (const hostile of [
      '('.repeat(100_000),
      '!'.repeat(100_000),
      '"a"'.repeat(50_000),
      '$('.repeat(50_000),
    ])
      expect(expressionOf(hostile).kind).toBe('unknown');
  });
});

const usb = `
mainmenu "Everything"
menuconfig BUS
	tristate "The bus" if EXPERT
	depends on HAS_IOMEM
	depends on CLOCK || \\
		   !CLOCK
	select RING if BIG # when it is
	select LEAF
	imply EXTRA
	help
	  config NOT_THIS
	  is only said.

	   source "never"
if BUS
choice
	prompt "Which"
	depends on WHICH
config FIRST
	bool "The first"
config SECOND
	bool
	prompt "The second"
endchoice
menu "More"
	depends on MENU && "x" != "y"
config RING_SIZE
	int "How long"
	range 1 8
	default 4 if BIG
	default 2
config RING_NAME
	string
	default "ring # if \\"any\\"" if BIG
endmenu
comment "of nothing"
	depends on NOBODY
config LATE
	def_tristate BUS && MENU
endif
config AFTER
	hex
	default 0x10
`;

describe('a Kconfig file', () => {
  test('says of a symbol what it is and what it needs', () => {
    const kconfig = inFile(usb);
    const of = (name: string) => {
      const symbol = kconfig.symbol(name);
      return symbol === null ? null : [symbol.type, symbol.definitions[0]!.isAsked, needsOf(symbol)];
    };
    expect(of('BUS')).toEqual(['tristate', true, ['HAS_IOMEM']]);
    expect(of('FIRST')).toEqual(['bool', true, ['BUS', 'WHICH']]);
    expect(of('SECOND')).toEqual(['bool', true, ['BUS', 'WHICH']]);
    expect(of('RING_SIZE')).toEqual(['int', true, ['BUS', 'MENU']]);
    expect(of('RING_NAME')).toEqual(['string', false, ['BUS', 'MENU']]);
    expect(of('LATE')).toEqual(['tristate', false, ['BUS']]);
    expect(of('AFTER')).toEqual(['hex', false, []]);
    expect(of('NOT_THIS')).toBeNull();
    const [bus] = kconfig.symbol('BUS')!.definitions;
    expect(bus).toMatchObject({ file: 'Kconfig', line: 3 });
    expect(bus!.selects).toEqual([
      { value: { kind: 'symbol', name: 'RING' }, condition: { kind: 'symbol', name: 'BIG' } },
      { value: { kind: 'symbol', name: 'LEAF' }, condition: { kind: 'and', parts: [] } },
    ]);
    expect(bus!.implies).toHaveLength(1);
    const [name] = kconfig.symbol('RING_NAME')!.definitions[0]!.defaults;
    expect(name).toEqual({
      value: { kind: 'constant', text: 'ring # if "any"' },
      condition: { kind: 'symbol', name: 'BIG' },
    });
  });

  test('needs of a symbol that stands in several places what all of them need', () => {
    const kconfig = inFile(
      'if A\nconfig X\n\tbool\n\tdepends on B\nendif\nconfig X\n\tbool "it"\n\tdepends on B && C\n',
    );
    expect(needsOf(kconfig.symbol('X')!)).toEqual(['B']);
  });

  test('is read where it is near, and with what it is included under', () => {
    const kconfig = inTree({
      Kconfig: 'source "drivers/Kconfig"\nsource "arch/$(SRCARCH)/Kconfig"\nsource "Kconfig"\n',
      'arch/Kconfig': 'config OF_ALL\n\tbool\n',
      'arch/x/Kconfig': 'config X\n\tbool\n',
      'arch/x86/Kconfig':
        'config X\n\tbool\nif X\nsource "drivers/c/Kconfig"\nsource "arch/x/Kconfig"\nendif\n',
      'drivers/c/Kconfig': 'config C\n\tbool\n',
      'drivers/Kconfig':
        'if DRIVERS\nsource "drivers/a/Kconfig"\nmenu "b"\n\tdepends on M\nsource "drivers/b/Kconfig"\nendmenu\nendif\n',
      'drivers/a/Kconfig': 'config A\n\tbool\nsource "drivers/a/Kconfig.more"\n',
      'drivers/a/Kconfig.more': 'config MORE\n\tbool\n\tdepends on A\n',
      'drivers/b/Kconfig': 'config B\n\tbool\nconfig A\n\tbool\n\tdepends on ELSEWHERE\n',
    });
    const view = kconfig.from('drivers/a/deep');
    expect(kconfig.readCount).toBe(4);
    expect(needsOf(view.symbol('MORE')!)).toEqual(['DRIVERS', 'A']);
    expect(view.near('B')).toBeNull();
    expect(kconfig.readCount).toBe(4);
    expect(needsOf(view.symbol('B')!)).toEqual(['DRIVERS', 'M']);
    expect(kconfig.readCount).toBe(8);
    expect(needsOf(view.symbol('C')!)).toEqual([]);
    expect(view.symbol('OF_ALL')).not.toBeNull();
    expect(view.symbol('X')).toBeNull();
    // What was read meanwhile changes nothing of what is near.
    const again = kconfig.from('drivers/a/deep');
    expect(again.near('B')).toBeNull();
    expect(again.symbol('A')!.definitions).toHaveLength(1);
    expect(kconfig.from('fs').symbol('A')!.definitions).toHaveLength(2);
  });

  test('may be any text', () => {
    const piece = fc.constantFrom(
      ...[
        'config A\n',
        '\tbool "a"\n',
        'if A\n',
        'endif\n',
        'menu "m"\n',
        'endmenu\n',
        '\tdepends on A',
        ' && B\n',
      ],
      ...[
        'help\n',
        '  text\n',
        '\\\n',
        'source "Kconfig"\n',
        'source "other"\n',
        '\tselect B if C\n',
        '\tdefault "',
        '\n',
      ],
      ...[
        'choice\n',
        'endchoice\n',
        '\tdef_bool y\n',
        '"',
        "'",
        '$(x)',
        '#',
        '\r\n',
        '\u202e',
        'config \n',
        'if\n',
      ],
    );
    const base = readConfiguration('CONFIG_B=y\n');
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 80 }), fc.array(piece, { maxLength: 40 }), (one, other) => {
        const view = inTree({ Kconfig: one.join(''), other: other.join('') }).from('a/b');
        const chooser = new Chooser(view, base);
        chooser.want([{ symbol: 'CONFIG_A', by: 'Makefile' }]);
        const { configuration, chosen } = chooser.result;
        expect(configuration.size).toBe(1 + chosen.length);
        expect(configuration.get('CONFIG_B')).toBe('y');
      }),
    );
  });

  test('is read to its end however long it is', () => {
    const hostile = [
      `config A\n\tdepends on ${'B && '.repeat(20_000)}C\n`,
      `config A\n\tselect ${'"x" '.repeat(20_000)}\n`,
      `config A\n\tdefault ${'"'.repeat(40_001)}\n`,
      `config A\n${'\\\n'.repeat(100_000)}`,
      `${'if X\n'.repeat(20_000)}config A\n\tbool\n`,
      `config A\n\tbool\n${'help\n'.repeat(20_000)}`,
    ];
    for (const text of hostile) expect(inFile(text).symbol('A')).toMatchObject({ name: 'A' });
  });
});

describe('what is switched on', () => {
  const choose = (text: string, base: string, ...symbols: string[]) => {
    const chooser = new Chooser(inFile(text), readConfiguration(base));
    chooser.want(symbols.map((symbol) => ({ symbol: `CONFIG_${symbol}`, by: 'Makefile' })));
    return chooser;
  };
  const symbolsOf = (chooser: Chooser) =>
    chooser.result.chosen.map(({ symbol, reason, by }) => `${symbol} ${reason} ${by}`);
  const unmetOf = (chooser: Chooser) =>
    chooser.result.unmet.map(({ what, by, why }) => `${what} ${by} ${why}`);

  test('is what is wanted, what that needs, and what these select', () => {
    const chooser = choose(
      'config RING\n\ttristate "ring"\n\tdepends on BUS && !OLD && THERE\n\tselect LEAF\n\tselect FAST if QUICK\n' +
        'config BUS\n\tbool "bus"\n\tselect QUICK\nconfig LEAF\n\tbool\n\tselect DEEP\nconfig DEEP\n\tbool\n' +
        'config QUICK\n\tbool\nconfig FAST\n\tbool\nconfig OLD\n\tbool "old"\nconfig OTHER\n\tbool "other"\n',
      'CONFIG_THERE=y\n',
      'RING',
    );
    expect(symbolsOf(chooser).sort()).toEqual([
      'CONFIG_BUS dependency CONFIG_RING',
      'CONFIG_DEEP select CONFIG_LEAF',
      'CONFIG_FAST select CONFIG_RING',
      'CONFIG_LEAF select CONFIG_RING',
      'CONFIG_QUICK select CONFIG_BUS',
      'CONFIG_RING rule Makefile',
    ]);
    expect(unmetOf(chooser)).toEqual([]);
  });

  test('is of alternatives the first that can be, and the one that is there before it', () => {
    const text =
      'config RING\n\tbool "r"\n\tdepends on ARCH_X || B || COMPILE_TEST\nconfig B\n\tbool "b"\n\tdepends on X86\n' +
      'config COMPILE_TEST\n\tbool "c"\nconfig C\n\tbool "c"\nconfig USER\n\tbool "u"\n\tdepends on COMPILE_TEST || C\n';
    expect(symbolsOf(choose(text, '', 'RING'))).toEqual([
      'CONFIG_RING rule Makefile',
      'CONFIG_COMPILE_TEST dependency CONFIG_RING',
    ]);
    expect(symbolsOf(choose(text, '', 'USER'))).toContain('CONFIG_C dependency CONFIG_USER');
    expect(symbolsOf(choose(text, 'CONFIG_B=y\n', 'RING'))).toEqual(['CONFIG_RING rule Makefile']);
  });

  test('is nothing that only an architecture says, and that is said', () => {
    const text =
      'config RING\n\tbool "r"\n\tdepends on X86 && POWER && !SMP\nconfig POWER\n\tbool "p"\n\tdepends on HAVE_POWER\n' +
      'config HAVE_POWER\n\tbool\nconfig HAVE_KNOWN\n\tdef_bool y\nconfig USER\n\tbool "u"\n\tdepends on HAVE_KNOWN\n';
    const chooser = choose(text, 'CONFIG_SMP=y\n', 'RING', 'FOREIGN');
    expect(symbolsOf(chooser)).toEqual(['CONFIG_RING rule Makefile']);
    expect(unmetOf(chooser)).toEqual([
      'CONFIG_FOREIGN Makefile no Kconfig file has it but an architecture’s',
      'CONFIG_X86 CONFIG_RING only another architecture has it',
      'CONFIG_POWER CONFIG_RING it needs CONFIG_HAVE_POWER, which only another architecture has',
      '!CONFIG_SMP CONFIG_RING that is on',
    ]);
    expect(symbolsOf(choose(text, '', 'USER'))).toContain('CONFIG_HAVE_KNOWN dependency CONFIG_USER');
    expect(chooser.canHave(['CONFIG_POWER'])).toBe(false);
    expect(chooser.canHave(['CONFIG_USER', 'CONFIG_SMP'])).toBe(true);
  });

  test('is of what is not asked for, but selected, whatever can be on and selects it', () => {
    const text =
      'config RING\n\tbool "r"\n\tdepends on HAVE_CLK\nconfig HAVE_CLK\n\tbool\n' +
      'config OLD\n\tbool "o"\n\tdepends on ARM\n\tselect HAVE_CLK\nconfig CLK\n\tbool "c"\n\tdepends on !OLD\n\tselect HAVE_CLK\n';
    const chooser = choose(text, '', 'RING');
    expect(symbolsOf(chooser)).toEqual([
      'CONFIG_RING rule Makefile',
      'CONFIG_CLK dependency CONFIG_RING',
      'CONFIG_HAVE_CLK select CONFIG_CLK',
    ]);
    expect(unmetOf(chooser)).toEqual([]);
  });

  test('is what a file offers that selects what nobody is asked for', () => {
    const text =
      'config TICK\n\tbool\nconfig OLD\n\tbool "o"\n\tdepends on ARM\n\tselect TICK\n' +
      'config COMMON\n\tbool\n\tselect TICK\nconfig PERHAPS\n\tbool "p"\n\tselect TICK if COMMON\n' +
      'config IDLE\n\tbool "i"\n\tselect COMMON\nconfig FULL\n\tbool "f"\n\tselect COMMON\n' +
      'config LEAF\n\tbool\nconfig FOLLOWS\n\tbool\n\tdefault IDLE\nconfig LAST\n\tbool "l"\n\tselect FOLLOWS\n';
    expect(symbolsOf(choose(text, '', 'TICK', 'LEAF', 'FOLLOWS'))).toEqual([
      'CONFIG_IDLE rule Makefile',
      'CONFIG_COMMON select CONFIG_IDLE',
      'CONFIG_TICK select CONFIG_COMMON',
      'CONFIG_LEAF rule Makefile',
      'CONFIG_FOLLOWS rule Makefile',
    ]);
  });

  test('ends where symbols need each other', () => {
    const text =
      'config A\n\tbool "a"\n\tdepends on B\n\tselect C\nconfig B\n\tbool "b"\n\tdepends on A\nconfig C\n\tbool\n\tselect A\n';
    expect(symbolsOf(choose(text, '', 'A')).sort()).toEqual([
      'CONFIG_A rule Makefile',
      'CONFIG_B dependency CONFIG_A',
      'CONFIG_C select CONFIG_A',
    ]);
    expect(unmetOf(choose(text, '', 'B'))).toEqual([]);
  });

  test('has the default that Kconfig gives what code names', () => {
    const text =
      'config N\n\tint "n"\n\tdefault 7 if BIG\n\tdefault 3\nconfig H\n\thex\n\tdefault 20\nconfig S\n\tstring\n\tdefault "a \\"b\\""\n' +
      'config S0\n\tstring\nconfig LIKE\n\tint\n\tdefault N\nconfig NONE\n\tint "none"\nconfig ON\n\tdef_bool BIG\nconfig OFF\n\tbool "o"\n';
    const view = inFile(text);
    const chooser = new Chooser(view, readConfiguration('CONFIG_BIG=y\n'));
    for (const name of ['N', 'H', 'S', 'S0', 'LIKE', 'NONE', 'ON', 'OFF'])
      chooser.byDefault(view.symbol(name)!, 'ring.c', true);
    expect(Object.fromEntries(chooser.result.chosen.map(({ symbol, value }) => [symbol, value]))).toEqual({
      CONFIG_N: '7',
      CONFIG_H: '0x20',
      CONFIG_S: '"a \\"b\\""',
      CONFIG_S0: '""',
      CONFIG_LIKE: '7',
      CONFIG_ON: 'y',
    });
    expect(unmetOf(chooser)).toEqual(['CONFIG_NONE ring.c it is a number without a default']);
  });
});
