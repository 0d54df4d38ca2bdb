// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import type { Subject } from '../subject/open.js';
import { keyOfBuild } from '../verify/builds.js';
import { compareExcerpt, type Side } from '../verify/excerpt.js';
import type { ExcerptComparison } from '../verify/excerpt-result.js';
import { nearestStage } from '../verify/nearest-stage.js';
import { type Cell, cellsOf } from '../verify/verify.js';
import { buildAll, type Context } from './context.js';
import type { BuildOptions } from './options.js';
import { type ChosenCell, chosenOf, openAsked, wantedOf } from './selection.js';

/** A subject over a kernel's sources that its own C restates, and scenarios of it. */
export interface Restating {
  readonly subject: Subject;
  readonly names: readonly string[];
}

interface Options extends BuildOptions {
  readonly explore: number;
}

/** Builds the subject's own C at the stage that the sources are nearest to, and holds it against them. */
export async function compareAsked(
  { subject, names }: Restating,
  options: Options,
  context: Context,
): Promise<ExcerptComparison> {
  const { linux: _, series: __, ...own } = options;
  const excerpt = await openAsked(own);
  const { stage } = nearestStage(subject.known!, subject.stages.all[0]!.name);
  const sides = [
    await built(excerpt, stage, names, own, context),
    await built(subject, subject.stages.all[0]!.name, names, options, context),
  ] as const;
  const whole = names.length === Object.keys(subject.scenarios).length;
  return compareExcerpt(...sides, whole, {
    explore: options.explore,
    signal: context.signal,
    progress: (done, total, cell, detail) =>
      context.status.update(
        'comparing',
        `${done}/${total} ${cell.name} at ${cell.stage}${detail === '' ? '' : `: ${detail}`}`,
      ),
  });
}

async function built(
  subject: Subject,
  stage: string,
  names: readonly string[],
  options: Options,
  context: Context,
): Promise<Side> {
  const chosen = names.map((name) => chosenOf(subject, name, options));
  // What is about a control stands beside the stages.
  const cells = cellsOf(chosen, [stage]).filter((cell) => cell.stage === stage);
  const wanted = (cell: ChosenCell) => wantedOf(cell, cell.stage);
  const builds = await buildAll(cells.map(wanted), options, context);
  const buildOf = (cell: Cell) => builds.get(keyOfBuild(wanted(cell as ChosenCell)))!;
  return { subject, cells, buildOf };
}
