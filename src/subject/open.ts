// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { stat } from 'node:fs/promises';
import { basename, dirname, extname, join, resolve } from 'node:path';
import { z } from 'zod';
import { LostbitError } from '../errors.js';
import { offer } from '../nearest.js';
import { packageRoot } from '../package-root.js';
import { printable, printableLines } from '../printable.js';
import { checkRegular } from '../regular-file.js';
import { callsIn } from '../scenario/calls.js';
import { checkScenario, line, object } from '../scenario/check.js';
import type { StagedSubject } from '../scenario/expectation.js';
import { stepsOf } from '../scenario/limits.js';
import { exportedBy, fileExtensions, type LoadOptions } from '../scenario/load.js';
import { withFaultsRenamed } from '../scenario/rename-faults.js';
import { isLayout, type Scenario } from '../scenario/scenario.js';
import type { Call } from '../source/calls.js';
import { readSeries, type Series } from '../source/series.js';
import { openSource, type Source, type SourcePart } from '../source/source.js';
import { type Stages, stagesOf } from '../source/stages.js';
import { foreignTo, openKernel, type SubjectKernel } from './kernel.js';
import type { Restatement, SubjectDefinition, TreeDefinition } from './subject.js';

/** A subject that has been found, its C and its patches read. */
export interface Subject {
  /** Printable. */
  readonly name: string;
  readonly title: string;
  /** What it was asked for by: `null` for the one that is taken where none is asked for. */
  readonly origin: string | null;
  readonly source: Source;
  readonly stages: Stages;
  readonly series: readonly Series[];
  /** For people: what of the series is not as it may seem. */
  readonly notes: readonly string[];
  /** The kernel's sources that it is compiled with; `null`: lostbit's own headers do. */
  readonly kernel: SubjectKernel | null;
  /** By what is in them, where that is how stages are known. */
  readonly known?: StagedSubject['known'];
  readonly defines: Readonly<Record<string, string | number>>;
  readonly modules: Readonly<Record<string, readonly string[]>>;
  readonly scenarios: Readonly<Record<string, Scenario>>;
  /** The functions that its scenarios call. */
  readonly calls: readonly Call[];
  /** Over a kernel's sources: how the subject's own C is held against them, where it restates them. */
  readonly restated?: Restatement;
}

export interface OpenOptions extends LoadOptions {
  /** Series of the user's, besides those of the subject. */
  readonly series?: readonly string[];
  /** A kernel's sources: their headers, and what the subject has in them. */
  readonly linux?: string;
}

const part = z.union([line.min(1), z.strictObject({ from: line.min(1), as: line.min(1) })]);
const definition = object({
  title: line,
  source: z.union([part, z.array(part).min(1)]),
  defines: z
    .record(z.string().regex(/^[A-Za-z_]\w*$/), z.union([z.number(), line.regex(/^[^\\]*$/)]))
    .optional(),
  modules: z.record(z.string().regex(/^[A-Za-z_]\w*$/), z.array(line)).optional(),
  series: z.union([line, z.array(line)]).optional(),
  controls: z.record(z.string().regex(/^[\w.-]+$/), line).optional(),
  reference: line.optional(),
  scenarios: z.record(z.string().regex(/^[\w.-]+$/, 'a name of letters, digits, . and -'), z.unknown()),
});

/**
 * Finds a subject: one of those that lostbit brings along, by its name, or a user's: a file in TypeScript or JavaScript whose
 * default export it is, or a directory with a `subject.ts`.
 *
 * @param embedded by name; the first one where none is asked for. Their paths are relative to `subjects/NAME` of the package.
 * @throws LostbitError `E_UNKNOWN_SUBJECT`, `E_SCENARIO_FILE`, `E_BAD_SUBJECT`, `E_BAD_SCENARIO`, `E_SOURCE`, `E_SERIES`.
 */
export async function openSubject(
  asked: string | undefined,
  embedded: Readonly<Record<string, SubjectDefinition>>,
  options: OpenOptions = {},
): Promise<Subject> {
  const name = asked ?? Object.keys(embedded)[0]!;
  if (Object.hasOwn(embedded, name)) {
    const base = join(packageRoot(), 'subjects', name);
    return openDefined(name, asked ?? null, base, embedded[name]!, options);
  }
  const file = await subjectFile(name, Object.keys(embedded));
  const exported = await exportedBy(file, printable(name), 'subject({ … })', options);
  // A scenario that names its C is a subject of its own.
  if (
    typeof exported === 'object' &&
    exported !== null &&
    !('scenarios' in exported) &&
    'source' in exported
  ) {
    const own = printable(basename(file, extname(file)).replace(/\.scenario$/, ''));
    return subjectOfScenario(own, file, checkScenario(exported, name), options);
  }
  const found = definition.safeParse(exported);
  if (!found.success)
    throw new LostbitError(
      'E_BAD_SUBJECT',
      `${printable(name)}: not a subject:\n${printableLines(z.prettifyError(found.error))}`,
    );
  const stem = basename(file, extname(file));
  const own = printable(stem === 'subject' ? basename(dirname(file)) : stem);
  return openDefined(own, name, dirname(file), found.data as SubjectDefinition, options);
}

/**
 * The subject of a scenario that names its C itself.
 *
 * @param file the scenario's own.
 * @throws LostbitError `E_SOURCE`, `E_SERIES`.
 */
export async function subjectOfScenario(
  name: string,
  file: string,
  scenario: Scenario,
  options: OpenOptions = {},
): Promise<Subject> {
  const { source: where, ...own } = scenario;
  if (where === undefined)
    throw new LostbitError('E_SOURCE', `scenario '${name}' names no C`, {
      hint: "say where it is: source: './port.c'; or name the subject that it is for with --subject",
    });
  const parts = typeof where === 'string' ? [where] : where;
  return opened({
    name,
    title: own.title,
    origin: file,
    base: dirname(resolve(file)),
    parts,
    scenarios: { [name]: scenario },
    options,
  });
}

