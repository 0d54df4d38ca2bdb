// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { generatedHeaders, type TreeHeadersOptions } from '../../src/source/tree-headers.js';

const ARCH = new URL('../../c-src/arch/wasm/', import.meta.url);

const options = (changes: Partial<TreeHeadersOptions> = {}): TreeHeadersOptions => ({
  version: { major: 6, minor: 12, patch: 95, extra: '' },
  asmGeneric: [],
  uapiAsmGeneric: [],
  ownAsm: [],
  ownUapiAsm: [],
  config: 'CONFIG_HZ=1000\nCONFIG_NR_CPUS=8\n',
  ...changes,
});

const forLongPointers = /^#ifdef __LP64__\n(.*?)^#endif\n/ms;

/** What a header defines, by name, where pointers have four bytes. */
const defined = (headers: Map<string, string>, path: string) =>
  Object.fromEntries(
    [
      ...headers
        .get(path)!
        .replace(forLongPointers, '')
        .matchAll(/^#define (\w+)(?:\([^)]*\))? (.+)$/gm),
    ].map(([, name, value]) => [name, value]),
  );

describe('the configuration', () => {
  const autoconf = (config: string) =>
    defined(
      generatedHeaders(options({ config: `CONFIG_HZ=1000\nCONFIG_NR_CPUS=8\n${config}` })),
      'generated/autoconf.h',
    );

  it('defines what is set, and a yes as 1', () => {
    expect(
      autoconf(
        '# why\nCONFIG_SMP=y\n\nCONFIG_LOCALVERSION="-a \\"b\\""\nCONFIG_BASE=0x10\nCONFIG_LEVEL=-1\n# CONFIG_OFF is not set\n',
      ),
    ).toEqual({
      CONFIG_HZ: '1000',
      CONFIG_NR_CPUS: '8',
      CONFIG_SMP: '1',
      CONFIG_LOCALVERSION: '"-a \\"b\\""',
      CONFIG_BASE: '0x10',
      CONFIG_LEVEL: '-1',
    });
  });

  it.each(['CONFIG_SMP', 'CONFIG_SMP=m', 'CONFIG_SMP=yes', 'SMP=y', 'CONFIG_X="open', 'CONFIG_SMP=y # why'])(
    'does not take %s',
    (line) => {
      expect(() => autoconf(line)).toThrow(
        new SyntaxError(`line 3 of the configuration is no CONFIG_…=value: ${line}`),
      );
    },
  );

  it.each(['', 'CONFIG_HZ=-1\n', 'CONFIG_HZ=0\n', 'CONFIG_HZ="100"\n'])(
    'needs a number of ticks: %j',
    (hz) => {
      expect(() => generatedHeaders(options({ config: `${hz}CONFIG_NR_CPUS=8\n` }))).toThrow(
        'the configuration lacks a number CONFIG_HZ',
      );
    },
  );
});

describe('the version', () => {
  it('is that of the tree', () => {
    const headers = generatedHeaders(options({ version: { major: 7, minor: 2, patch: 0, extra: '-rc3' } }));
    expect(defined(headers, 'uapi/linux/version.h')).toMatchObject({
      LINUX_VERSION_CODE: String(0x070200),
      LINUX_VERSION_MAJOR: '7',
      LINUX_VERSION_PATCHLEVEL: '2',
      LINUX_VERSION_SUBLEVEL: '0',
    });
    expect(defined(headers, 'generated/utsrelease.h')).toEqual({ UTS_RELEASE: '"7.2.0-rc3"' });
  });

  it('ends at 255 in the code of a long-lived release', () => {
    const headers = generatedHeaders(options({ version: { major: 4, minor: 14, patch: 336, extra: '' } }));
    expect(defined(headers, 'uapi/linux/version.h')).toMatchObject({
      LINUX_VERSION_CODE: String(0x040eff),
      LINUX_VERSION_SUBLEVEL: '336',
    });
  });
});

describe('asm headers', () => {
  const headers = generatedHeaders(
    options({
      asmGeneric: ['dma.h', 'atomic.h', 'Kbuild', 'bitops'],
      uapiAsmGeneric: ['errno.h', 'ptrace.h'],
      ownAsm: ['atomic.h'],
      ownUapiAsm: ['ptrace.h'],
    }),
  );

  it('are the generic ones', () => {
    expect(headers.get('asm/dma.h')).toBe('#include <asm-generic/dma.h>\n');
    expect(headers.get('uapi/asm/errno.h')).toBe('#include <asm-generic/errno.h>\n');
  });

  it('are none where there is one of our own, or no header', () => {
    expect([...headers.keys()].filter((path) => /(^|\/)asm\//.test(path))).toEqual([
      'asm/dma.h',
      'uapi/asm/errno.h',
    ]);
  });
});

describe('conversions of jiffies', () => {
  const timeconst = (hz: number) =>
    defined(
      generatedHeaders(options({ config: `CONFIG_HZ=${hz}\nCONFIG_NR_CPUS=8\n` })),
      'generated/timeconst.h',
    );

  // What bc makes of kernel/time/timeconst.bc.
  it('are those of a thousand a second', () => {
    expect(timeconst(1000)).toMatchObject({
      HZ_TO_MSEC_MUL32: 'U64_C(0x80000000)',
      HZ_TO_MSEC_ADJ32: 'U64_C(0x0)',
      HZ_TO_MSEC_SHR32: '31',
      MSEC_TO_HZ_NUM: '1',
      MSEC_TO_HZ_DEN: '1',
      USEC_TO_HZ_ADJ32: 'U64_C(0x1ff7ced9168)',
      USEC_TO_HZ_SHR32: '41',
      USEC_TO_HZ_MUL32: 'U64_C(0x83126e98)',
      NSEC_TO_HZ_DEN: '1000000',
    });
  });

  it.each([24, 100, 250, 300, 1000, 1024])('are right at %i a second', (hz) => {
    const of = timeconst(hz);
    const number = (name: string) => BigInt(of[name]!.replace(/^U64_C\((.*)\)$/, '$1'));
    for (const [name, by, through] of [
      ['HZ_TO_MSEC', 1000, hz],
      ['MSEC_TO_HZ', hz, 1000],
      ['HZ_TO_USEC', 1000000, hz],
      ['USEC_TO_HZ', hz, 1000000],
    ] as const) {
      expect(number(`${name}_NUM`) * BigInt(through)).toBe(number(`${name}_DEN`) * BigInt(by));
      const factor = number(`${name}_MUL32`);
      expect(factor >= 1n << 31n && factor < 1n << 32n, name).toBe(true);
      for (const count of [0n, 1n, 999n, 1000000n]) {
        const up = (count * factor + number(`${name}_ADJ32`)) >> number(`${name}_SHR32`);
        const exact = count * BigInt(by);
        // The kernel rounds up what is waited for.
        if (name.endsWith('TO_HZ')) expect(up).toBe((exact + BigInt(through) - 1n) / BigInt(through));
      }
    }
  });
});

describe('our architecture', () => {
  const names = (folder: string) => readdirSync(new URL(folder, ARCH));
  const headers = generatedHeaders(
    options({
      asmGeneric: names('include/asm/'),
      ownAsm: names('include/asm/'),
      ownUapiAsm: names('include/uapi/asm/'),
      config: readFileSync(new URL('config', ARCH), 'utf8'),
    }),
  );

  it('has a configuration', () => {
    expect(defined(headers, 'generated/autoconf.h')).toMatchObject({ CONFIG_SMP: '1', CONFIG_HZ: '1000' });
    expect(defined(headers, 'generated/autoconf.h')).not.toHaveProperty('CONFIG_64BIT');
    expect(forLongPointers.exec(headers.get('generated/autoconf.h')!)?.[1]).toBe('#define CONFIG_64BIT 1\n');
  });

  it('has as many bits for a CPU as the configuration has CPUs', () => {
    expect(defined(headers, 'generated/bounds.h')).toMatchObject({ NR_CPUS_BITS: '3' });
  });
});
