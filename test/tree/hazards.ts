// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { leastLikely } from '../../src/hazards/pairs.js';
import { type HazardReport, hazardReport } from '../../src/hazards/report.js';
import { unitsOfTree } from '../../src/hazards/source.js';
import { survey } from '../../src/hazards/survey.js';
import { openKernelTree } from '../../src/source/kernel-tree.js';
import { toolchain } from '../support/race.js';
import { type Edits, edited } from './edits.js';
import { debianTree, type TreeName } from './trees.js';

/** Why files of a tree cannot be looked at, behind the name of a test; empty where they are there. */
export function lacking(tree: TreeName, paths: readonly string[]): string {
  const found = debianTree(tree);
  if ('missing' in found) return ` (skipped: ${found.missing})`;
  // What the tests fetch themselves is a part of the sources, without most of their Kconfig files.
  const isWhole = [...paths, 'drivers/mmc/core/core.c'].every((path) => existsSync(join(found.dir, path)));
  return isWhole ? '' : ` (skipped: not all of the sources of Linux ${tree} are there)`;
}

/** What is said of files and folders of a tree, with some files changed. Throws where it could not look at one of them. */
export async function hazardsOf(
  name: TreeName,
  paths: readonly string[],
  edits: Edits = {},
): Promise<HazardReport> {
  const found = debianTree(name);
  if ('missing' in found) throw new Error(found.missing);
  const tree = await openKernelTree(found.dir);
  const source = await unitsOfTree(tree, paths, edited(tree.files, edits));
  const report = hazardReport(source, await survey(source, await toolchain()));
  if (report.refused.length > 0) throw new Error(report.refused.map(({ why }) => why).join('\n'));
  return report;
}

/** The pairs of a struct that are shown, the likeliest first: `busy × stopped`. */
export const shownPairs = ({ pairs: { hazards } }: HazardReport, struct: string): string[] =>
  hazards
    .filter((one) => one.struct === struct && one.rank >= leastLikely)
    .map(({ fields }) => pairName(fields.map(({ field }) => field)));

/** Why a pair is none. */
export const apartBy = ({ pairs: { ordered } }: HazardReport, struct: string, pair: string): string | null =>
  ordered.find((one) => one.struct === struct && pairName(one.fields) === pair)?.why ?? null;

/** The fields in alphabetical order. */
export const pairName = (fields: readonly string[]): string => [...fields].sort().join(' × ');