/** The file that a subject is written in. */
async function subjectFile(name: string, known: readonly string[]): Promise<string> {
  const place = resolve(name);
  const found = await stat(place).catch(() => null);
  if (found === null)
    throw new LostbitError('E_UNKNOWN_SUBJECT', `there is no subject '${printable(name)}'`, {
      hint: `${offer(name, known)} (or name a file or a directory with a subject.ts)`,
    });
  if (!found.isDirectory()) {
    checkRegular(name, found, 'E_UNKNOWN_SUBJECT');
    return place;
  }
  for (const extension of fileExtensions) {
    const file = join(place, `subject${extension}`);
    if ((await stat(file).catch(() => null)) !== null) return file;
  }
  throw new LostbitError('E_UNKNOWN_SUBJECT', `${printable(name)} has no subject.ts`, {
    hint: 'write: export default subject({ title, source, series, scenarios })',
  });
}

function openDefined(
  name: string,
  origin: string | null,
  base: string,
  { title, source, defines, modules, series, controls, tree, reference, scenarios }: SubjectDefinition,
  options: OpenOptions,
): Promise<Subject> {
  const checked = Object.entries(scenarios).map(([own, value]) => {
    const scenario = checkScenario(value, own);
    const inherits = reference !== undefined && scenario.reference === undefined;
    return [own, inherits ? { ...scenario, reference } : scenario] as const;
  });
  return opened({
    name,
    title,
    origin,
    base,
    parts: partsOf(source),
    scenarios: Object.fromEntries(checked),
    options,
    ...(defines === undefined ? {} : { defines }),
    ...(modules === undefined ? {} : { modules }),
    ...(tree === undefined ? {} : { tree }),
    own: (typeof series === 'string' ? [series] : (series ?? [])).map((where) => resolve(base, where)),
    controls: Object.entries(controls ?? {}).map(([stage, where]) => [stage, resolve(base, where)]),
  });
}

const partsOf = (source: SourcePart | readonly SourcePart[]): readonly SourcePart[] =>
  typeof source === 'string' || 'from' in source ? [source] : source;

interface Opening {
  readonly name: string;
  readonly title: string;
  readonly origin: string | null;
  readonly base: string;
  readonly parts: readonly SourcePart[];
  readonly scenarios: Readonly<Record<string, Scenario>>;
  readonly options: OpenOptions;
  readonly defines?: Readonly<Record<string, string | number>>;
  readonly modules?: Readonly<Record<string, readonly string[]>>;
  readonly tree?: TreeDefinition;
  readonly own?: readonly string[];
  readonly controls?: readonly (readonly [stage: string, where: string])[];
}

async function opened({
  name,
  title,
  origin,
  base,
  parts,
  scenarios,
  options,
  defines = {},
  modules = {},
  tree,
  own = [],
  controls = [],
}: Opening): Promise<Subject> {
  const { linux } = options;
  const inTree = linux !== undefined && tree !== undefined;
  const source = await openSource(name, title, base, inTree ? partsOf(tree.source) : parts);
  const series = await Promise.all(
    [...own, ...(options.series ?? [])].map((where) => readSeries(where, linux)),
  );
  const notes = series.flatMap((one) => one.notes ?? []);
  const about = {
    name,
    title,
    origin,
    source,
    series,
    defines,
    scenarios,
    calls: callsOf(Object.values(scenarios)),
  };
  if (linux !== undefined) {
    const of = {
      name,
      source,
      definition: tree,
      own: series.slice(0, own.length),
      series: series.slice(own.length),
    };
    const opened = await openKernel(linux, of);
    const restated = tree?.restated === undefined ? {} : { restated: tree.restated };
    return {
      ...about,
      ...restated,
      ...renamed(scenarios, tree),
      modules: {},
      ...opened,
      notes: [...notes, ...opened.notes],
    };
  }
  const wholes = await Promise.all(
    controls.map(async ([stage, where]) => ({ ...(await readSeries(where)), name: stage, whole: true })),
  );
  const embedded = series.slice(0, own.length);
  const further = series.slice(own.length).map(foreignTo(embedded));
  const stages = stagesOf(source, [...embedded, ...wholes, ...further]);
  checkModules(modules, stages);
  return { ...about, notes, stages, modules, kernel: null };
}

/** Scenarios as they are over a kernel's sources. */
function renamed(
  scenarios: Subject['scenarios'],
  tree: TreeDefinition | undefined,
): Pick<Subject, 'scenarios'> {
  const faults = tree?.faults ?? {};
  const all = Object.entries(scenarios).map(([name, one]) => [name, withFaultsRenamed(one, faults)] as const);
  return { scenarios: Object.fromEntries(all) };
}

function checkModules(modules: Subject['modules'], stages: Stages): void {
  for (const [name, files] of Object.entries(modules)) {
    const missing = files.find((file) => !stages.all.some(({ tree }) => tree.has(file)));
    if (missing === undefined) continue;
    const known = stages.first.tree.keys();
    throw new LostbitError('E_BAD_SUBJECT', `module ${name}: the source has no '${printable(missing)}'`, {
      hint: offer(
        missing,
        [...known].filter((path) => path.endsWith('.c')),
        'it has no .c file',
      ),
    });
  }
}

/** The functions that scenarios call. */
export const callsOf = (scenarios: readonly Scenario[]): Call[] =>
  callsIn(scenarios.flatMap((one) => (isLayout(one) ? [] : stepsOf(one))));
