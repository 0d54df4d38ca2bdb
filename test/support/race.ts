// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import type { Case } from '../../src/engine/engine.js';
import { type StressOptions, type StressResult, stress } from '../../src/engine/stress/stress.js';
import { verdictOf } from '../../src/scenario/grade.js';
import { type Common, isRace, type RaceScenario, type Verdict } from '../../src/scenario/scenario.js';
import { kernelUnits } from '../../src/source/kernel-units.js';
import { readOwnC } from '../../src/source/own-c.js';
import { programOf } from '../../src/source/program.js';
import { openSubject, type Subject } from '../../src/subject/open.js';
import { type Build, buildModule } from '../../src/toolchain/build.js';
import { locateClang } from '../../src/toolchain/clang.js';
import { openToolchain } from '../../src/toolchain/find.js';
import type {
  CompileOptions,
  FileTree,
  Program,
  Toolchain,
  ToolchainName,
} from '../../src/toolchain/types.js';
import { embedded } from '../../subjects/index.js';

const { scenarios: catalogue } = embedded['vfio-pci'];

const open = new Map<ToolchainName, Toolchain>();

/** npm's LLVM is always there, but takes three times as long; what is not about it uses the system's clang, if any. */
export const quickest: Promise<ToolchainName> = locateClang().then(
  () => 'clang',
  () => 'llvm',
);

/** A toolchain shared by the tests of a file; `closeToolchains` ends them. */
export async function toolchain(named?: ToolchainName): Promise<Toolchain> {
  const name = named ?? (await quickest);
  const known = open.get(name) ?? (await openToolchain(name));
  open.set(name, known);
  return known;
}

export async function closeToolchains(): Promise<void> {
  await Promise.all([...open.values()].map((one) => one.close()));
  open.clear();
}

type Mutation = (tree: FileTree) => FileTree;

export type SubjectName = keyof typeof embedded;
export type Config = NonNullable<Common['config']>;

export interface Variant extends Partial<CompileOptions> {
  /** Default: vfio-pci. */
  readonly subject?: SubjectName;
  readonly toolchain?: ToolchainName;
  readonly config?: Config;
  /** Changes the files of the stage, or of the stub kernel, before they are compiled: a mutant. */
  readonly mutate?: Mutation;
}

const asItIs: Mutation = (tree) => tree;
/** What is made of a mutant goes with the test that it is for. */
const built = new WeakMap<Mutation, Map<string, Promise<Build>>>();

/** A stage's module, made once for all tests of this process. */
export function build(stage: string, variant: Variant = {}): Promise<Build> {
  const { mutate = asItIs, ...rest } = variant;
  const ofThis = built.get(mutate) ?? new Map<string, Promise<Build>>();
  built.set(mutate, ofThis);
  const { subject, toolchain, bitfieldAccess, optimize, config } = rest;
  const key = JSON.stringify([stage, subject, toolchain, bitfieldAccess, optimize, config]);
  const making = ofThis.get(key) ?? make(stage, mutate, rest);
  ofThis.set(key, making);
  return making;
}

const subjects = new Map<SubjectName, Promise<Subject>>();

/** A subject that comes with lostbit, opened once. */
export function subjectOf(name: SubjectName): Promise<Subject> {
  const opening = subjects.get(name) ?? openSubject(name, embedded);
  subjects.set(name, opening);
  return opening;
}

/** All C of a subject at a stage, lostbit's own included. */
export async function programAt(
  stage: string,
  subject: SubjectName = 'vfio-pci',
  config: Config = {},
): Promise<Program> {
  const { stages, defines, modules, calls } = await subjectOf(subject);
  const { tree } = stages.find(stage);
  const units = [...tree.keys()].filter((path) => path.endsWith('.c'));
  const configured = Object.entries(defines).filter(([macro]) => config[macro] !== false);
  return programOf({ tree, units, modules, calls, defines: Object.fromEntries(configured) });
}

async function make(
  stage: string,
  mutate: Mutation,
  { subject, toolchain: named, bitfieldAccess = 'fine', optimize = '2', config }: Variant,
): Promise<Build> {
  const program = await programAt(stage, subject, config);
  const tree = mutate(program.tree);
  const own = [...program.own, ...[...tree.keys()].filter((path) => isAdded(path, program))];
  return buildModule(
    { ...program, tree, own, units: [...own, ...kernelUnits(tree, own, (await readOwnC()).keys())].sort() },
    await toolchain(named),
    { bitfieldAccess, optimize },
  );
}

const isAdded = (path: string, { tree }: Program) => path.endsWith('.c') && !tree.has(path);

/** Replaces a text that must stand exactly once in a file of the tree. */
export function replaced(tree: FileTree, path: string, from: string, to: string): FileTree {
  const text = tree.get(path);
  if (text === undefined || text.split(from).length !== 2)
    throw new Error(`${path} does not hold '${from}' once`);
  return new Map(tree).set(
    path,
    text.replace(from, () => to),
  );
}

/** A race at a stage; one of vfio-pci's own goes by its name. */
export function caseOf(scenario: RaceScenario | string, stage: string, build: Build): Case<RaceScenario> {
  const found = typeof scenario === 'string' ? catalogue[scenario] : scenario;
  if (found === undefined || !isRace(found)) throw new Error(`no race ${scenario}`);
  const name = typeof scenario === 'string' ? scenario : 'test';
  return { name, origin: name, scenario: found, stage, build };
}

export interface Raced extends StressResult {
  readonly verdict: Verdict;
  readonly forbidden: number;
}

export async function race(tested: Case<RaceScenario>, options: Partial<StressOptions> = {}): Promise<Raced> {
  const result = await stress(tested, { seconds: 0.2, seed: 1, ...options });
  return {
    ...result,
    verdict: verdictOf(result.outcomes, result.violations),
    forbidden: result.outcomes.reduce(
      (sum, { grade, count }) => sum + (grade === 'forbidden' ? count : 0),
      0,
    ),
  };
}

/**
 * Races until something forbidden shows, at most `budget` seconds: a race is a matter of luck, so that a
 * test asserts existence within a budget and never a rate.
 */
export async function raceUntilForbidden(tested: Case<RaceScenario>, budget = 20): Promise<Raced> {
  return race(tested, { seconds: budget, untilForbidden: true });
}
