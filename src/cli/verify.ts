// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { type Command, Option } from 'commander';
import { catalogue } from '../../scenarios/index.js';
import { LostbitError } from '../errors.js';
import { evidence, matrixBroken, matrixSummary, matrixTable, matrixWarnings } from '../report/matrix.js';
import type { NamedScenario } from '../scenario/load.js';
import { seriesStages } from '../scenario/scenario.js';
import { loadStage, stageNames } from '../source/stage.js';
import { statusOf } from '../verify/status.js';
import { type Cell, cellsOf, verify } from '../verify/verify.js';
import { buildAll, type Context, keyOfBuild } from './context.js';
import { matching } from './glob.js';
import {
  type BuildOptions,
  collectNames,
  parseSeconds,
  type ReportOptions,
  withBuildOptions,
  withReportOptions,
} from './options.js';
import { openOutput } from './output.js';
import { openScenarios } from './scenarios.js';
import { endBySignal, interruptedStatus } from './signals.js';
import { Status } from './status.js';
import { print } from './terminal.js';

interface VerifyOptions extends BuildOptions, ReportOptions {
  readonly stage?: readonly string[];
  readonly scenario?: readonly string[];
  readonly timeBudget: number;
}

export function verifyCommand(command: Command, signal: AbortSignal): Command {
  return withReportOptions(
    withBuildOptions(
      command
        .command('verify')
        .summary('the matrix: every scenario at every stage')
        .description(
          'Runs scenarios at the stages of the series and says which fail where, with the evidence.\n' +
            'Sequences are run once; races are explored in every order.',
        )
        .addOption(
          new Option('--stage <names>', 'stages, separated by commas (default: all of the series)').argParser(
            collectNames,
          ),
        )
        .addOption(
          new Option(
            '--scenario <globs>',
            'names of the catalogue (or patterns of them), or files of yours, separated by commas (default: the catalogue)',
          ).argParser(collectNames),
        )
        .addOption(
          new Option('--time-budget <time>', 'how long to explore, all explorations together')
            .argParser(parseSeconds)
            .default(60, '60s'),
        ),
    ),
  ).action(async (options: VerifyOptions) => {
    process.exitCode = await verifyAll(options, signal);
  });
}

async function verifyAll(options: VerifyOptions, signal: AbortSignal): Promise<number> {
  const context: Context = {
    status: new Status(options.quiet === true),
    signal,
    verbose: options.verbose === true,
  };
  const { status } = context;
  const started = performance.now();
  const scenarios = await selectScenarios(options.scenario);
  endBySignal();
  const known = await stageNames();
  await Promise.all((options.stage ?? []).map((stage) => loadStage(stage)));
  const stages = options.stage ?? seriesStages.filter((stage) => known.includes(stage));
  const output = await openOutput(options.json);
  const cells = cellsOf(scenarios, stages);
  if (cells.length === 0) {
    throw new LostbitError('E_NO_CELLS', 'no scenario says anything of these stages', {
      hint: 'see lostbit list',
    });
  }
  const wanted = ({ stage, scenario }: Cell) => ({ stage, config: scenario.config ?? {} });
  const builds = await buildAll(cells.map(wanted), options, context);

  const results = await verify(cells, (cell) => builds.get(keyOfBuild(wanted(cell)))!, {
    budget: options.timeBudget,
    signal,
    progress: ({ done, total, cell, detail }) =>
      status.update('verifying', `${done}/${total} ${cell.name} at ${cell.stage}${detail && `: ${detail}`}`),
  });
  status.clear();

  if (!output.jsonAlone) {
    const seconds = ((performance.now() - started) / 1000).toFixed(1);
    // The most important comes last, where it stays in sight.
    const parts = options.quiet ? [] : [evidence(results)];
    parts.push(matrixBroken(results), matrixWarnings(results), matrixTable(results), matrixSummary(results));
    print(`${parts.filter((part) => part !== '').join('\n\n')}, in ${seconds} s`);
  }
  // Of a matrix that was cut short there is no report: half a file is worse than none.
  if (signal.aborted) return interruptedStatus;
  await output.write(results);
  return statusOf(results);
}

/** Scenarios of the catalogue by name or pattern, and users' files; all of the catalogue where nothing is asked for. */
async function selectScenarios(asked: readonly string[] | undefined): Promise<NamedScenario[]> {
  const names = Object.keys(catalogue);
  const selected = (asked ?? names).flatMap((pattern) => {
    const found = matching(pattern, names);
    return found.length > 0 ? found : [pattern];
  });
  return openScenarios(selected);
}
