// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { randomInt } from 'node:crypto';
import { type Command, Option } from 'commander';
import { countWorkers, Track } from '../engine/stress/stress.js';
import { LostbitError } from '../errors.js';
import { printable } from '../printable.js';
import { compact, raceTable, verdictLine } from '../report/race-table.js';
import { isRace } from '../scenario/scenario.js';
import type { Build } from '../toolchain/build.js';
import type { Result } from '../verify/result.js';
import { statusOf } from '../verify/status.js';
import { type Cell, raceCell } from '../verify/verify.js';
import { buildStages, type Context } from './context.js';
import {
  type BuildOptions,
  parseSeconds,
  parseSeed,
  parseWorkers,
  type ReportOptions,
  withBuildOptions,
  withReportOptions,
} from './options.js';
import { openOutput } from './output.js';
import { openScenario, wantedOf } from './selection.js';
import { endBySignal, interruptedStatus } from './signals.js';
import { stageOption, stagesFor } from './stages.js';
import { Status } from './status.js';
import { print } from './terminal.js';

interface RaceOptions extends BuildOptions, ReportOptions {
  readonly stage?: readonly string[];
  readonly workers?: number;
  readonly time: number;
  readonly seed?: number;
}

export function raceCommand(command: Command, signal: AbortSignal): Command {
  return withReportOptions(
    withBuildOptions(
      command
        .command('race')
        .summary('race a scenario on real threads')
        .description(
          'Races the actors of a scenario on real worker threads over one shared memory, and tallies what they leave behind.',
        )
        .argument('<scenario>', 'a name of the catalogue, or a file of yours (.ts, .js)')
        .addOption(stageOption())
        .addOption(
          new Option('--time <time>', 'how long to race each stage').argParser(parseSeconds).default(5, '5s'),
        )
        .addOption(
          new Option(
            '--workers <n>',
            'threads, a multiple of the actors (default: one a processor)',
          ).argParser(parseWorkers),
        )
        .addOption(
          new Option('--seed <n>', 'where the random pauses start (default: drawn)').argParser(parseSeed),
        ),
    ),
  ).action(async (name: string, options: RaceOptions) => {
    process.exitCode = await race(name, options, signal);
  });
}

async function race(name: string, options: RaceOptions, signal: AbortSignal): Promise<number> {
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
  endBySignal();
  const stages = stagesFor(named, options.stage, context.status);
  const seed = options.seed ?? randomInt(2 ** 32);
  const output = await openOutput(options.json);
  countWorkers(scenario, options.workers);

  const builds = await buildStages(stages, (stage) => wantedOf(named, stage), options, context);
  const results: Result[] = [];
  for (const stage of stages) {
    if (signal.aborted) break;
    const cell: Cell = { ...named, stage };
    const result = await raceStage(cell, builds.get(stage)!, { ...options, seed }, context);
    results.push(result);
    if (output.jsonAlone) continue;
    const text = options.quiet ? [] : [raceTable(result)];
    text.push(verdictLine(result));
    if (result.reproduce !== null) text.push(`  reproduce: ${result.reproduce}`);
    print(`${text.join('\n')}\n`);
  }

  // Of a race that was cut short there is no report: half a file is worse than none.
  if (signal.aborted) return interruptedStatus;
  await output.write(results);
  return statusOf(results);
}

async function raceStage(
  cell: Cell,
  build: Build,
  { time, seed, workers }: RaceOptions & { readonly seed: number },
  { status, signal }: Context,
): Promise<Result> {
  const racing = `racing ${cell.name} at ${cell.stage}`;
  status.update(`setting up ${cell.name} at ${cell.stage}`);
  const options = { seconds: time, seed, ...(workers === undefined ? {} : { workers }) };
  const track = new Track(build);
  const result = await raceCell(cell, track, options, signal, ({ seconds, samples, forbidden }) =>
    status.update(
      racing,
      `${seconds.toFixed(1)} of ${time} s, ${compact(samples)} samples (${compact(samples / seconds)}/s), ${compact(forbidden)} forbidden`,
    ),
  ).finally(() => track.close());
  status.clear();
  return result;
}
