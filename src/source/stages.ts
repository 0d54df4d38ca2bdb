// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { LostbitError } from '../errors.js';
import { printable } from '../printable.js';
import type { FileTree } from '../toolchain/types.js';
import { applyPatch } from './apply.js';
import { findStage, type NamedStage, type StageName } from './find-stage.js';
import type { Patch } from './patch.js';
import type { Series } from './series.js';

/** A source at one point of a patch series. */
export interface Stage extends NamedStage {
  /** For people: the subject of the last patch applied, or what the source is. */
  readonly title: string;
  /** The series that leads to it, by name; null for the source before any patch. */
  readonly series: string | null;
  /** Applied to the source in this order. */
  readonly patches: readonly Patch[];
  /** Made when it is first asked for. Throws `E_PATCH`, as each later stage of the series does. */
  readonly tree: FileTree;
}

/** A series, and whether it is one stage rather than one for each patch. */
export type StagedSeries = Series & { readonly whole?: boolean };

/** What stages are of. */
export interface StagedSource {
  readonly name: string;
  readonly title: string;
  readonly tree: FileTree;
}

/** The stages of a source, in order. */
export class Stages implements Iterable<Stage> {
  readonly all: readonly Stage[];

  constructor(all: readonly Stage[]) {
    this.all = all;
  }

  get names(): string[] {
    return this.all.map(({ name }) => name);
  }

  /** By name, index or subject. Throws `E_UNKNOWN_STAGE`. */
  find(wanted: StageName): Stage {
    return findStage(this.all, wanted);
  }

  [Symbol.iterator](): Iterator<Stage> {
    return this.all[Symbol.iterator]();
  }
}

/**
 * `base`, then `p1`, `p2`, … for the patches of the first series, then `NAME:p1`, … for those of each further one, which
 * starts from `base` too; a series that is a whole gives one stage of its own name.
 *
 * @throws LostbitError `E_SERIES` where two stages would have one name.
 */
export function stagesOf(source: StagedSource, series: readonly StagedSeries[]): Stages {
  const first = series.find(({ whole }) => !whole);
  const stages = [
    baseOf(source),
    ...series.flatMap((one) =>
      one.whole ? wholeOf(source, one) : stagesOfSeries(source, one, one === first ? '' : `${one.name}:`),
    ),
  ];
  const seen = new Set<string>();
  for (const { name } of stages) {
    if (seen.has(name)) {
      throw new LostbitError('E_SERIES', `there are two stages '${printable(name)}'`, {
        hint: 'a series is named after its file or directory: rename one',
      });
    }
    seen.add(name);
  }
  return new Stages(stages);
}

const baseOf = (source: StagedSource): Stage => ({
  name: 'base',
  subject: null,
  title: source.title,
  series: null,
  patches: [],
  get tree() {
    return source.tree;
  },
});

function stagesOfSeries(source: StagedSource, { name, patches }: Series, prefix: string): Stage[] {
  const treeAfter = treesOf(source, patches);
  return patches.map((patch, i) => ({
    name: `${prefix}p${i + 1}`,
    subject: patch.subject,
    title: patch.subject,
    series: name,
    get patches() {
      return patches.slice(0, i + 1);
    },
    get tree() {
      return treeAfter(i + 1);
    },
  }));
}

function wholeOf(source: StagedSource, { name, title, patches }: Series): Stage[] {
  const last = patches.at(-1);
  if (last === undefined) return [];
  const treeAfter = treesOf(source, patches);
  return [
    {
      name,
      subject: last.subject,
      title: title ?? last.subject,
      series: name,
      patches,
      get tree() {
        return treeAfter(patches.length);
      },
    },
  ];
}

/** The tree after so many patches; each is applied once. */
function treesOf(source: StagedSource, patches: readonly Patch[]): (count: number) => FileTree {
  const made: FileTree[] = [];
  return (count) => {
    if (made.length === 0) made.push(source.tree);
    while (made.length <= count) made.push(applyPatch(made.at(-1)!, patches[made.length - 1]!));
    return made[count]!;
  };
}
