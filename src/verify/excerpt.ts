// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { debugInfoOf } from '../machine/machine.js';
import { versionText } from '../source/kernel-tree.js';
import type { Subject } from '../subject/open.js';
import type { Explanation, Restatement } from '../subject/subject.js';
import type { Build } from '../toolchain/build.js';
import { programOf } from '../wasm/program-section.js';
import { inapplicable } from './applicability.js';
import { type Conduct, type ConductOptions, conductOf } from './conduct.js';
import { conductDifferences, type Differing } from './conduct-differences.js';
import { isDriver } from './driver-code.js';
import { aspects, type ExcerptComparison, type ExcerptDifference } from './excerpt-result.js';
import { nearestStage } from './nearest-stage.js';
import { type StructDifference, structDifferences, structsIn } from './struct-differences.js';
import type { Cell } from './verify.js';

/** One of the two that are compared: a subject's code at a stage, with its scenarios. */
export interface Side {
  readonly subject: Subject;
  readonly cells: readonly Cell[];
  buildOf(cell: Cell): Build;
}

export interface CompareExcerptOptions extends Omit<ConductOptions, 'progress'> {
  /** Called before each scenario, and while it is worked on, several times a second. */
  readonly progress?: (done: number, total: number, cell: Cell, detail: string) => void;
}

/**
 * Holds a subject's own C against the kernel's sources that it restates: in scenarios that apply to both, verdicts, outcomes,
 * violations, values, what steps return and leave; calls into the kernel and writes of devices' fields in their order, of
 * modules that both have by their names; and the structs that both define.
 *
 * @param whole of all scenarios: an explanation that explains nothing is one too many.
 * @throws what `conductOf` does.
 */
export async function compareExcerpt(
  excerpt: Side,
  tree: Side,
  whole: boolean,
  { explore, signal, progress }: CompareExcerptOptions,
): Promise<ExcerptComparison> {
  const others = new Map(tree.cells.map((cell) => [cell.name, cell]));
  const own = new Set(excerpt.cells.map(({ name }) => name));
  const alone = [
    ...excerpt.cells.filter(({ name }) => !others.has(name)).map(({ name }) => ({ name, of: 'the sources' })),
    ...tree.cells.filter(({ name }) => !own.has(name)).map(({ name }) => ({ name, of: 'the excerpt' })),
  ].map(({ name, of }) => ({ name, why: `it is not a scenario of ${of} at this stage` }));
  const pairs = excerpt.cells.flatMap((cell) => {
    const other = others.get(cell.name);
    return other === undefined ? [] : [{ excerpt: cell, tree: other }];
  });
  const reasons = pairs.map(({ excerpt: one, tree: other }) => ({
    name: one.name,
    why:
      inapplicable(other.scenario, other.of, other.stage, tree.buildOf(other)) ??
      inapplicable(one.scenario, one.of, one.stage, excerpt.buildOf(one)),
  }));
  const applying = pairs.filter((_, i) => reasons[i]!.why === null);

  let done = 0;
  const failed = new AbortController();
  const either = AbortSignal.any([failed.signal, ...(signal === undefined ? [] : [signal])]);
  const conductsOf = async (side: Side, cells: readonly Cell[]) => {
    const conducts = new Map<Cell, Conduct>();
    for (const build of new Set(cells.map((cell) => side.buildOf(cell)))) {
      const own = cells.filter((cell) => side.buildOf(cell) === build);
      const traced = { ...tracedOf(excerpt, tree, build), states: restatedOf(tree).states ?? [] };
      const found = await conductOf(own, build, traced, {
        explore,
        signal: either,
        progress: (cell, detail) => {
          if (detail === '') done++;
          progress?.(done, 2 * applying.length, cell, detail);
        },
      });
      for (const [i, cell] of own.entries()) conducts.set(cell, found[i]!);
    }
    return conducts;
  };
  const both = [
    conductsOf(
      excerpt,
      applying.map((pair) => pair.excerpt),
    ),
    conductsOf(
      tree,
      applying.map((pair) => pair.tree),
    ),
  ] as const;
  for (const one of both) one.catch((error: unknown) => failed.abort(error));
  // Both end before an error goes on: no thread may be left behind.
  await Promise.allSettled(both);
  const [ofExcerpt, ofTree] = await Promise.all(both);

  const conducts = applying.map((pair) => ({
    name: pair.excerpt.name,
    excerpt: ofExcerpt.get(pair.excerpt)!,
    tree: ofTree.get(pair.tree)!,
  }));
  const skipped = new Map<string, ExcerptComparison['uncompared'][number]>();
  const differing = conducts.flatMap(({ name: scenario, ...pair }) =>
    conductDifferences(scenario, pair.excerpt, pair.tree, (sequence, why) =>
      skipped.set(JSON.stringify([scenario, sequence, why]), { scenario, sequence, why }),
    ),
  );
  const layouts = layoutsOf(
    excerpt,
    tree,
    applying.map((pair) => pair.excerpt),
    applying.map((pair) => pair.tree),
  );
  const { differences, idle } = causesOf([...differing, ...layouts.differences], tree, whole);
  const steps = conducts.flatMap((one) => one.excerpt.runs.flatMap((run) => run.steps));
  const kernel = tree.subject.kernel!.tree;
  return {
    ...nearestStage(tree.subject.known!, tree.subject.stages.all[0]!.name),
    dir: kernel.dir,
    version: versionText(kernel.version),
    scenarios: conducts.map(({ name }) => name),
    inapplicable: [...reasons.flatMap(({ name, why }) => (why === null ? [] : [{ name, why }])), ...alone],
    uncompared: [...skipped.values()],
    bounded: conducts.flatMap(({ name, ...pair }) =>
      [pair.excerpt, pair.tree].some(({ result }) => (result.exploration?.bounded ?? null) !== null)
        ? [name]
        : [],
    ),
    steps: steps.length,
    events: steps.reduce((sum, { tokens }) => sum + tokens.length, 0),
    structs: layouts.structs,
    differences,
    idle,
  };
}

