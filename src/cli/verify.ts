// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { type Command, Option } from 'commander';
import { LostbitError } from '../errors.js';
import { changesText } from '../report/changes.js';
import type { SeriesFacts } from '../report/json.js';
import { evidence, matrixBroken, matrixSummary, matrixTable, matrixWarnings } from '../report/matrix.js';
import { isScenarioFile } from '../scenario/load.js';
import { keyOfBuild } from '../verify/builds.js';
import { statusOf } from '../verify/status.js';
import { cellsOf, verify } from '../verify/verify.js';
import { buildAll, type Context } from './context.js';
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
import { type Chosen, type ChosenCell, chosenOf, openAsked, openScenarios, wantedOf } from './selection.js';
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
            'Sequences are run once; races are explored in every order. Of a series of yours each stage\n' +
            'is compared with the one before: what a patch fixes, leaves, breaks.',
        )
        .addOption(
          new Option('--stage <names>', 'stages, separated by commas (default: all but controls)').argParser(
            collectNames,
          ),
        )
        .addOption(
          new Option(
            '--scenario <globs>',
            "names of the subject's scenarios (or patterns of them), or files of yours, separated by commas (default: all)",
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
  const scenarios = await selectScenarios(options);
  endBySignal();
  const output = await openOutput(options.json);
  const cells = cellsOf(scenarios, options.stage);
  if (cells.length === 0) {
    throw new LostbitError('E_NO_CELLS', 'no scenario says anything of these stages', {
      hint: 'see lostbit list',
    });
  }
  const wanted = (cell: ChosenCell) => wantedOf(cell, cell.stage);
  let series: SeriesFacts = { notes: [], patches: [] };
  const builds = await buildAll(cells.map(wanted), options, context, (facts) => {
    series = facts;
  });

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
    const changes = changesText(results, series.patches);
    parts.push(matrixBroken(results), matrixWarnings(results), matrixTable(results), changes);
    parts.push(matrixSummary(results));
    print(`${parts.filter((part) => part !== '').join('\n\n')}, in ${seconds} s`);
  }
  // Of a matrix that was cut short there is no report: half a file is worse than none.
  if (signal.aborted) return interruptedStatus;
  await output.write(results, series);
  return statusOf(results);
}

/** Scenarios of the subject by name or pattern, and users' files; all of the subject's where nothing is asked for. */
async function selectScenarios(options: VerifyOptions): Promise<Chosen[]> {
  const { scenario: asked } = options;
  // Files may name C of their own: then no other subject is opened.
  const files = (asked ?? []).filter(isScenarioFile);
  if (asked !== undefined && files.length === asked.length) return openScenarios(files, options);
  const subject = await openAsked(options);
  const names = Object.keys(subject.scenarios);
  const chosen: Chosen[] = [];
  for (const pattern of new Set(asked ?? names)) {
    const found = matching(pattern, names);
    if (found.length > 0) chosen.push(...found.map((name) => chosenOf(subject, name, options)));
    else chosen.push(...(await openScenarios([pattern], options, subject)));
  }
  return [...new Map(chosen.map((one) => [`${one.subject.name}\n${one.origin}`, one])).values()];
}
