// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { join } from 'node:path';
import { LostbitError } from '../errors.js';
import { offer } from '../nearest.js';
import type { FileTree } from '../toolchain/types.js';
import { applyPatch } from './apply.js';
import { cSource, readExcerpt } from './excerpt.js';
import type { Patch } from './patch.js';
import { readSeries, seriesNames } from './series.js';

/** The series whose patches are the stages `p1`, `p2`, …; every other series is one stage of its own name. */
const NUMBERED = 'v2';

/** A source at one point of a patch series. */
export interface Stage {
  readonly name: string;
  /** For people, e.g. the subject of the last patch applied. */
  readonly title: string;
  /** Applied to the excerpt in this order. */
  readonly patches: readonly Patch[];
  readonly tree: FileTree;
}

/** What makes a stage: its title and the patches over the excerpt. */
interface Recipe {
  readonly title: string;
  readonly patches: readonly Patch[];
}

/** The stages there are: `base`, then `pN` for every patch of the series, then the other series. */
export async function stageNames(root?: string): Promise<string[]> {
  return [...(await recipes(root)).keys()];
}

/** The source at a stage. Throws `E_UNKNOWN_STAGE` offering the nearest names, or `E_PATCH`. */
export async function loadStage(name: string, root?: string): Promise<Stage> {
  const known = await recipes(root);
  const recipe = known.get(name);
  if (!recipe) {
    throw new LostbitError('E_UNKNOWN_STAGE', `there is no stage '${name}'`, {
      hint: offer(name, known.keys()),
    });
  }
  return {
    name,
    title: recipe.title,
    patches: recipe.patches,
    tree: recipe.patches.reduce<FileTree>(applyPatch, await readExcerpt(root)),
  };
}

async function recipes(root?: string): Promise<Map<string, Recipe>> {
  const dir = join(cSource(root), 'series');
  const all = await Promise.all((await seriesNames(dir)).map((name) => readSeries(join(dir, name))));
  const numbered = all.find(({ name }) => name === NUMBERED)?.patches ?? [];
  const others = all.filter(({ name, patches }) => name !== NUMBERED && patches.length > 0);
  return new Map<string, Recipe>([
    ['base', { title: 'the excerpt, no patch applied', patches: [] }],
    ...numbered.map((patch, i) => stageOf(`p${patch.number}`, numbered.slice(0, i + 1))),
    ...others.map(({ name, patches }) => stageOf(name, patches)),
  ]);
}

function stageOf(name: string, patches: readonly Patch[]): [string, Recipe] {
  return [name, { title: patches.at(-1)?.subject ?? '', patches }];
}
