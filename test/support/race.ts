// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Case } from '../../src/engine/engine.js';
import { type StressOptions, type StressResult, stress } from '../../src/engine/stress/stress.js';
import { verdictOf } from '../../src/scenario/grade.js';
import { type Common, isRace, type RaceScenario, type Verdict } from '../../src/scenario/scenario.js';
import { configure } from '../../src/source/config.js';
import { readExcerpt } from '../../src/source/excerpt.js';
import { loadStage } from '../../src/source/stage.js';
import { type Build, buildModule } from '../../src/toolchain/build.js';
import { locateClang } from '../../src/toolchain/clang.js';
import { openToolchain } from '../../src/toolchain/find.js';
import type { CompileOptions, FileTree, Toolchain, ToolchainName } from '../../src/toolchain/types.js';
import { embedded } from '../../subjects/index.js';
import { root } from './lostbit.js';

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
  /** Changes the stage's files before they are compiled: a mutant. */
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

async function make(
  stage: string,
  mutate: Mutation,
  { subject = 'vfio-pci', toolchain: named, bitfieldAccess = 'fine', optimize = '2', config = {} }: Variant,
): Promise<Build> {
  const tree = configure(mutate(await treeOf(subject, stage)), config);
  return buildModule(tree, await toolchain(named), { bitfieldAccess, optimize });
}

/** A subject's C with the stub kernel's. */
async function treeOf(subject: SubjectName, stage: string): Promise<FileTree> {
  if (subject === 'vfio-pci') return (await loadStage(stage)).tree;
  const kernel = [...(await readExcerpt())].filter(([path]) => !/^vfio\/|^subjects\//.test(path));
  const flags = 'subjects/bare-flags/flags.c';
  return new Map([...kernel, [flags, readFileSync(join(root, flags), 'utf8')]]);
}

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
