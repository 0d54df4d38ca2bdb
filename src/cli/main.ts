#!/usr/bin/env node
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Command, CommanderError } from 'commander';
import pc from 'picocolors';
import { ExitStatus, LostbitError } from '../errors.js';
import { packageRoot } from '../package-root.js';
import { buildCommand } from './build.js';
import { cacheCommand } from './cache.js';
import { listCommand } from './list.js';
import { raceCommand } from './race.js';

const interrupted = new AbortController();

// The first signal lets the command stop its threads and compilers and say what it has; the second one does
// not wait for that.
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.on(signal, () => {
    if (interrupted.signal.aborted) process.exit(130);
    interrupted.abort(new LostbitError('E_INTERRUPTED', 'interrupted'));
  });
}

// Who reads only the first lines has what they wanted.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error;
  process.exit();
});

function program(): Command {
  const { version } = JSON.parse(readFileSync(join(packageRoot(), 'package.json'), 'utf8')) as {
    version: string;
  };
  const command = new Command('lostbit')
    .description(
      "Tests a Linux driver's C for lost updates, without a kernel: patch by patch, on real threads.",
    )
    .version(version)
    .showHelpAfterError('(lostbit --help, or lostbit COMMAND --help, lists what there is)')
    .addHelpText(
      'after',
      `
Exit status: 0 as expected, 1 a verdict differs from what is expected, 2 the request cannot be carried out,
3 a defect of lostbit.

Examples:
  lostbit list
  lostbit race intx-mask-vs-bar-write --stage base,p3
  lostbit race ./my-scenario.ts --time 10s --json report.json`,
    );
  listCommand(command);
  raceCommand(command, interrupted.signal);
  buildCommand(command, interrupted.signal);
  cacheCommand(command);
  command.exitOverride();
  for (const child of command.commands) child.exitOverride();
  return command;
}

function show(error: LostbitError): void {
  const { reproduce, hint } = error.advice;
  const lines = [`${pc.red('error')} ${error.code}: ${error.message}`];
  if (reproduce !== undefined) lines.push(`  reproduce: ${reproduce}`);
  if (hint !== undefined) lines.push(`  hint: ${hint}`);
  process.stderr.write(`${lines.join('\n')}\n`);
}

try {
  await program().parseAsync();
} catch (error) {
  if (interrupted.signal.aborted) {
    process.stderr.write('interrupted\n');
    process.exitCode = 130;
  } else if (error instanceof CommanderError)
    process.exitCode = error.exitCode === 0 ? 0 : ExitStatus.refused;
  else if (error instanceof LostbitError) {
    show(error);
    process.exitCode = ExitStatus.refused;
  } else {
    process.stderr.write(
      `${pc.red('defect')} of lostbit: ${error instanceof Error ? error.stack : String(error)}\n`,
    );
    process.exitCode = ExitStatus.defect;
  }
}

// A scenario file may have left a timer or a server behind; the command is over all the same.
process.stdout.write('', () => process.exit());
