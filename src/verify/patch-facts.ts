// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import type { PlacedHunk } from '../source/place.js';
import type { CallingProgram } from '../source/program.js';
import type { Subject } from '../subject/open.js';
import { includeClosure } from '../toolchain/includes.js';

/** How the patch that leads to a stage was applied. */
export interface PatchFacts {
  readonly stage: string;
  /** One printable line. */
  readonly subject: string;
  readonly files: readonly PatchedFileFacts[];
}

export interface PatchedFileFacts {
  /** In the tree, as it is afterwards, or was where it is deleted. */
  readonly path: string;
  /** `renamed`: or copied. */
  readonly is: 'changed' | 'created' | 'deleted' | 'renamed';
  /** Some unit that is compiled is this file, or includes it, at a stage that was built. */
  readonly compiled: boolean;
  /** Those that are not where the patch has them, or do not fit as they are. */
  readonly moved: readonly PlacedHunk[];
}

/** What the compiler reads of a program's files. */
export function filesCompiled({ tree, units, dialect, dialects = {} }: CallingProgram): Set<string> {
  return new Set(units.flatMap((unit) => [unit, ...includeClosure(unit, tree, dialects[unit] ?? dialect)]));
}

/**
 * The patches of somebody's series that lead to the stages which are asked for, in order.
 *
 * @param stages by name.
 * @param compiled what the compiler reads at them.
 * @throws LostbitError `E_PATCH`.
 */
export function patchFacts(
  { stages, kernel }: Pick<Subject, 'stages' | 'kernel'>,
  asked: readonly string[],
  compiled: ReadonlySet<string>,
): PatchFacts[] {
  const root = kernel?.staged === 'own' && kernel.mounted.root !== '' ? `${kernel.mounted.root}/` : '';
  const wanted = asked.map((name) => stages.find(name));
  return stages.all.flatMap((stage, place) => {
    const { name, subject, series, patches, whole = false } = stage;
    // A stage stands on all those before it in its series.
    const isAskedFor = wanted.some(
      (one) => one.series === series && stages.all.indexOf(one) >= place && series !== null,
    );
    if (!isAskedFor || subject === null || patches.length === 0 || whole) return [];
    return [
      {
        stage: name,
        subject,
        files: stage.files.map(({ before, after, hunks }) => ({
          path: (after ?? before)!,
          is:
            before === null
              ? ('created' as const)
              : after === null
                ? ('deleted' as const)
                : before === after
                  ? ('changed' as const)
                  : ('renamed' as const),
          compiled: [before, after].some((path) => path !== null && compiled.has(root + path)),
          moved: hunks.filter(({ offset, fuzz, others }) => offset !== 0 || fuzz > 0 || others.length > 0),
        })),
      },
    ];
  });
}
