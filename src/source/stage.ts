// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { join } from 'node:path';
import type { FileTree } from '../toolchain/types.js';
import { cSource, readExcerpt } from './excerpt.js';
import { unknownStage } from './find-stage.js';
import { readSeries, seriesNames } from './series.js';
import { type Stage, type Stages, stagesOf } from './stages.js';

export type { Stage } from './stages.js';

/** The series whose patches are the stages `p1`, `p2`, …; every other series is one stage of its own name. */
const NUMBERED = 'v2';

/** The stages there are: `base`, then `pN` for every patch of the series, then the other series. */
export async function stageNames(root?: string): Promise<string[]> {
  return (await embeddedStages(root, new Map())).names;
}

/** The source at a stage, asked for by its name. Throws `E_UNKNOWN_STAGE` offering the nearest names, or `E_PATCH`. */
export async function loadStage(name: string, root?: string): Promise<Stage> {
  const stages = await embeddedStages(root, await readExcerpt(root));
  const stage = stages.all.find((one) => one.name === name);
  if (stage === undefined) throw unknownStage(stages.all, name);
  // A patch that does not apply is told here.
  return { ...stage };
}

async function embeddedStages(root: string | undefined, tree: FileTree): Promise<Stages> {
  const dir = join(cSource(root), 'series');
  const series = await Promise.all((await seriesNames(dir)).map((name) => readSeries(join(dir, name))));
  const [numbered, others] = [true, false].map((is) =>
    series.filter(({ name }) => (name === NUMBERED) === is),
  );
  return stagesOf({ name: 'vfio-pci', title: 'the excerpt, no patch applied', tree }, [
    ...numbered!,
    ...others!.map((one) => ({ ...one, whole: true })),
  ]);
}
