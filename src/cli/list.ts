// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import type { Command } from 'commander';
import pc from 'picocolors';
import { catalogue } from '../../scenarios/index.js';
import * as steps from '../scenario/steps.js';
import { loadStage, stageNames } from '../source/stage.js';
import { listToolchains } from '../toolchain/find.js';
import { engineFor } from '../verify/verify.js';
import { print, printJson } from './terminal.js';

export function listCommand(command: Command): Command {
  return command
    .command('list')
    .summary('scenarios, stages, ops, faults and toolchains')
    .description('Lists what can be asked for by name.')
    .option('--json', 'as JSON')
    .action(async ({ json }: { json?: true }) => {
      const [stages, toolchains] = await Promise.all([describeStages(), listToolchains()]);
      const scenarios = Object.entries(catalogue).map(([name, scenario]) => ({
        name,
        title: scenario.title,
        fact: scenario.fact ?? null,
        engine: engineFor(scenario),
      }));
      const ops = Object.entries(steps).flatMap(([name, value]) =>
        typeof value === 'function' ? [name] : [],
      );
      if (json) {
        printJson({ scenarios, stages, ops, faults: steps.faults, toolchains });
        return;
      }
      section(
        'Scenarios',
        scenarios.map(({ name, title, engine }) => [name, `${pc.dim(engine.padEnd(6))}  ${title}`]),
      );
      section(
        'Stages',
        stages.map(({ name, title }) => [name, title]),
      );
      section(
        'Toolchains',
        toolchains.map(({ name, version, problem }) => [name, version ?? pc.dim(problem ?? 'not found')]),
      );
      print(`${pc.bold('Ops')}\n${wrapped(ops)}\n`);
      print(`${pc.bold('Functions that can be made to fail')}\n${wrapped(steps.faults)}`);
    });
}

async function describeStages(): Promise<{ name: string; title: string }[]> {
  const stages = await Promise.all((await stageNames()).map((name) => loadStage(name)));
  return stages.map(({ name, title }) => ({ name, title }));
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
