// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { LostbitError } from '../errors.js';
import { printable } from '../printable.js';
import type { FileTree } from '../toolchain/types.js';
import { type Patched, type PatchedFile, patched } from './apply.js';
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
  /** Nothing is expected at it: its series is not the one that the scenarios were written with. */
  readonly foreign?: boolean;
  /** All patches of a series at once: a control. */
  readonly whole?: boolean;
  /** What its last patch has done to the files. Throws as `tree` does. */
  readonly files: readonly PatchedFile[];
  /** Made when it is first asked for. Throws `E_PATCH`, as each later stage of the series does. */
  readonly tree: FileTree;
}

/** A series, and whether it is one stage rather than one for each patch, and what `Stage.foreign` says. */
export type StagedSeries = Series & { readonly whole?: boolean; readonly foreign?: boolean };

/** How stages are called: `base`, `p1`, …, or what a kernel's sources are, `tree`, `1/5`, …, which answer to the others, too. */
export type Naming = 'own' | 'tree';

/** What stages are of. */
export interface StagedSource {
  readonly name: string;
  readonly title: string;
  readonly tree: FileTree;
  /** What git has checked out there, where that is known. */
  readonly commit?: string | null;
}

/** The stages of a source, in order. */
export class Stages implements Iterable<Stage> {
  readonly all: readonly Stage[];

  constructor(all: readonly Stage[]) {
    this.all = all;
  }

  /** The source before any patch. */
  get first(): Stage {
    return this.all[0]!;
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
 * starts from `base` too; a series that is a whole gives one stage of its own name. Of a kernel's sources `tree`, then `1/5`,
 * `2/5`, …, and `NAME:1/3`.
 *
 * @throws LostbitError `E_SERIES` where two stages would have one name.
 */
export function stagesOf(
  source: StagedSource,
  series: readonly StagedSeries[],
  naming: Naming = 'own',
): Stages {
  const first = series.find(({ whole }) => !whole);
  const stages = [
    baseOf(source, naming),
    ...series.flatMap((one) =>
      one.whole
        ? wholeOf(source, one)
        : stagesOfSeries(source, one, one === first ? '' : `${one.name}:`, naming),
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

const baseOf = (source: StagedSource, naming: Naming): Stage => ({
  ...(naming === 'own' ? { name: 'base' } : { name: 'tree', aliases: ['base'] }),
  subject: null,
  title: source.title,
  series: null,
  patches: [],
  files: [],
  get tree() {
    return source.tree;
  },
});

function stagesOfSeries(source: StagedSource, series: StagedSeries, prefix: string, naming: Naming): Stage[] {
  const { name, patches, foreign = false } = series;
  const after = treesOf(source, series);
  const namesOf = (number: number) => {
    const own = `${prefix}p${number}`;
    return naming === 'own'
      ? { name: own }
      : { name: `${prefix}${number}/${patches.length}`, aliases: [own] };
  };
  return patches.map((patch, i) => ({
    ...namesOf(i + 1),
    subject: patch.subject,
    title: patch.subject,
    series: name,
    foreign,
    get patches() {
      return patches.slice(0, i + 1);
    },
    get files() {
      return after(i + 1).files;
    },
    get tree() {
      return after(i + 1).tree;
    },
  }));
}

function wholeOf(source: StagedSource, series: Series): Stage[] {
  const { name, title, patches } = series;
  const last = patches.at(-1);
  if (last === undefined) return [];
  const after = treesOf(source, series);
  return [
    {
      name,
      subject: last.subject,
      title: title ?? last.subject,
      series: name,
      whole: true,
      patches,
      get files() {
        return after(patches.length).files;
      },
      get tree() {
        return after(patches.length).tree;
      },
    },
  ];
}

/** The tree after so many patches, and what the last of them has done; each is applied once. */
function treesOf(source: StagedSource, { patches, madeFor }: Series): (count: number) => Patched {
  const made: Patched[] = [];
  return (count) => {
    if (made.length === 0) made.push({ tree: source.tree, files: [] });
    while (made.length <= count) {
      try {
        made.push(patched(made.at(-1)!.tree, patches[made.length - 1]!));
      } catch (error) {
        throw madeForOthers(error, source, madeFor?.commit ?? null);
      }
    }
    return made[count]!;
  };
}

/** A patch that does not apply may be one for other sources. */
function madeForOthers(error: unknown, { commit = null }: StagedSource, base: string | null): unknown {
  if (!(error instanceof LostbitError) || base === null || (commit?.startsWith(base) ?? false)) return error;
  const here = commit === null ? '' : `, and the sources are at ${commit.slice(0, 12)}`;
  const hint = [error.advice.hint, `the series is made for commit ${base.slice(0, 12)}${here}`];
  return new LostbitError(
    error.code,
    error.message,
    { ...error.advice, hint: hint.filter((one) => one !== undefined).join('; ') },
    error,
  );
}
