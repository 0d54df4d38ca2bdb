// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { type Command, Option } from 'commander';
import pc from 'picocolors';
import { checkScheduleBuild, readSchedule, scheduleDigest } from '../engine/schedule.js';
import { LostbitError } from '../errors.js';
import { replayText } from '../report/replay.js';
import { isRace } from '../scenario/scenario.js';
import { findStage } from '../source/find-stage.js';
import { replaySchedule } from '../verify/replayed.js';
import type { Result } from '../verify/result.js';
import { statusOfDifferences } from '../verify/status.js';
import { buildStages, type Context } from './context.js';
import {
  type BuildOptions,
  positive,
  type ReportOptions,
  withBuildOptions,
  withReportOptions,
} from './options.js';
import { openOutput } from './output.js';
import { openScenario, wantedOf } from './selection.js';
import { endBySignal, interruptedStatus } from './signals.js';
import { Status } from './status.js';
import { outputWidth, print, printError } from './terminal.js';

interface ReplayOptions extends Omit<BuildOptions, 'bitfieldAccess'>, ReportOptions {
  readonly times: number;
}

export function replayCommand(command: Command, signal: AbortSignal): Command {
  return withReportOptions(
    withBuildOptions(
      command
        .command('replay')
        .summary('run one schedule, simulated and on real threads')
        .description(
          'Runs a schedule that lostbit simulate has found: once in the simulator, which shows it access by access, and then\n' +
            'on real threads, where each waits for its turn before every access. Both must come to the same outcome.',
        )
        .argument('<schedule>', 'the schedule, or a file that holds one')
        .addOption(
          new Option('--times <n>', 'how often on real threads').argParser(positive(7)).default(100),
        ),
      { bitfieldAccess: false },
    ),
  ).action(async (schedule: string, options: ReplayOptions) => {
    process.exitCode = await replay(schedule, options, signal);
  });
}

async function replay(text: string, options: ReplayOptions, signal: AbortSignal): Promise<number> {
  const context: Context = {
    status: new Status(options.quiet === true),
    signal,
    verbose: options.verbose === true,
  };
  const { status } = context;
  const schedule = await readSchedule(text);
  const named = await openScenario(schedule.origin, options);
  const { scenario } = named;
  if (!isRace(scenario)) {
    throw new LostbitError('E_NO_RACE', `nothing in '${named.name}' happens at the same time`, {
      hint: 'a schedule is of a scenario with actors',
    });
  }
  endBySignal();
  const output = await openOutput(options.json);
  const { bitfieldAccess } = schedule;
  const { name: stage } = findStage(named.of.stages, schedule.stage);
  const builds = await buildStages(
    [stage],
    (one) => wantedOf(named, one),
    { ...options, bitfieldAccess },
    context,
  );
  const build = builds.get(stage)!;
  checkScheduleBuild(schedule, scheduleDigest(build.key, scenario));

  const tested = { ...named, scenario, stage, build };
  const replaying = `replaying ${named.name} at ${stage}`;
  status.update(replaying);
  let result: Result;
  try {
    result = await replaySchedule(tested, schedule.runs, {
      times: options.times,
      signal,
      progress: ({ done }) => status.update(replaying, `${done}/${options.times} on real threads`),
    });
  } finally {
    status.clear();
  }
  if (signal.aborted) {
    printError(`interrupted, ${result.replayed!.times} of ${options.times} times on real threads`);
    return interruptedStatus;
  }

  const { differences } = result.replayed!;
  if (!output.jsonAlone) {
    const view = { width: outputWidth(), verbose: context.verbose };
    if (!options.quiet) print(replayText(result, view));
    for (const difference of differences) print(pc.red(`✗ ${difference}`));
    if (differences.length === 0)
      print(`${pc.green('✓')} the same outcome, ${options.times} of ${options.times} times on real threads`);
  }
  await output.write([result]);
  return statusOfDifferences(differences.length > 0);
}
