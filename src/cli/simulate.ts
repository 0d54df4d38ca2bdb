// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { type Command, InvalidArgumentError, Option } from 'commander';
import { Simulation } from '../engine/simulate/simulation.js';
import { type ExploreProgress, type Strategy, strategies } from '../engine/simulate/simulator.js';
import { LostbitError } from '../errors.js';
import { printable } from '../printable.js';
import { verdictLine } from '../report/race-table.js';
import { simulationText } from '../report/simulation.js';
import { isRace } from '../scenario/scenario.js';
import type { Build } from '../toolchain/build.js';
import type { Result } from '../verify/result.js';
import { statusOf } from '../verify/status.js';
import { strategic } from '../verify/strategy.js';
import { type Cell, explorationText, type SimulateCellOptions, simulateCell } from '../verify/verify.js';
import { buildStages, type Context } from './context.js';
import {
  type BuildOptions,
  parseSeconds,
  parseSeed,
  positive,
  type ReportOptions,
  withBuildOptions,
  withReportOptions,
} from './options.js';
import { openOutput } from './output.js';
import { openScenario, wantedOf } from './selection.js';
import { endBySignal, interruptedStatus } from './signals.js';
import { stageOption, stagesFor } from './stages.js';
import { Status } from './status.js';
import { outputWidth, print } from './terminal.js';

interface SimulateOptions extends BuildOptions, ReportOptions {
  readonly stage?: readonly string[];
  readonly strategy?: Strategy;
  readonly preemptions?: number;
  readonly executions?: number;
  readonly time?: number;
  readonly steps?: number;
  readonly seed?: number;
  readonly untilForbidden?: true;
}

export function simulateCommand(command: Command, signal: AbortSignal): Command {
  return withReportOptions(
    withBuildOptions(
      command
        .command('simulate')
        .summary('explore every interleaving of a scenario')
        .description(
          'Explores the interleavings of the actors of a scenario: all that differ in more than the order of independent accesses,\n' +
            'by default. Each outcome comes with a schedule, which lostbit replay takes.',
        )
        .argument('<scenario>', 'a name of the catalogue, or a file of yours (.ts, .js)')
        .addOption(stageOption())
        .addOption(
          new Option(
            '--strategy <name>',
            'dpor: one execution a class of equivalent ones; dfs: every interleaving; random, pct: by chance (default: dpor; dfs with --preemptions)',
          ).choices(strategies),
        )
        .addOption(
          new Option('--preemptions <n>', 'only schedules with so many preemptions at most (dfs)').argParser(
            parseCount,
          ),
        )
        .addOption(new Option('--executions <n>', 'end after so many executions').argParser(positive(9)))
        .addOption(new Option('--time <time>', 'end after that time').argParser(parseSeconds))
        .addOption(
          new Option('--steps <n>', 'cut an execution short after so many steps').argParser(positive(9)),
        )
        .addOption(new Option('--seed <n>', 'random seed').argParser(parseSeed).default(1))
        .option('--until-forbidden', 'end as soon as something forbidden was seen'),
    ),
  ).action(async (name: string, options: SimulateOptions) => {
    process.exitCode = await simulate(name, options, signal);
  });
}

async function simulate(name: string, options: SimulateOptions, signal: AbortSignal): Promise<number> {
  const context: Context = {
    status: new Status(options.quiet === true),
    signal,
    verbose: options.verbose === true,
  };
  const named = await openScenario(name, options);
  const { scenario } = named;
  if (!isRace(scenario)) {
    throw new LostbitError('E_NO_RACE', `nothing in '${named.name}' happens at the same time`, {
      hint: `lostbit run ${printable(name)}`,
    });
  }
  const { time, ...asked } = options;
  const exploration = strategic({ ...asked, ...(time === undefined ? {} : { seconds: time }) });
  endBySignal();
  const stages = stagesFor(named, options.stage, context.status);
  const output = await openOutput(options.json);
  const builds = await buildStages(stages, (stage) => wantedOf(named, stage), options, context);

  const untilForbidden = options.untilForbidden ? { untilForbidden: true } : {};
  const results: Result[] = [];
  for (const stage of stages) {
    if (signal.aborted && results.length > 0) break;
    const cell: Cell = { ...named, stage };
    const result = await simulateStage(
      cell,
      builds.get(stage)!,
      { ...exploration, ...untilForbidden },
      context,
    );
    results.push(result);
    if (output.jsonAlone) continue;
    const view = { width: outputWidth(), verbose: context.verbose };
    const text = options.quiet ? [] : [simulationText(result, view)];
    text.push(verdictLine(result));
    if (result.reproduce !== null) text.push(`  reproduce: ${result.reproduce}`);
    print(`${text.join('\n')}\n`);
  }
  // What was found before an interruption was found; the report says that there may be more.
  await output.write(results);
  if (signal.aborted) return interruptedStatus;
  return statusOf(results);
}

async function simulateStage(
  cell: Cell,
  build: Build,
  options: SimulateCellOptions,
  { status, signal }: Context,
): Promise<Result> {
  const exploring = `exploring ${cell.name} at ${cell.stage}`;
  status.update(exploring);
  const simulation = new Simulation(build);
  const estimate = estimateOnce(status);
  try {
    return await simulateCell(cell, simulation, {
      ...options,
      signal,
      progress(now) {
        estimate(now);
        status.update(exploring, explorationText(now));
      },
    });
  } finally {
    status.clear();
    await simulation.close();
  }
}

/** Prints once how long a long exploration will take, beside the status line. */
function estimateOnce(status: Status): (now: ExploreProgress) => void {
  let printed = false;
  return (now) => {
    if (printed || now.done <= 0 || now.seconds < 1 || now.seconds / now.done - now.seconds < worthAnEstimate)
      return;
    printed = true;
    status.note(`estimate: ${explorationText(now)}`);
  };
}

/** Seconds to go that are worth a line. */
const worthAnEstimate = 2;

function parseCount(text: string): number {
  if (!/^\d{1,9}$/.test(text)) throw new InvalidArgumentError('Give a whole number.');
  return Number(text);
}
