import type { Command } from 'commander';
import pc from 'picocolors';
import { catalogue } from '../../scenarios/index.js';
import * as steps from '../scenario/steps.js';
import { loadStage, stageNames } from '../source/stage.js';
import { listToolchains } from '../toolchain/find.js';

export function listCommand(command: Command): Command {
  return command
    .command('list')
    .summary('scenarios, stages, ops and toolchains')
    .description('Lists what can be asked for by name.')
    .option('--json', 'as JSON')
    .action(async ({ json }: { json?: true }) => {
      const [stages, toolchains] = await Promise.all([describeStages(), listToolchains()]);
      const scenarios = Object.entries(catalogue).map(([name, { title, fact }]) => ({
        name,
        title,
        fact: fact ?? null,
      }));
      const ops = Object.entries(steps).flatMap(([name, value]) =>
        typeof value === 'function' ? [name] : [],
      );
      if (json) {
        console.log(JSON.stringify({ scenarios, stages, ops, toolchains }, null, 2));
        return;
      }
      section(
        'Scenarios',
        scenarios.map(({ name, title }) => [name, title]),
      );
      section(
        'Stages',
        stages.map(({ name, title }) => [name, title]),
      );
      section(
        'Toolchains',
        toolchains.map(({ name, version, problem }) => [name, version ?? pc.dim(problem ?? 'not found')]),
      );
      console.log(`${pc.bold('Ops')}\n  ${ops.join(' ')}`);
    });
}

async function describeStages(): Promise<{ name: string; title: string }[]> {
  const stages = await Promise.all((await stageNames()).map((name) => loadStage(name)));
  return stages.map(({ name, title }) => ({ name, title }));
}

function section(title: string, rows: readonly (readonly [string, string])[]): void {
  const width = Math.max(...rows.map(([name]) => name.length));
  console.log(pc.bold(title));
  for (const [name, text] of rows) console.log(`  ${name.padEnd(width)}  ${text}`);
  console.log();
}
