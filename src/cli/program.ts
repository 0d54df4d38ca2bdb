// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Command } from 'commander';
import { packageRoot } from '../package-root.js';
import { printableLines } from '../printable.js';
import { interruption } from './signals.js';
import { helpWidth, print, printError } from './terminal.js';

type AddCommand = (command: Command, signal: AbortSignal) => unknown;

/** In the order of the help text. */
const commands = {
  list: async (): Promise<AddCommand> => (await import('./list.js')).listCommand,
  verify: async (): Promise<AddCommand> => (await import('./verify.js')).verifyCommand,
  run: async (): Promise<AddCommand> => (await import('./run.js')).runCommand,
  race: async (): Promise<AddCommand> => (await import('./race.js')).raceCommand,
  simulate: async (): Promise<AddCommand> => (await import('./simulate.js')).simulateCommand,
  replay: async (): Promise<AddCommand> => (await import('./replay.js')).replayCommand,
  fidelity: async (): Promise<AddCommand> => (await import('./fidelity.js')).fidelityCommand,
  layout: async (): Promise<AddCommand> => (await import('./layout.js')).layoutCommand,
  hazards: async (): Promise<AddCommand> => (await import('./hazards.js')).hazardsCommand,
  tree: async (): Promise<AddCommand> => (await import('./tree.js')).treeCommand,
  series: async (): Promise<AddCommand> => (await import('./series.js')).seriesCommand,
  source: async (): Promise<AddCommand> => (await import('./source.js')).sourceCommand,
  build: async (): Promise<AddCommand> => (await import('./build.js')).buildCommand,
  cache: async (): Promise<AddCommand> => (await import('./cache.js')).cacheCommand,
};

/**
 * The command line: what there is to ask for, and what it does.
 *
 * @param args if they name a command, the others are not there.
 */
export async function program(args: readonly string[]): Promise<Command> {
  const { version } = JSON.parse(readFileSync(join(packageRoot(), 'package.json'), 'utf8')) as {
    version: string;
  };
  const command = new Command('lostbit')
    .description(
      "Tests a Linux driver's C for lost updates, without a kernel: patch by patch, every interleaving, on real threads.",
    )
    .version(version)
    // Commands are made with what is set here.
    .configureOutput({
      writeOut: (text) => print(text.replace(/\n$/, '')),
      writeErr: (text) => printError(printableLines(text)),
      getOutHelpWidth: () => helpWidth(),
      getErrHelpWidth: () => helpWidth(),
    })
    .showHelpAfterError('(lostbit --help, or lostbit COMMAND --help, lists what there is)')
    .addHelpText(
      'after',
      `
Exit status: 0 as expected, 1 a verdict differs from what is expected, 2 the request cannot be carried out,
3 a defect of lostbit, 130 interrupted.

Examples:
  lostbit list
  lostbit verify --time-budget 20s
  lostbit verify --linux ~/linux
  lostbit run reload-before-open --stage base,p1
  lostbit simulate intx-mask-vs-bar-write --stage base,p3
  lostbit race intx-mask-vs-bar-write --stage base,p3
  lostbit race ./my-scenario.ts --time 10s --json report.json`,
    );
  const named = args.find((one) => !one.startsWith('-')) ?? '';
  // What one command needs is loaded for it alone.
  const isVersion = args.length === 1 && /^(?:-V|--version)$/.test(args[0]!);
  const wanted = isVersion
    ? []
    : Object.hasOwn(commands, named)
      ? [commands[named as keyof typeof commands]]
      : Object.values(commands);
  for (const load of wanted) (await load())(command, interruption);
  for (const one of [command, ...command.commands, ...command.commands.flatMap(({ commands }) => commands)])
    one.exitOverride();
  return command;
}
