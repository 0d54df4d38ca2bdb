// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { randomInt } from 'node:crypto';
import { type Command, Option } from 'commander';
import pc from 'picocolors';
import { Replayer } from '../engine/replay/replay.js';
import { Simulation } from '../engine/simulate/simulation.js';
import { Track } from '../engine/stress/stress.js';
import { LostbitError } from '../errors.js';
import { printable } from '../printable.js';
import { excerptText } from '../report/excerpt.js';
import { differenceLines, fidelityJson, fidelitySummary, fidelityText } from '../report/fidelity.js';
import type { FidelityReport } from '../report/fidelity-schema.js';
import { readExternalResults } from '../report/result-file.js';
import { type ExpectedStage, isControl } from '../scenario/expectation.js';
import { isRace } from '../scenario/scenario.js';
import type { Build } from '../toolchain/build.js';
import { keyOfBuild } from '../verify/builds.js';
import { isUnfaithful } from '../verify/excerpt-result.js';
import type { ExternalResult } from '../verify/external.js';
import { compare, type Engines } from '../verify/fidelity.js';
import { type Fidelity, isDifference } from '../verify/fidelity-result.js';
import { statusOfDifferences } from '../verify/status.js';
import { type Cell, cellsOf } from '../verify/verify.js';
import { buildAll, type Context } from './context.js';
import { compareAsked, type Restating } from './excerpt.js';
import {
  type BuildOptions,
  collectNames,
  parseSeconds,
  positive,
  type ReportOptions,
  withBuildOptions,
  withReportOptions,
} from './options.js';
import { openDocument } from './output.js';
import { type Chosen, type ChosenCell, chosenOf, openAsked, openScenarios, wantedOf } from './selection.js';
import { endBySignal } from './signals.js';
import { Status } from './status.js';
import { print, printError } from './terminal.js';

interface Options extends BuildOptions, ReportOptions {
  readonly stage?: readonly string[];
  readonly time: number;
  readonly explore: number;
  readonly times: number;
  readonly with?: readonly string[];
}

export function fidelityCommand(command: Command, signal: AbortSignal): Command {
  return withReportOptions(
    withBuildOptions(
      command
        .command('fidelity')
        .summary("hold the engines against each other, or an excerpt against a kernel's sources")
        .description(
          'Explores scenarios, races them, replays a schedule of each outcome on real threads, and says outcome by outcome\n' +
            'where the engines differ; so too where results of other engines do (see docs/fidelity.md).\n\n' +
            "With --linux, holds the subject's own C against what it restates of a kernel's sources, at the stage that they\n" +
            'correspond to, in all scenarios: outcomes, violations, values, states, the order of calls, structs. Engines are\n' +
            'compared there as well where scenarios are named.',
        )
        .argument(
          '[scenario...]',
          "names of the subject's scenarios, or files of yours (default: all races of the subject; with --linux, all scenarios)",
        )
        .addOption(
          new Option(
            '--stage <names>',
            'stages, separated by commas (default: base, and the last of the series)',
          ).argParser(collectNames),
        )
        .addOption(
          new Option('--time <time>', 'how long to race, each').argParser(parseSeconds).default(2, '2s'),
        )
        .addOption(
          new Option('--explore <time>', 'how long to explore, each; most come to their end in a moment')
            .argParser(parseSeconds)
            .default(60, '60s'),
        )
        .addOption(
          new Option('--times <n>', 'repetitions of each schedule').argParser(positive(6)).default(20),
        )
        .addOption(
          new Option(
            '--with <file>',
            'results of another engine, or a report of lostbit; one file each',
          ).argParser((file: string, before: readonly string[] = []) => [...before, file]),
        ),
    ),
  ).action(async (names: readonly string[], options: Options) => {
    process.exitCode = await fidelity(names, options, signal);
  });
}

