// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { resolve } from 'node:path';
import type { Command } from 'commander';
import { emitEmscriptenModule } from '../toolchain/emscripten-module.js';
import { programFor } from '../verify/builds.js';
import { buildStages, describeBuild } from './context.js';
import { type BuildOptions, withBuildOptions } from './options.js';
import { openAsked, wantedAt } from './selection.js';
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
      const subject = await openAsked(options);
      const { name } = subject.stages.find(stage);
      const wanted = wantedAt(subject, name);
      const context = { status, signal, verbose: false };
      const builds = await buildStages([name], () => wanted, options, context);
      for (const build of builds.values()) print(describeBuild(name, build));
      if (options.emscriptenModule === undefined) return;
      status.update(`building ${name} as an Emscripten module`);
      const files = await emitEmscriptenModule(
        await programFor(wanted),
        options,
        resolve(options.emscriptenModule),
        `lostbit-${name.replace(/[^\w.-]/g, '-')}`,
        signal,
      );
      status.clear();
      for (const file of files) print(file);
    });
}
