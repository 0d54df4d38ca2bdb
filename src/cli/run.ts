// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { type Command, InvalidArgumentError, Option } from 'commander';
import pc from 'picocolors';
import type { Fault } from '../engine/run/run.js';
import { Session } from '../engine/run/session.js';
import { LostbitError } from '../errors.js';
import { offer } from '../nearest.js';
import { printable } from '../printable.js';
import { verdictLine } from '../report/race-table.js';
import { sequenceTrace, setupLine, violationLines } from '../report/trace.js';
import { isLayout, isRace, isSequence, sequencesOf } from '../scenario/scenario.js';
import { orderName, ordersOf } from '../scenario/turns.js';
import type { Build } from '../toolchain/build.js';
import { isFailure } from '../verify/judge.js';
import type { Result } from '../verify/result.js';
import { statusOf } from '../verify/status.js';
import { type Cell, layoutCell, runCell } from '../verify/verify.js';
import { buildStages, type Context } from './context.js';
import { type BuildOptions, type ReportOptions, withBuildOptions, withReportOptions } from './options.js';
import { openOutput } from './output.js';
import { openScenario, wantedOf } from './selection.js';
import { endBySignal, interruptedStatus } from './signals.js';
import { stageOption, stagesFor } from './stages.js';
import { Status } from './status.js';
import { print } from './terminal.js';

interface RunOptions extends BuildOptions, ReportOptions {
  readonly stage?: readonly string[];
  readonly sequence?: string;
  readonly fault?: Fault;
}

export function runCommand(command: Command, signal: AbortSignal): Command {
  return withReportOptions(
    withBuildOptions(
      command
        .command('run')
        .summary('run a scenario whose steps come one after the other')
        .description(
          `Runs the sequences of a scenario step by step, and shows what each step returned and the violations in it.
Of a scenario whose actors act at the same time it runs one actor after the other, each to its end, in every order.`,
        )
        .argument('<scenario>', 'a name of the catalogue, or a file of yours (.ts, .js)')
        .addOption(stageOption())
        .option('--sequence <name>', 'this one alone, of several')
        .addOption(
          new Option(
            '--fault <function:n>',
            'have the n-th call of a function of the kernel fail, once, instead of sweeping over all',
          ).argParser(parseFault),
        ),
    ),
  ).action(async (name: string, options: RunOptions) => {
    process.exitCode = await runScenario(name, options, signal);
  });
}

/** `kmalloc:1`; the number can be left out. */
function parseFault(text: string, before?: Fault): Fault {
  if (before !== undefined) throw new InvalidArgumentError('Give it once; a scenario can have several.');
  const [, name = '', nth = '1'] = /^(\w+)(?::([1-9]\d{0,8}))?$/.exec(text) ?? [];
  if (name === '') throw new InvalidArgumentError('Give a function and which of its calls, as kmalloc:3.');
  return { function: name, nth: Number(nth) };
}

async function runScenario(name: string, options: RunOptions, signal: AbortSignal): Promise<number> {
  const context: Context = {
    status: new Status(options.quiet === true),
    signal,
    verbose: options.verbose === true,
  };
  const named = await openScenario(name, options);
  const { scenario } = named;
  if (isRace(scenario)) {
    checkSequence(options.sequence, ordersOf(scenario).map(orderName));
    if (options.fault !== undefined)
      throw new LostbitError(
        'E_NO_SEQUENCE',
        `'${named.name}' has actors, and no sequence that a fault is for`,
        {
          hint: "write it as 'faults' of the scenario",
        },
      );
  } else if (isSequence(scenario)) checkSequence(options.sequence, Object.keys(sequencesOf(scenario)));
  else if (options.sequence !== undefined || options.fault !== undefined) {
    throw new LostbitError('E_NO_SEQUENCE', `nothing happens in '${named.name}': it looks at a layout`, {
      hint: 'leave --sequence and --fault out',
    });
  }
  endBySignal();
  const stages = stagesFor(named, options.stage, context.status);
  const output = await openOutput(options.json);
  const builds = await buildStages(stages, (stage) => wantedOf(named, stage), options, context);

  const results: Result[] = [];
  for (const stage of stages) {
    if (signal.aborted) break;
    const cell: Cell = { ...named, stage };
    const build = builds.get(stage)!;
    const loud = !output.jsonAlone && !options.quiet;
    const result = isLayout(scenario)
      ? layoutCell(cell, build)
      : await runSequences(cell, build, options, context);
    results.push(result);
    if (output.jsonAlone) continue;
    if (loud) print(`${pc.bold(named.name)} at ${pc.bold(stage)}: ${scenario.title}`);
    if (loud && isRace(scenario))
      print(pc.dim('  one actor after the other; race and simulate have them act at the same time'));
    if (loud && !isLayout(scenario))
      printRuns(result, context.verbose || isRace(scenario) || !scenario.sweepFaults);
    if (loud && isLayout(scenario))
      for (const line of result.violations.flatMap(violationLines)) print(`  ${line}`);
    for (const warning of result.warnings) print(pc.yellow(`  warning: ${warning}`));
    print(verdictLine(result));
    if (result.reproduce !== null) print(`  reproduce: ${result.reproduce}`);
    print();
  }
  if (signal.aborted) return interruptedStatus;
  await output.write(results);
  return statusOf(results);
}

async function runSequences(
  cell: Cell,
  build: Build,
  options: RunOptions,
  { status, signal }: Context,
): Promise<Result> {
  const session = new Session(build, { signal });
  try {
    const running = `running ${cell.name} at ${cell.stage}`;
    const progress = (runs: number) => status.update(running, `${runs} sequences`);
    const only = { ...options, progress };
    return await runCell(cell, build, session, signal, only);
  } finally {
    status.clear();
    await session.close();
  }
}

/** @param all whether to print all sequences: of a sweep only those that fail are worth reading. */
function printRuns(result: Result, all: boolean): void {
  print(setupLine(result));
  const worth = result.runs.filter((run) => all || isFailure(run));
  for (const run of worth.length > 0 ? worth : result.runs.slice(0, 1)) print(`${sequenceTrace(run)}\n`);
}

function checkSequence(asked: string | undefined, known: readonly string[]): void {
  if (asked === undefined || known.includes(asked)) return;
  throw new LostbitError('E_UNKNOWN_SEQUENCE', `the scenario has no sequence '${printable(asked)}'`, {
    hint: known.every((name) => name === '') ? 'it has but one, without a name' : offer(asked, known),
  });
}
