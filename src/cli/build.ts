// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { resolve } from 'node:path';
import type { Command } from 'commander';
import { loadStage } from '../source/stage.js';
import { emitEmscriptenModule } from '../toolchain/emscripten-module.js';
import { buildStages, describeBuild } from './context.js';
import { type BuildOptions, withBuildOptions } from './options.js';
import { endBySignal } from './signals.js';
import { Status } from './status.js';
import { print } from './terminal.js';

interface Options extends BuildOptions {
  readonly emscriptenModule?: string;
  readonly quiet?: true;
}

export function buildCommand(command: Command, signal: AbortSignal): Command {
  return withBuildOptions(
    command
      .command('build')
      .summary('compile a stage, without running it')
      .description('Compiles a stage to a WebAssembly module, from the cache where nothing changed.')
      .argument('<stage>', 'base, p1, … (see lostbit list)'),
  )
    .option(
      '--emscripten-module <dir>',
      "also write Emscripten's own ES module of the stage, with its types, to a directory",
    )
    .option('-q, --quiet', 'no progress')
    .action(async (stage: string, options: Options) => {
      endBySignal();
      const status = new Status(options.quiet === true);
      const builds = await buildStages([stage], options, { status, signal, verbose: false });
      for (const build of builds.values()) print(describeBuild(stage, build));
      if (options.emscriptenModule === undefined) return;
      status.update(`building ${stage} as an Emscripten module`);
      const { tree } = await loadStage(stage);
      const files = await emitEmscriptenModule(
        tree,
        options,
        resolve(options.emscriptenModule),
        `lostbit-${stage}`,
        signal,
      );
      status.clear();
      for (const file of files) print(file);
    });
}
