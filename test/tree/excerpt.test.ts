// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only

import { readFileSync } from 'node:fs';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { describe, expect, test } from 'vitest';
import type { FidelityReport } from '../../src/report/fidelity-schema.js';
import { lostbit, root } from '../support/lostbit.js';
import { quickest } from '../support/race.js';
import { debianTree, type TreeName } from './trees.js';
import { isWhole } from './whole.js';

const validate = new Ajv2020().compile(
  JSON.parse(readFileSync(join(root, 'schema/fidelity.schema.json'), 'utf8')),
);

describe.each<[TreeName, string]>([
  ['6.12.95', 'base'],
  ['7.2.13', 'p5'],
])('the excerpt, and Linux %s at %s', (name, stage) => {
  const found = debianTree(name);
  test.skipIf('missing' in found || !isWhole)(
    'nothing differs that nobody explains, and each explanation explains something',
    async () => {
      const scratch = await mkdtemp(join(tmpdir(), 'lostbit-excerpt-'));
      const file = join(scratch, 'fidelity.json');
      const dir = 'dir' in found ? found.dir : '';
      const { status, stdout } = await lostbit(
        'fidelity',
        '--linux',
        dir,
        '--toolchain',
        await quickest,
        '--explore',
        '5m',
        '--json',
        file,
      );
      const report: FidelityReport = JSON.parse(await readFile(file, 'utf8'));
      await rm(scratch, { recursive: true });
      expect(validate(report), JSON.stringify(validate.errors)).toBe(true);
      const { excerpt } = report;
      expect(excerpt!.differences.filter(({ explained }) => explained === null)).toEqual([]);
      expect(excerpt).toMatchObject({ stage, lacking: [], besides: [], bounded: [], idle: [] });
      expect(excerpt!.scenarios.length).toBeGreaterThan(40);
      expect(excerpt!.events).toBeGreaterThan(10_000);
      expect(excerpt!.structs).toContain('vfio_pci_core_device');
      expect(stdout).toMatch(/no unexplained difference, \d+ explained ones \(--verbose lists them\)/);
      expect(status).toBe(0);
    },
    600_000,
  );
});
