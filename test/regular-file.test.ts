// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { execFileSync } from 'node:child_process';
import { truncateSync, writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { readSchedule } from '../src/engine/schedule.js';
import { openLayouts } from '../src/layout/open-layouts.js';
import { readRegularFile } from '../src/regular-file.js';
import { readExternalResults } from '../src/report/result-file.js';
import { loadScenario } from '../src/scenario/load.js';
import { readSeries } from '../src/source/series.js';
import { directoryOf } from './source/fixture.js';

let dir: string;
let server: Server;
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'lostbit-irregular-'));
  for (const name of ['fifo', 'fifo.ts']) execFileSync('mkfifo', [join(dir, name)]);
  server = createServer();
  await new Promise<void>((resolve) => server.listen(join(dir, 'socket'), resolve));
});
afterAll(async () => {
  await new Promise((resolve) => server.close(resolve));
  await rm(dir, { recursive: true });
});

describe('a file that is not regular is refused, and not waited for', () => {
  test.each([
    ['a FIFO', () => join(dir, 'fifo')],
    ['a socket', () => join(dir, 'socket')],
    ['a device', () => '/dev/zero'],
    ['a directory', () => dir],
  ])('%s', async (kind, path) => {
    await expect(readRegularFile(path(), 'E_HERE')).rejects.toMatchObject({
      code: 'E_HERE',
      message: `'${path()}' is not a regular file: it is ${kind}`,
    });
  });

  const known = { scenarios: new Map(), stages: [] };
  const object = () => {
    // The magic of BTF, as far as it is asked for before its base.
    const path = join(dir, 'some.btf');
    writeFileSync(path, Uint8Array.of(0x9f, 0xeb, 1, 0, 24, 0, 0, 0));
    return path;
  };
  test.each<[string, string, () => Promise<unknown>]>([
    ['a result', 'E_RESULT', () => readExternalResults(join(dir, 'fifo'), known)],
    ['a schedule', 'E_SCHEDULE', () => readSchedule(join(dir, 'fifo'))],
    ['an object', 'E_NO_FILE', () => openLayouts(join(dir, 'fifo'))],
    ['the base of one', 'E_NO_FILE', () => openLayouts(object(), { base: join(dir, 'fifo') })],
    ['a scenario', 'E_SCENARIO_FILE', () => loadScenario(join(dir, 'fifo.ts'), {})],
  ])('named as %s', async (_, code, read) => {
    await expect(read()).rejects.toMatchObject({
      code,
      message: expect.stringContaining('is not a regular file: it is a FIFO'),
    });
  });

  test('named as a patch, or as a list of patches', async () => {
    const series = await directoryOf({ 'v2/series': '0001-x.patch\n' });
    execFileSync('mkfifo', [join(series, 'v2', '0001-x.patch'), join(series, 'series')]);
    for (const folder of [join(series, 'v2'), series])
      await expect(readSeries(folder)).rejects.toMatchObject({
        code: 'E_SERIES',
        message: expect.stringContaining('is not a regular file: it is a FIFO'),
      });
  });
});

test('a file that is not there is named', async () => {
  await expect(readRegularFile('/none/at\x1ball', 'E_HERE')).rejects.toMatchObject({
    message: expect.stringContaining("cannot read '/none/at\\x1ball': ENOENT"),
  });
});

test('a text that no string has room for is refused before it is read', async () => {
  const path = join(dir, 'large');
  writeFileSync(path, '');
  truncateSync(path, 600 * 1024 * 1024);
  const large = expect.stringContaining('is too large: 629145600 bytes, of at most');
  await expect(readSchedule(path)).rejects.toMatchObject({ code: 'E_SCHEDULE', message: large });
  await expect(readExternalResults(path, { scenarios: new Map(), stages: [] })).rejects.toMatchObject({
    code: 'E_RESULT',
    message: large,
  });
});
