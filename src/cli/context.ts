// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { grouped } from '../report/race-table.js';
import type { KernelConfig } from '../scenario/scenario.js';
import { configure } from '../source/config.js';
import { loadStage } from '../source/stage.js';
import { type Build, buildModule } from '../toolchain/build.js';
import { openToolchain } from '../toolchain/find.js';
import type { FileTree } from '../toolchain/types.js';
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

/** A stage as it is to be built. */
export interface Wanted {
  readonly stage: string;
  readonly config: KernelConfig;
}

/** How a built stage is found again. */
export const keyOfBuild = ({ stage, config }: Wanted): string => JSON.stringify([stage, config]);

/**
 * Builds stages in parallel with one toolchain, and shows progress; warnings go to standard error. A stage that is asked
 * for twice is built once.
 */
export async function buildAll(
  wanted: readonly Wanted[],
  options: BuildOptions,
  { status, signal, verbose }: Context,
): Promise<Map<string, Build>> {
  // All names first: a misspelt last one should not cost the building of the others.
  const sources = new Map<string, { readonly name: string; readonly tree: FileTree }>();
  for (const one of wanted) {
    if (sources.has(keyOfBuild(one))) continue;
    const { name, tree } = await loadStage(one.stage);
    sources.set(keyOfBuild(one), { name, tree: configure(tree, one.config) });
  }
  const toolchain = await openToolchain(options.toolchain);
  const failed = new AbortController();
  const progress = new Map<string, { done: number; total: number }>();
  const subject = `building ${[...new Set(wanted.map(({ stage }) => stage))].join(', ')} with ${options.toolchain}`;
  status.update(subject);

  const building = [...sources].map(async ([key, { name, tree }]) => {
    const build = await buildModule(tree, toolchain, options, {
      signal: AbortSignal.any([signal, failed.signal]),
      progress: ({ done, total, unit }) => {
        progress.set(key, { done, total });
        const all = [...progress.values()];
        const sum = (what: 'done' | 'total') => all.reduce((number, one) => number + one[what], 0);
        status.update(subject, `${sum('done')}/${sum('total')} ${unit}`);
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

/** Builds stages of one configuration; by their names. */
export async function buildStages(
  stages: readonly string[],
  options: BuildOptions,
  context: Context,
  config: KernelConfig = {},
): Promise<Map<string, Build>> {
  const wanted = [...new Set(stages)].map((stage) => ({ stage, config }));
  const builds = await buildAll(wanted, options, context);
  return new Map(wanted.map((one) => [one.stage, builds.get(keyOfBuild(one))!]));
}
