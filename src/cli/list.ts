// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import type { Command } from 'commander';
import pc from 'picocolors';
import { embedded } from '../../subjects/index.js';
import { printable } from '../printable.js';
import { declaredFaults, declaredOps } from '../source/declared.js';
import { listToolchains } from '../toolchain/find.js';
import { programFor } from '../verify/builds.js';
import { engineFor } from '../verify/verify.js';
import { type SubjectOptions, withSubjectOptions } from './options.js';
import { openAsked, wantedAt } from './selection.js';
import { print, printJson } from './terminal.js';

interface ListOptions extends SubjectOptions {
  readonly json?: true;
}

export function listCommand(command: Command): Command {
  return withSubjectOptions(
    command
      .command('list')
      .summary('scenarios, stages, ops, faults, subjects and toolchains')
      .description('Lists what can be asked for by name.'),
  )
    .option('--json', 'as JSON')
    .action(async ({ json, ...options }: ListOptions) => {
      const subject = await openAsked(options);
      const [program, toolchains] = await Promise.all([
        programFor(wantedAt(subject, subject.stages.first.name)),
        listToolchains(),
      ]);
      const scenarios = Object.entries(subject.scenarios).map(([name, scenario]) => ({
        name,
        title: scenario.title,
        reference: scenario.reference ?? null,
        engine: engineFor(scenario),
      }));
      const stages = subject.stages.all.map(({ name, title }) => ({ name, title }));
      const ops = declaredOps(program);
      const faults = declaredFaults(program);
      const subjects = Object.entries(embedded).map(([name, { title }]) => ({ name, title }));
      if (json) {
        printJson({ subjects, subject: subject.name, scenarios, stages, ops, faults, toolchains });
        return;
      }
      section(
        'Subjects',
        subjects.map(({ name, title }) => [name, title]),
      );
      section(
        `Scenarios of ${subject.name}`,
        scenarios.map(({ name, title, engine }) => [name, `${pc.dim(engine.padEnd(8))}  ${title}`]),
      );
      section(
        'Stages',
        stages.map(({ name, title }) => [name, title]),
      );
      section(
        'Toolchains',
        toolchains.map(({ name, version, problem }) => [name, version ?? pc.dim(problem ?? 'not found')]),
      );
      const spelt = ops.map(({ name, parameters }) => printable(`${name}(${parameters.join(', ')})`));
      print(`${pc.bold('Ops')}\n${wrapped(spelt)}\n`);
      print(`${pc.bold('Functions that can be made to fail')}\n${wrapped(faults)}`);
    });
}

/** Words in lines of a readable length. */
function wrapped(words: readonly string[]): string {
  const lines: string[] = [''];
  for (const word of words) {
    const line = `${lines.at(-1)} ${word}`;
    if (line.length > 110) lines.push(` ${word}`);
    else lines[lines.length - 1] = line;
  }
  return lines.map((line) => ` ${line}`).join('\n');
}

function section(title: string, rows: readonly (readonly [string, string])[]): void {
  const width = Math.max(...rows.map(([name]) => name.length));
  print(pc.bold(title));
  for (const [name, text] of rows) print(`  ${name.padEnd(width)}  ${text}`);
  print();
}
