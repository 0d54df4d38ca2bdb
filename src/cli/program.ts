// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Command } from 'commander';
import { packageRoot } from '../package-root.js';
import { printableLines } from '../printable.js';
import { buildCommand } from './build.js';
import { cacheCommand } from './cache.js';
import { fidelityCommand } from './fidelity.js';
import { hazardsCommand } from './hazards.js';
import { layoutCommand } from './layout.js';
import { listCommand } from './list.js';
import { raceCommand } from './race.js';
import { replayCommand } from './replay.js';
import { runCommand } from './run.js';
import { seriesCommand } from './series.js';
import { interruption } from './signals.js';
import { simulateCommand } from './simulate.js';
import { sourceCommand } from './source.js';
import { helpWidth, print, printError } from './terminal.js';
import { treeCommand } from './tree.js';
import { verifyCommand } from './verify.js';

/** The command line: what there is to ask for, and what it does. */
export function program(): Command {
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
  listCommand(command);
  verifyCommand(command, interruption);
  runCommand(command, interruption);
  raceCommand(command, interruption);
  simulateCommand(command, interruption);
  replayCommand(command, interruption);
  fidelityCommand(command, interruption);
  layoutCommand(command, interruption);
  hazardsCommand(command, interruption);
  treeCommand(command, interruption);
  seriesCommand(command);
  sourceCommand(command);
  buildCommand(command, interruption);
  cacheCommand(command);
  for (const one of [command, ...command.commands, ...command.commands.flatMap(({ commands }) => commands)])
    one.exitOverride();
  return command;
}
