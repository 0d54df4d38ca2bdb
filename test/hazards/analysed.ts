// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { type FieldAccess, fieldAccesses, type HeldLock } from '../../src/hazards/contexts.js';
import type { HazardPair } from '../../src/hazards/pairs.js';
import { type HazardReport, hazardReport } from '../../src/hazards/report.js';
import { unitsOfFiles } from '../../src/hazards/source.js';
import { type Survey, type SurveyOptions, survey } from '../../src/hazards/survey.js';
import { toolchain } from '../support/race.js';

export interface Analysed extends Survey {
  readonly report: HazardReport;
  /** Every store with every way that leads to it. */
  readonly accesses: readonly FieldAccess[];
}

/** C by the names of its files, over lostbit's headers, analysed. */
export async function analysed(
  files: Readonly<Record<string, string>>,
  options: SurveyOptions = {},
): Promise<Analysed> {
  const dir = await mkdtemp(join(tmpdir(), 'lostbit-hazards-'));
  try {
    for (const [path, text] of Object.entries(files)) {
      await mkdir(dirname(join(dir, path)), { recursive: true });
      await writeFile(join(dir, path), text);
    }
    const units = Object.keys(files).filter((path) => path.endsWith('.c'));
    const source = await unitsOfFiles(units, dir);
    const found = await survey(source, await toolchain(), options);
    return {
      ...found,
      report: hazardReport(source, found),
      accesses: fieldAccesses(found.facts, source.whole).accesses,
    };
  } finally {
    await rm(dir, { recursive: true });
  }
}

/** `dev.lock`, `dev.sem for reading`, `dev.lock of another`, sorted. */
export const locksText = (locks: readonly HeldLock[]): string =>
  locks
    .map(
      ({ name, shared, by, relation, assumed }) =>
        `${name}${shared ? ' for reading' : ''}${by === 'asserted' ? ' asserted' : ''}` +
        (relation === null ? ' of another' : assumed ? ' perhaps' : ''),
    )
    .sort()
    .join(', ');

/** `a × b`. */
export const pairText = ({ fields: [a, b] }: HazardPair): string => `${a.field} × ${b.field}`;
