// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { grouped } from '../report/race-table.js';
import type { Call } from '../scenario/calls.js';
import type { Scenario } from '../scenario/scenario.js';
import { programOf } from '../source/program.js';
import type { Subject } from '../subject/open.js';
import { type Build, buildModule } from '../toolchain/build.js';
import { openToolchain } from '../toolchain/find.js';
import type { Program } from '../toolchain/types.js';
import type { BuildOptions } from './options.js';
import type { Status } from './status.js';
import { printError } from './terminal.js';

/** What a running command shares: its status line, and the signal that ends it early. */
export interface Context {
  readonly status: Status;
  readonly signal: AbortSignal;
  /** Print details. */
  readonly verbose: boolean;
}

/** A line about a build, for --verbose. */
export function describeBuild(
  stage: string,
  { bytes, compiled, cached, repaired, seconds, key }: Build,
): string {
  const mended = repaired > 0 ? `, ${repaired} damaged entries of the cache made again` : '';
  const made = `${compiled} compiled, ${cached} from the cache${mended}`;
  return `${stage}: ${grouped(bytes.length)} bytes, ${made}, ${seconds.toFixed(1)} s, sha256 ${key.slice(0, 16)}`;
}

/** A subject at a stage, as it is to be built. */
export interface Wanted {
  readonly subject: Subject;
  readonly stage: string;
  readonly config: NonNullable<Scenario['config']>;
  /** Functions that scenarios call. */
  readonly calls: readonly Call[];
}

/** How a build is found again. */
export const keyOfBuild = ({ subject, stage, config, calls }: Wanted): string =>
  JSON.stringify([subject.name, subject.origin, stage, config, calls]);

/** The C of a subject as it is wanted. */
export function programFor({ subject, stage, config, calls }: Wanted): Promise<Program> {
  const { tree } = subject.stages.find(stage);
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

/**
 * Builds what is wanted in parallel with one toolchain, and shows progress; warnings go to standard error. What is asked
 * for twice is built once.
 */
export async function buildAll(
  wanted: readonly Wanted[],
  options: BuildOptions,
  { status, signal, verbose }: Context,
): Promise<Map<string, Build>> {
  // All programs first: a misspelt last stage should not cost the building of the others.
  const programs = new Map<string, { readonly name: string; readonly program: Program }>();
  for (const one of wanted) {
    const key = keyOfBuild(one);
    if (!programs.has(key)) programs.set(key, { name: one.stage, program: await programFor(one) });
  }
  const toolchain = await openToolchain(options.toolchain);
  const failed = new AbortController();
  const progress = new Map<string, { done: number; total: number }>();
  const doing = `building ${[...new Set(wanted.map(({ stage }) => stage))].join(', ')} with ${options.toolchain}`;
  status.update(doing);

  const building = [...programs].map(async ([key, { name, program }]) => {
    const build = await buildModule(program, toolchain, options, {
      signal: AbortSignal.any([signal, failed.signal]),
      progress: ({ done, total, unit }) => {
        progress.set(key, { done, total });
        const all = [...progress.values()];
        const sum = (what: 'done' | 'total') => all.reduce((number, one) => number + one[what], 0);
        status.update(doing, `${sum('done')}/${sum('total')} ${unit}`);
      },
      diagnostics: (text) => {
        status.clear();
        printError(text);
      },
    });
    if (verbose) {
      status.clear();
      printError(describeBuild(name, build));
    }
    return [key, build] as const;
  });
  for (const one of building) one.catch((error: unknown) => failed.abort(error));
  try {
    return new Map(await Promise.all(building));
  } finally {
    await Promise.allSettled(building);
    status.clear();
    await toolchain.close();
  }
}

/** Builds several stages of one scenario's; by their names. */
export async function buildStages(
  stages: readonly string[],
  wanted: (stage: string) => Wanted,
  options: BuildOptions,
  context: Context,
): Promise<Map<string, Build>> {
  const all = [...new Set(stages)].map(wanted);
  const builds = await buildAll(all, options, context);
  return new Map(all.map((one) => [one.stage, builds.get(keyOfBuild(one))!]));
}