async function fidelity(names: readonly string[], options: Options, signal: AbortSignal): Promise<number> {
  const status = new Status(options.quiet === true);
  const context: Context = { status, signal, verbose: options.verbose === true };
  const started = performance.now();
  const seed = randomInt(2 ** 32);
  const { races: scenarios, restating } = await select(names, options);
  const subjects = [...new Set(scenarios.map(({ subject }) => subject))];
  const known = {
    scenarios: new Map([
      ...subjects.flatMap((subject) => Object.entries(subject.scenarios)),
      ...scenarios.map(({ name, scenario }) => [name, scenario] as const),
    ]),
    stages: [...new Set(subjects.flatMap(({ stages }) => stages.names))],
  };
  const others = (
    await Promise.all((options.with ?? []).map((file) => readExternalResults(file, known)))
  ).flat();
  endBySignal();
  const output = await openDocument<FidelityReport>(options.json);
  const cells = scenarios.flatMap((one) => cellsOf([one], options.stage ?? endsOf(one.subject.stages.all)));
  if (cells.length === 0 && restating === null) {
    throw new LostbitError('E_NO_CELLS', 'no scenario says anything of these stages', {
      hint: 'see lostbit list',
    });
  }
  const wanted = (cell: ChosenCell) => wantedOf(cell, cell.stage);
  const builds = await buildAll(cells.map(wanted), options, context);
  const buildOf = (cell: ChosenCell) => builds.get(keyOfBuild(wanted(cell)))!;
  const speaksOf =
    ({ name, stage }: Cell) =>
    (other: ExternalResult) =>
      other.scenario === name &&
      other.stage === stage &&
      (other.bitfieldAccess ?? options.bitfieldAccess) === options.bitfieldAccess;

  const results: Fidelity[] = [];
  for (const build of builds.values()) {
    await withEngines(build, async (engines) => {
      for (const cell of cells.filter((one) => buildOf(one) === build)) {
        const result = await compare(cell, engines, {
          seconds: options.time,
          explore: options.explore,
          times: options.times,
          seed,
          others: others.filter(speaksOf(cell)),
          signal,
          progress: (detail) =>
            status.update(
              'comparing',
              `${results.length}/${cells.length} ${cell.name} at ${cell.stage}: ${detail}`,
            ),
        });
        results.push(result);
        status.clear();
        if (output.jsonAlone) continue;
        const text = options.quiet ? differenceLines(result).join('\n') : `${fidelityText(result)}\n`;
        if (text !== '') print(text);
      }
    });
  }
  const excerpt = restating === null ? null : await compareAsked(restating, options, context);
  status.clear();
  if (excerpt !== null && excerpt.scenarios.length === 0)
    throw new LostbitError('E_NO_CELLS', 'no scenario applies to the excerpt and to the sources', {
      hint: 'lostbit tree DIR says which apply to the sources',
    });
  if (excerpt !== null && !output.jsonAlone) print(excerptText(excerpt, options));
  for (const other of others.filter((one) => !cells.some((cell) => speaksOf(cell)(one))))
    printError(pc.yellow(`warning: not compared: ${describeOther(other)}`));
  if (!output.jsonAlone && (results.length > 0 || excerpt === null))
    print(fidelitySummary(results, (performance.now() - started) / 1000));
  await output.write(fidelityJson(results, excerpt));
  return statusOfDifferences(
    results.some(({ rows, idle }) => rows.some(isDifference) || idle.length > 0) ||
      (excerpt !== null && isUnfaithful(excerpt)),
  );
}

/** The stages before and after the first series. */
function endsOf(stages: readonly ExpectedStage[]): string[] {
  const [base, first] = stages.filter((stage) => !isControl(stage));
  const last = stages.findLast((stage) => !isControl(stage) && stage.series === first?.series);
  return [...new Set([base, last].flatMap((stage) => stage?.name ?? []))];
}

interface Selection {
  /** For the engines: all races of the subject, or those that are asked for. */
  readonly races: readonly Chosen[];
  /** What is held against the excerpt. */
  readonly restating: Restating | null;
}

async function select(names: readonly string[], options: Options): Promise<Selection> {
  if (names.length === 0) {
    const subject = await openAsked(options);
    const all = Object.keys(subject.scenarios);
    if (subject.restated !== undefined) {
      if (options.stage !== undefined || (options.series ?? []).length > 0)
        throw new LostbitError('E_USAGE', 'the excerpt is held against the sources as they are', {
          hint: 'leave --stage and --series out, or name scenarios, of which the engines are compared there',
        });
      return { races: [], restating: { subject, names: all } };
    }
    const races = all.filter((name) => isRace(subject.scenarios[name]!));
    return { races: races.map((name) => chosenOf(subject, name, options)), restating: null };
  }
  const scenarios = await openScenarios(names, options);
  const restated = scenarios.filter(
    ({ name, scenario, subject }) => subject.restated !== undefined && subject.scenarios[name] === scenario,
  );
  const races = scenarios.filter(({ scenario }) => isRace(scenario));
  for (const one of scenarios) {
    if (races.includes(one) || restated.includes(one)) continue;
    throw new LostbitError('E_NO_RACE', `nothing in '${one.name}' happens at the same time`, {
      hint: `lostbit run ${printable(one.origin)}`,
    });
  }
  const [first] = restated;
  const restating =
    first === undefined ? null : { subject: first.subject, names: restated.map(({ name }) => name) };
  return { races, restating };
}

/** Opens the engines of a build, and ends their threads whatever happens. */
async function withEngines(build: Build, work: (engines: Engines) => Promise<void>): Promise<void> {
  const [simulation, track, replayer] = [new Simulation(build), new Track(build), new Replayer(build)];
  try {
    await work({ simulation, track, replayer });
  } finally {
    await Promise.all([simulation.close(), track.close(), replayer.close()]);
  }
}

function describeOther({ file, scenario, stage, bitfieldAccess }: ExternalResult): string {
  const access = bitfieldAccess === null ? '' : `, bit-field access ${bitfieldAccess}`;
  return `${scenario} at ${stage}${access}, of ${file}`;
}
