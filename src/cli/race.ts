import { randomInt } from 'node:crypto';
import { type Command, Option } from 'commander';
import { catalogue } from '../../scenarios/index.js';
import type { Subject } from '../engine/engine.js';
import { countWorkers, stress } from '../engine/stress/stress.js';
import { ExitStatus } from '../errors.js';
import { compact, raceTable, verdictLine } from '../report/race-table.js';
import { type Report, type Result, reportSchemaId } from '../report/schema.js';
import { writable, writeWhole } from '../report/write.js';
import { verdictOf } from '../scenario/grade.js';
import { loadScenario } from '../scenario/load.js';
import { expectedVerdict } from '../scenario/scenario.js';
import { buildStages, type Context } from './context.js';
import {
  type BuildOptions,
  collectNames,
  parseSeconds,
  parseSeed,
  parseWorkers,
  withBuildOptions,
} from './options.js';
import { reproduction } from './reproduction.js';
import { endBySignal, interruptedStatus } from './signals.js';
import { Status } from './status.js';

interface RaceOptions extends BuildOptions {
  readonly stage?: readonly string[];
  readonly workers?: number;
  readonly time: number;
  readonly seed?: number;
  readonly json?: string | true;
  readonly quiet?: true;
  readonly verbose?: true;
}

export function raceCommand(command: Command, signal: AbortSignal): Command {
  return withBuildOptions(
    command
      .command('race')
      .summary('race a scenario on real threads')
      .description(
        'Races the actors of a scenario on real worker threads over one shared memory, and tallies what they leave behind.',
      )
      .argument('<scenario>', 'a name of the catalogue, or a file of yours (.ts, .js)')
      .addOption(
        new Option(
          '--stage <names>',
          'stages to race at, separated by commas (default: what the scenario names, or base)',
        ).argParser(collectNames),
      )
      .addOption(
        new Option('--time <time>', 'how long to race each stage').argParser(parseSeconds).default(5, '5s'),
      )
      .addOption(
        new Option('--workers <n>', 'threads, a multiple of the actors (default: one a processor)').argParser(
          parseWorkers,
        ),
      )
      .addOption(
        new Option('--seed <n>', 'where the random pauses start (default: drawn)').argParser(parseSeed),
      ),
  )
    .option('--json [file]', 'write the report as JSON, to standard output without a file')
    .option('-q, --quiet', 'no progress, and of the results the verdicts alone')
    .option('-v, --verbose', 'how each stage was built, too')
    .action(async (name: string, options: RaceOptions) => {
      process.exitCode = await race(name, options, signal);
    });
}

async function race(name: string, options: RaceOptions, signal: AbortSignal): Promise<number> {
  const context: Context = {
    status: new Status(options.quiet === true),
    signal,
    verbose: options.verbose === true,
  };
  const named = await loadScenario(name, catalogue);
  endBySignal();
  const stages = options.stage ?? [named.scenario.stage ?? 'base'];
  const seed = options.seed ?? randomInt(2 ** 32);
  const jsonAlone = options.json === true || options.json === '-';
  const target = options.json === undefined || jsonAlone ? null : await writable(String(options.json));
  countWorkers(named.scenario, options.workers);

  const builds = await buildStages(stages, options, context);
  const results: Result[] = [];
  for (const [stage, build] of builds) {
    if (signal.aborted) break;
    const result = await raceStage({ ...named, stage, build }, { ...options, seed }, context);
    results.push(result);
    if (jsonAlone) continue;
    const text = options.quiet ? [] : [raceTable(result, named.scenario.title)];
    text.push(verdictLine(result));
    if (result.verdict === 'fails') text.push(`  reproduce: ${reproduction(name, stage, options, seed)}`);
    console.log(`${text.join('\n')}\n`);
  }

  // Of a race that was cut short there is no report: half a file is worse than none.
  if (signal.aborted) return interruptedStatus;
  if (jsonAlone || target !== null) {
    const report: Report = { schema: reportSchemaId, results };
    const text = `${JSON.stringify(report, null, 2)}\n`;
    if (target === null) process.stdout.write(text);
    else await writeWhole(target, text);
  }
  const asExpected = results.every(({ verdict, expected }) => verdict === (expected ?? 'holds'));
  return asExpected ? ExitStatus.expected : ExitStatus.differs;
}

async function raceStage(
  subject: Subject,
  options: RaceOptions & { readonly seed: number },
  { status, signal }: Context,
): Promise<Result> {
  const { scenario, build, stage } = subject;
  const racing = `racing ${subject.name} at ${stage}`;
  status.update(racing);
  const raced = await stress(subject, {
    seconds: options.time,
    seed: options.seed,
    signal,
    ...(options.workers === undefined ? {} : { workers: options.workers }),
    progress: ({ seconds, samples, forbidden }) =>
      status.update(
        racing,
        `${seconds.toFixed(1)} of ${options.time} s, ${compact(samples)} samples (${compact(samples / seconds)}/s), ${compact(forbidden)} forbidden`,
      ),
  });
  status.clear();
  const { bitfieldAccess, optimize } = build.options;
  return {
    scenario: subject.name,
    fact: scenario.fact ?? null,
    stage,
    source: 'excerpt',
    engine: 'stress',
    toolchain: build.toolchain.name,
    toolchainVersion: build.toolchain.version,
    optimize,
    bitfieldAccess,
    workers: raced.workers,
    processors: raced.processors,
    pinned: raced.unpinned === null,
    unpinned: raced.unpinned,
    seed: options.seed,
    seconds: raced.seconds,
    samples: raced.samples,
    outcomes: [...raced.outcomes],
    violations: [...raced.violations],
    warnings: [...raced.warnings],
    verdict: verdictOf(raced.outcomes, raced.violations),
    exhaustive: false,
    interrupted: raced.interrupted,
    expected: expectedVerdict(scenario, stage, bitfieldAccess),
  };
}
