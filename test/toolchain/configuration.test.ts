// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { describe, expect, test } from 'vitest';
import { configurationSeen } from '../../src/toolchain/configuration.js';
import { unitsOf } from '../../src/toolchain/objects.js';
import type { CompileOptions, Toolchain } from '../../src/toolchain/types.js';

const header = 'generated/autoconf.h';
const configured = '#define CONFIG_A 1\n#define CONFIG_B_MODULE 1\n#define CONFIG_C 3\n#ifdef X\n#endif\n';

/** What a unit with this text sees of the configuration. */
const seen = (text: string): string[] => {
  const tree = new Map([
    ['u.c', text],
    [header, configured],
  ]);
  return configurationSeen(header, ['u.c', header], tree).match(/CONFIG_\w+/g) ?? [];
};

describe('what a unit can depend on of a configuration', () => {
  test.each([
    ['#ifdef CONFIG_A', ['CONFIG_A']],
    ['#if IS_ENABLED(CONFIG_B)', ['CONFIG_B_MODULE']],
    ['#ifdef CONFIG_AB', []],
    ['int a;', []],
    ['#define HAS(x) IS_ENABLED(CONFIG_ ## x)', ['CONFIG_A', 'CONFIG_B_MODULE', 'CONFIG_C']],
    ['#define HAS(x) IS_ENABLED(CONFIG_A_##x)', ['CONFIG_A', 'CONFIG_B_MODULE', 'CONFIG_C']],
  ])('%s', (text, symbols) => {
    expect(seen(text)).toEqual(symbols);
  });

  test('lines that define no symbol are always seen', () => {
    const tree = new Map([[header, configured]]);
    expect(configurationSeen(header, [header], tree)).toBe('#ifdef X\n#endif\n');
  });
});

describe('keys of objects', () => {
  const toolchain = { name: 'clang', version: '1' } as Toolchain;
  const dialect = { includes: ['.'], configuration: header };
  const keysWith = (config: string, configuration = dialect) => {
    const tree = new Map([
      ['asks.c', '#include <seen.h>\n'],
      ['other.c', `#include <${header}>\nint b;\n`],
      ['seen.h', `#include <${header}>\n#ifdef CONFIG_A\n#endif\n`],
      [header, config],
    ]);
    const units = ['asks.c', 'other.c'];
    return unitsOf({ tree, units, own: units, dialect: configuration }, toolchain, {
      bitfieldAccess: 'fine',
      optimize: '2',
    } as CompileOptions).map(({ key }) => key);
  };
  const [asks, other] = keysWith('#define CONFIG_A 1\n#define CONFIG_C 3\n');

  test('are new for those units alone that name, in a file of theirs, what is configured otherwise', () => {
    const without = keysWith('#define CONFIG_C 3\n');
    expect(without[0]).not.toBe(asks);
    expect(without[1]).toBe(other);
  });

  test('follow every symbol where the dialect does not say where they are', () => {
    const { configuration: _, ...plain } = dialect;
    const before = keysWith('#define CONFIG_A 1\n', plain as typeof dialect);
    const after = keysWith('', plain as typeof dialect);
    expect(after[0]).not.toBe(before[0]);
    expect(after[1]).not.toBe(before[1]);
  });
});
