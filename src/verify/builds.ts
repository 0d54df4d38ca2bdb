// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only

import { LostbitError } from '../errors.js';
import type { Scenario } from '../scenario/scenario.js';
import type { Call } from '../source/calls.js';
import { type CallingProgram, programOf } from '../source/program.js';
import { treeError } from '../source/tree-error.js';
import { type TreeParts, treeProgram } from '../source/tree-program.js';
import type { SubjectKernel } from '../subject/kernel.js';
import type { Subject } from '../subject/open.js';
import { type Build, buildModule } from '../toolchain/build.js';
import { openToolchain } from '../toolchain/find.js';
import type { CompileOptions, FileTree, ToolchainName } from '../toolchain/types.js';
import { faultOfCall } from './bad-call.js';

/** A subject at a stage, as it is to be built. */
export interface Wanted {
  readonly subject: Subject;
  readonly stage: string;
  readonly config: NonNullable<Scenario['config']>;
  /** Functions that scenarios call. */
  readonly calls: readonly Call[];
  /** The scenarios that do. */
  readonly scenarios: Readonly<Record<string, Scenario>>;
  /** A scenario's file names neither C nor a subject: it is taken to be about this one. */
  readonly isAssumed?: boolean;
}

/** How a build is found again. */
export const keyOfBuild = ({ subject, stage, config, calls }: Wanted): string =>
  JSON.stringify([subject.name, subject.origin, stage, config, calls]);

/** The C of a subject as it is wanted. */
export async function programFor(wanted: Wanted): Promise<CallingProgram> {
  try {
    return await programOfWanted(wanted);
  } catch (error) {
    if (!(error instanceof LostbitError && error.code === 'E_UNKNOWN_FUNCTION' && wanted.isAssumed))
      throw error;
    const { hint } = error.advice;
    const { name } = wanted.subject;
    throw new LostbitError(error.code, error.message, {
      hint: `the scenario names no source, so that it is about ${name}: say where its C is, as source: './port.c'${hint === undefined ? '' : `; ${hint}`}`,
    });
  }
}

function programOfWanted({ subject, stage, config, calls }: Wanted): Promise<CallingProgram> {
  const { tree } = subject.stages.find(stage);
  if (subject.kernel !== null) return treeProgram(partsIn(subject.kernel, subject, tree, config, calls));
  const defines = Object.entries(subject.defines).filter(([macro]) => config[macro] !== false);
  const added = Object.entries(config).filter(([macro, on]) => on && !(macro in subject.defines));
  return programOf({
    tree,
    units: [...tree.keys()].filter((path) => path.endsWith('.c')),
    defines: Object.fromEntries([...defines, ...added.map(([macro]) => [macro, 1] as const)]),
    modules: subject.modules,
    calls,
  });
}

function partsIn(
  { tree, modules, units, staged, mounted }: SubjectKernel,
  { defines }: Subject,
  files: FileTree,
  config: Wanted['config'],
  calls: readonly Call[],
): TreeParts {
  // What the subject's own C is compiled with says nothing of the sources'.
  const parts = {
    tree,
    modules,
    units,
    defines: staged === 'tree' ? config : { ...defines, ...config },
    calls,
  };
  if (staged === 'tree') return { ...parts, files, subject: mounted };
  const own = [...files.keys()].filter((path) => path.endsWith('.c'));
  return { ...parts, subject: { ...mounted, tree: files, units: own } };
}

export interface BuildingOptions extends CompileOptions {
  readonly toolchain: ToolchainName;
}

export interface BuildingHooks {
  readonly signal?: AbortSignal;
  /** Called at the start and after each unit. */
  readonly progress?: (text: string, detail: string) => void;
  /** Warnings, verbatim. */
  readonly diagnostics?: (text: string) => void;
  /** Called with what each stage's build is made of. */
  readonly program?: (wanted: Wanted, program: CallingProgram) => void;
  /** Called with each stage's build. */
  readonly built?: (stage: string, build: Build) => void;
}

/**
 * Builds what is wanted in parallel with one toolchain, by `keyOfBuild`. What is asked for twice is built once.
 *
 * @throws LostbitError `E_UNKNOWN_STAGE`, `E_PATCH`, `E_SOURCE`, `E_UNKNOWN_FUNCTION`, `E_BAD_CALL`, `E_COMPILE`, `E_LINK`,
 * `E_NO_TOOLCHAIN`; the signal's reason.
 */
export async function buildAll(
  wanted: readonly Wanted[],
  options: BuildingOptions,
  { signal, progress, diagnostics, program: made, built }: BuildingHooks = {},
): Promise<Map<string, Build>> {
  // All programs first: a misspelt last stage should not cost the building of the others.
  const programs = new Map<string, { readonly one: Wanted; readonly program: CallingProgram }>();
  for (const one of wanted) {
    const key = keyOfBuild(one);
    if (programs.has(key)) continue;
    const program = await programFor(one);
    programs.set(key, { one, program });
    made?.(one, program);
  }
  const toolchain = await openToolchain(options.toolchain);
  const failed = new AbortController();
  const counts = new Map<string, { done: number; total: number }>();
  const doing = `building ${[...new Set(wanted.map(({ stage }) => stage))].join(', ')} with ${options.toolchain}`;
  progress?.(doing, '');

  const building = [...programs].map(async ([key, { one, program }]) => {
    const ending = AbortSignal.any([failed.signal, ...(signal === undefined ? [] : [signal])]);
    const build = await buildModule(program, toolchain, options, {
      signal: ending,
      progress: ({ done, total, unit }) => {
        counts.set(key, { done, total });
        const all = [...counts.values()];
        const sum = (what: 'done' | 'total') => all.reduce((number, one) => number + one[what], 0);
        progress?.(doing, `${sum('done')}/${sum('total')} ${unit}`);
      },
      ...(diagnostics === undefined ? {} : { diagnostics }),
    }).catch(async (error: unknown) => {
      const fault = await faultOfCall(error, program, one.scenarios, toolchain, options, ending);
      const tree = one.subject.kernel?.tree;
      throw tree !== undefined && fault instanceof LostbitError ? treeError(fault, tree) : fault;
    });
    built?.(one.stage, build);
    return [key, build] as const;
  });
  for (const one of building) one.catch((error: unknown) => failed.abort(error));
  try {
    const builds = new Map(await Promise.all(building));
    for (const { subject } of wanted) subject.kernel?.tree.checkUnchanged();
    return builds;
  } finally {
    await Promise.allSettled(building);
    await toolchain.close();
  }
}
