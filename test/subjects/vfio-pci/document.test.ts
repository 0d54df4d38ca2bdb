// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { root } from '../../support/lostbit.js';

const text = (file: string) => readFileSync(join(root, file), 'utf8');
const document = text('docs/vfio-pci.md');
const told = new Set(Array.from(document.matchAll(/`(\w+)(?:\(\))?`/g), ([, word]) => word!));

test('docs/vfio-pci.md names every step', () => {
  const steps = ['faults', 'interrupts', 'migration', 'modules', 'system', 'user'].flatMap((file) =>
    Array.from(
      text(`subjects/vfio-pci/steps/${file}.ts`).matchAll(
        /^export const (\w+)(?:: \([^=]*)? = (?:<|\(|general)/gm,
      ),
      ([, name]) => name!,
    ),
  );
  expect(steps.length).toBeGreaterThan(50);
  expect(steps.filter((name) => !told.has(name))).toEqual([]);
});

test('docs/vfio-pci.md names every property of a device', () => {
  const [, body = ''] = /^export interface DeviceSpec \{\n(.*?)^\}/ms.exec(
    text('subjects/vfio-pci/devices.ts'),
  )!;
  const properties = Array.from(body.matchAll(/^ {2}readonly (\w+)\?/gm), ([, name]) => name!);
  expect(properties.length).toBeGreaterThan(10);
  expect(properties.filter((name) => !told.has(name))).toEqual([]);
});