const restatedOf = ({ subject }: Side): Restatement => subject.restated ?? {};

/** The code of modules that both have, and all that it can call but the lab. */
function tracedOf(excerpt: Side, tree: Side, build: Build) {
  const modulesOf = (side: Side) =>
    new Set(side.cells.flatMap((cell) => Object.keys(programOf(side.buildOf(cell).bytes).modules)));
  const [own, others] = [modulesOf(excerpt), modulesOf(tree)];
  const { modules } = programOf(build.bytes);
  const units = new Set(
    Object.entries(modules).flatMap(([name, units]) => (own.has(name) && others.has(name) ? units : [])),
  );
  return {
    isOwn: (unit: string) => units.has(unit),
    isCalled: (unit: string) => !/^(?:lostbit\/)?lab\//.test(unit),
  };
}

function layoutsOf(excerpt: Side, tree: Side, cells: readonly Cell[], others: readonly Cell[]) {
  const [one, other] = [cells[0], others[0]];
  if (one === undefined || other === undefined) return { structs: [], differences: [] };
  const tags = structsIn(
    excerpt.subject.stages.find(one.stage).tree,
    (file) => isDriver({ file }) || /^include\//.test(file),
  );
  const { structs, differences } = structDifferences(
    tags,
    debugInfoOf(excerpt.buildOf(one).bytes),
    debugInfoOf(tree.buildOf(other).bytes),
  );
  return {
    structs,
    differences: differences.map((one) => ({ ...one, where: null, place: null })),
  };
}

type Found = Differing | (StructDifference & { readonly where: null; readonly place: null });

/** One for each cause and explanation, the gravest first: none is told time and again. */
function causesOf(
  found: readonly Found[],
  { subject }: Side,
  whole: boolean,
): Pick<ExcerptComparison, 'differences' | 'idle'> {
  const { files } = subject.kernel!.tree;
  const read = (path: string) => files.get(path) ?? '';
  const explanations = (subject.restated?.explained ?? []).filter(({ when }) => when?.(read) ?? true);
  const used = new Set<Explanation>();
  const causes = new Map<string, ExcerptDifference>();
  for (const one of found) {
    const { aspect, what, where, excerpt, tree, place } = one;
    const by = explanations.find((explanation) => explains(explanation, one));
    if (by !== undefined) used.add(by);
    // What is returned or judged may have several causes.
    const values = aspect === 'return' || aspect === 'verdict' ? [excerpt, tree] : null;
    // What the one has too much and what it lacks are two.
    const lacks = [excerpt, tree].map((one) => /^not (?:at all|there|held)$/.test(one));
    const key = JSON.stringify([aspect, what, where, values, lacks, by?.why]);
    const known = causes.get(key);
    const places = (known?.places ?? 0) + (place === null ? 0 : 1);
    const explained = by?.why ?? null;
    causes.set(key, {
      ...(known ?? { aspect, what, where, excerpt, tree, first: place, explained }),
      places,
    });
  }
  return {
    differences: [...causes.values()].sort((a, b) => aspects.indexOf(a.aspect) - aspects.indexOf(b.aspect)),
    idle: whole ? explanations.filter((one) => !used.has(one)).map(({ why }) => why) : [],
  };
}

function explains({ aspect, what, where, scenario }: Explanation, one: Found): boolean {
  const matches = (pattern: string | undefined, text: string | null) =>
    pattern === undefined || (text !== null && new RegExp(`^(?:${pattern})$`).test(text));
  return (
    matches(aspect, one.aspect) &&
    matches(what, one.what) &&
    matches(where, one.where) &&
    matches(scenario, one.place?.scenario ?? null)
  );
}
