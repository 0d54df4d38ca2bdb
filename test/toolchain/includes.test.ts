// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { describe, expect, test } from 'vitest';
import { includeClosure } from '../../src/toolchain/includes.js';

const closure = (unit: string, files: Record<string, string>) =>
  includeClosure(unit, new Map(Object.entries(files)));

describe('the include closure', () => {
  test('follows includes through headers, each once, circles too', () => {
    const files = {
      'vfio/x.c': '#include <linux/a.h>\n#include "x.h"\n',
      'vfio/x.h': '#include <linux/b.h>\n#include "../vfio/x.h"',
      'include/linux/a.h': '#include <linux/b.h>',
      'include/linux/b.h': '#include <linux/a.h>',
      'include/linux/unused.h': '',
    };
    expect(closure('vfio/x.c', files)).toEqual(['include/linux/a.h', 'include/linux/b.h', 'vfio/x.h']);
  });

  test('counts every place the flags look in, and conditions not at all', () => {
    const files = {
      'vfio/x.c': '#if 0\n  #  include "pci.h" // never\n#endif\n',
      'vfio/pci.h': '',
      'include/pci.h': '',
      'pci.h': '',
      'kernel/pci.h': '',
    };
    expect(closure('vfio/x.c', files)).toEqual(['include/pci.h', 'pci.h', 'vfio/pci.h']);
  });

  test('does not look beside the includer for <…>', () => {
    expect(closure('vfio/x.c', { 'vfio/x.c': '#include <y.h>', 'vfio/y.h': '', 'y.h': '' })).toEqual(['y.h']);
  });

  test.each([
    '#include HEADER',
    '#include/**/"y.h"',
    '#include \\\n"y.h"',
    '#include_next HEADER',
    '#if __has_include(HEADER)',
  ])('takes every header where only the preprocessor knows: %s', (line) => {
    expect(closure('x.c', { 'x.c': line, 'y.h': '', 'include/z.h': '', 'other.c': '' })).toEqual([
      'include/z.h',
      'y.h',
    ]);
  });

  test('notices a header that is only asked for', () => {
    expect(closure('x.c', { 'x.c': '#if __has_include( <y.h>)\n#endif', 'y.h': '' })).toEqual(['y.h']);
  });

  test('looks in the directories of a program’s own, behind which others may stand, too', () => {
    const files = {
      'drivers/x.c': '#include <linux/a.h>\n#include "b.h"\n',
      'arch/include/linux/a.h': '#include_next <linux/a.h>',
      'include/linux/a.h': '',
      'include/b.h': '',
      'b.h': '',
      'linux/a.h': '',
    };
    const dialect = { includes: ['arch/include', 'include'] };
    expect(includeClosure('drivers/x.c', new Map(Object.entries(files)), dialect)).toEqual([
      'arch/include/linux/a.h',
      'include/b.h',
      'include/linux/a.h',
    ]);
  });

  test('takes the headers beside the unit where only the preprocessor knows, if a program says so', () => {
    const files = new Map(
      Object.entries({
        'drivers/x.c': '#include <trace.h>\n',
        'drivers/x-trace.h': '#include "far.h"',
        'drivers/deep/y.h': '',
        'include/trace.h': '#include TRACE',
        'include/far.h': '',
        'include/other.h': '',
      }),
    );
    const dialect = { includes: ['include'], computed: 'beside' } as const;
    expect(includeClosure('drivers/x.c', files, dialect)).toEqual([
      'drivers/x-trace.h',
      'include/far.h',
      'include/trace.h',
    ]);
  });

  test('is no fooled by words that begin the same', () => {
    expect(closure('x.c', { 'x.c': '#includes HEADER\n', 'y.h': '' })).toEqual([]);
  });
});
