// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { chmod } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { openSource } from '../../src/source/source.js';
import { directoryOf } from './fixture.js';

const open = (base: string, part: string) => openSource('port', 'A port', base, [part]);

/** Root reads everything. */
const mayAll = process.getuid?.() === 0;

describe('one file', () => {
  test('comes with the headers beside it, and nothing else', async () => {
    const dir = await directoryOf({
      'port.c': 'int x;\n',
      'port.h': '',
      'other.c': '',
      'below/further.h': '',
    });
    const { tree, units } = await open(dir, 'port.c');
    expect([...tree.keys()]).toEqual(['port.c', 'port.h']);
    expect(units).toEqual(['port.c']);
  });

  test.skipIf(mayAll)('comes whatever may not be read below its directory', async () => {
    const dir = await directoryOf({ 'port.c': '', 'port.h': '', 'below/other.h': '' });
    await chmod(join(dir, 'below'), 0);
    expect([...(await open(dir, 'port.c')).tree.keys()]).toEqual(['port.c', 'port.h']);
    await chmod(join(dir, 'below'), 0o700);
  });
});

test.skipIf(mayAll)(
  'a directory that may not be read is refused, and not taken for an empty one',
  async () => {
    const dir = await directoryOf({ 'port.c': '', 'below/other.c': '' });
    await chmod(join(dir, 'below'), 0);
    await expect(open(dir, '.')).rejects.toMatchObject({
      code: 'E_SOURCE',
      message: expect.stringContaining('permission denied'),
    });
    await chmod(join(dir, 'below'), 0o700);
  },
);

test('a file that cannot be read is named', async () => {
  const dir = await directoryOf({ 'port.c': '', 'port.h/none': '' });
  await expect(open(dir, 'port.c')).rejects.toMatchObject({
    code: 'E_SOURCE',
    message: expect.stringMatching(/port\.h' is not a regular file: it is a directory/),
  });
});

describe('directories whose files include each other', () => {
  const files = {
    'drv/src/port.c': '#include "../inc/port.h"\n',
    'drv/src/below/other.c': '',
    'drv/inc/port.h': '',
    'drv/out.h': '',
  };
  test.each<[string[], string[]]>([
    [
      ['drv/src', 'drv/inc'],
      ['inc/port.h', 'src/below/other.c', 'src/port.c'],
    ],
    [
      ['./drv/inc/', 'drv/src/port.c'],
      ['inc/port.h', 'src/port.c'],
    ],
    [
      ['drv/inc', 'drv/src/below'],
      ['other.c', 'port.h'],
    ],
    [['drv/src'], ['below/other.c', 'port.c']],
    [['drv'], ['inc/port.h', 'out.h', 'src/below/other.c', 'src/port.c']],
  ])('%j', async (parts, paths) => {
    const { tree } = await openSource('port', 'A port', await directoryOf(files), parts);
    expect([...tree.keys()]).toEqual(paths);
  });
});
