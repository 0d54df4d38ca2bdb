// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { memoized } from '../memoized.js';
import type { ExpectedStage, StagedSubject } from '../scenario/expectation.js';
import { type KernelTree, openKernelTree, versionText } from '../source/kernel-tree.js';
import { differencesFrom } from '../source/made-for-tree.js';
import { PatchedTree } from '../source/patched-tree.js';
import type { Series } from '../source/series.js';
import type { Source } from '../source/source.js';
import { type Stage, type StagedSeries, Stages, stagesOf } from '../source/stages.js';
import type { MountedC, TreeModule } from '../source/tree-program.js';
import type { FileTree } from '../toolchain/types.js';
import type { TreeDefinition } from './subject.js';

/** What a subject has of a kernel's sources. */
export interface SubjectKernel {
  readonly tree: KernelTree;
  readonly modules: readonly TreeModule[];
  readonly units: readonly string[];
  /** C of the subject's own, where that is what stages are of; else the stages are of the sources. */
  readonly staged: 'tree' | 'own';
  readonly mounted: MountedC;
}

interface Opened {
  readonly kernel: SubjectKernel;
  readonly stages: Stages;
  readonly known?: NonNullable<StagedSubject['known']>;
  /** For people: how the sources differ from those that series were made for. */
  readonly notes: readonly string[];
}

/** What a subject brings along. */
interface Of {
  readonly name: string;
  readonly source: Source;
  readonly definition: TreeDefinition | undefined;
  /** The subject's own series, which the sources are held against, and those that somebody else names for them. */
  readonly own: readonly Series[];
  readonly series: readonly Series[];
}

/**
 * A subject over a kernel's sources: of what it tests in them, or else of its own C over their headers.
 *
 * @throws LostbitError `E_TREE`, `E_SERIES`.
 */
export async function openKernel(
  dir: string,
  { name, source, definition, own, series }: Of,
): Promise<Opened> {
  const tree = await openKernelTree(dir);
  const title = `Linux ${versionText(tree.version)}`;
  const below = `subjects/${name}`;
  const mounted: MountedC = { name, root: below, tree: source.tree, units: source.units };
  if (definition === undefined) {
    // Its lines are named as its author knows them, unless the sources have such a file.
    const isTaken = [...source.tree.keys()].some((path) => tree.files.has(path));
    const itself = { ...mounted, root: isTaken ? below : '' };
    const kernel: SubjectKernel = { tree, modules: [], units: [], staged: 'own', mounted: itself };
    return { kernel, stages: stagesOf(source, [...own, ...series.map(foreignTo(own))]), notes: [] };
  }
  const { modules, units = [] } = definition;
  const foreign = series.map((one) => ({ ...one, foreign: true }));
  const patched = stagesOf({ name, title, tree: tree.files, commit: tree.commit }, foreign, 'tree');
  const kernel: SubjectKernel = {
    tree,
    modules,
    units: units.filter((path) => tree.files.has(path)),
    staged: 'tree',
    mounted,
  };
  const embedded = stagesOf(source, own).all;
  const beside = controlsOf(tree, definition);
  const stages = new Stages([...patched, ...beside]);
  const patchesAt = memoized(({ tree }: Stage) => patchesIn(tree, definition, embedded));
  return {
    kernel,
    stages,
    known: { stages: [...embedded, ...beside], has: (stage) => patchesAt(stages.find(stage)) },
    notes: (await Promise.all(series.map((one) => differencesFrom(one, tree)))).flat(),
  };
}

/** Of further series, besides those that a subject's scenarios were written with. */
export const foreignTo =
  (own: readonly Series[]) =>
  (one: Series): StagedSeries => ({ ...one, foreign: own.length > 0 });

/** The stages of the embedded series whose patches the sources have, by their code. */
function patchesIn(
  files: FileTree,
  { has = {} }: TreeDefinition,
  stages: readonly ExpectedStage[],
): ReadonlySet<string> {
  const read = (path: string) => files.get(path) ?? '';
  return new Set(stages.map(({ name }) => name).filter((name) => has[name]?.(read) === true));
}

const controlsOf = ({ files }: KernelTree, { controls = {} }: TreeDefinition): Stage[] =>
  Object.entries(controls).map(([name, { title, file, change }]) => ({
    name,
    subject: title,
    title,
    series: name,
    whole: true,
    patches: [],
    files: [],
    get tree() {
      return new PatchedTree(files, new Map([[file, change(files.get(file) ?? '')]]));
    },
  }));
