// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { existsSync } from 'node:fs';
import { relative, resolve, sep } from 'node:path';
import { type Command, Option } from 'commander';
import { ExitStatus, LostbitError } from '../errors.js';
import { hazardDifference } from '../hazards/difference.js';
import type { GuardReport } from '../hazards/guard-report.js';
import { keptSurvey } from '../hazards/kept-survey.js';
import { type HazardReport, hazardReport } from '../hazards/report.js';
import type { HazardSource } from '../hazards/source.js';
import { printable } from '../printable.js';
import { guardText } from '../report/guarded-by.js';
import { hazardJson } from '../report/hazard-json.js';
import { hazardDifferenceText, hazardReportText } from '../report/hazard-pairs.js';
import type { HazardDocument } from '../report/hazard-schema.js';
import { type KernelTree, openKernelTree } from '../source/kernel-tree.js';
import type { Stage } from '../source/stages.js';
import { openToolchain } from '../toolchain/find.js';
import { treePath } from '../toolchain/tree-path.js';
import type { Toolchain, ToolchainName } from '../toolchain/types.js';
import { openDocument } from './output.js';
import { type ReportOptions, withReportOptions } from './report-options.js';
import { endBySignal } from './signals.js';
import { Status } from './status.js';
import { print, printError, printPatch } from './terminal.js';

interface Options extends ReportOptions {
  readonly linux?: string;
  readonly series?: readonly string[];
  readonly stage?: string;
  readonly against?: string;
  readonly guardedBy?: boolean;
  readonly toolchain: ToolchainName;
}

export function hazardsCommand(command: Command, signal: AbortSignal): Command {
  return withReportOptions(
    command
      .command('hazards')
      .summary(
        'which bit-fields of any C can lose updates: who writes them, how code gets there, which locks it holds',
      )
      .description(
        'Reads C as a compiler does, without running it: every store of a bit-field, how its function is entered (ops, interrupts,\n' +
          'timers, work, sysfs, callers by name), and the locks that are held there on every way. Reports the pairs of fields that share\n' +
          'bytes and have writers that nothing is known to keep apart, the likeliest first, with what that takes.',
      )
      .argument('<path...>', 'C files or folders: of the kernel’s sources with --linux, or your own')
      .option('--linux <dir>', "a kernel's sources")
      .addOption(
        new Option(
          '--series <path>',
          'patches on them, or A..B of their git (several: give it again)',
        ).argParser((path: string, before: readonly string[] = []) => [...before, path]),
      )
      .option('--stage <name>', 'after which of the patches (default: all of them)')
      .option(
        '--against <stage or dir>',
        'what is new since a stage of the series, or since other sources; a pair that is new ends with status 1',
      )
      .option(
        '--guarded-by',
        'print a diff that annotates the fields whose writers all hold one lock, proved with clang’s context analysis (22 or newer)',
      )
      .addOption(
        new Option('--toolchain <name>', 'compiler: npm LLVM or the system clang')
          .choices(['llvm', 'clang'])
          .default('llvm'),
      ),
    'no progress',
  )
    .addHelpText(
      'after',
      `
Examples:
  lostbit hazards drivers/usb/core/hub.c --linux ~/linux
  lostbit hazards drivers/mmc sound/core --linux ~/linux --json hazards.json
  lostbit hazards drivers/usb --linux ~/linux --series fix.mbox --against tree
  lostbit hazards drivers/usb/core --linux ~/linux --guarded-by > guarded.patch
  lostbit hazards ./port.c`,
    )
    .action(async (paths: readonly string[], options: Options) => {
      process.exitCode = await hazards(paths, options, signal);
    });
}

async function hazards(paths: readonly string[], options: Options, signal: AbortSignal): Promise<number> {
  const header = paths.find((path) => path.endsWith('.h'));
  if (header !== undefined)
    throw new LostbitError(
      'E_USAGE',
      `'${printable(header)}' is a header, which is compiled with the files that include it`,
      {
        hint: 'name .c files, or a folder of them',
      },
    );
  if (options.guardedBy === true && options.against !== undefined)
    throw new LostbitError('E_USAGE', '--guarded-by is of one state of the sources, --against of two', {
      hint: 'ask for one of them at a time',
    });
  const output = await openDocument<HazardDocument>(options.json);
  endBySignal();
  const toolchain = await openToolchain(options.toolchain);
  const status = new Status(options.quiet ?? false);
  try {
    const asked = new Asked(paths, options, toolchain, status, signal);
    let now = await asked.report();
    if (options.guardedBy === true && now.report.units > 0) {
      const guards = await asked.guards(now);
      status.clear();
      await output.write(hazardJson(now.report, null, guards));
      if (!output.jsonAlone) printPatch(guards.diff);
      printError(guardText(guards, options.verbose ?? false));
      return ExitStatus.expected;
    }
    let before = options.against === undefined ? null : await asked.against(options.against);
    if (before !== null) [before, now] = [asComparable(before, now), asComparable(now, before)];
    status.clear();
    const difference =
      before === null ? null : hazardDifference(before.report, now.report, [before.name, now.name]);
    await output.write(hazardJson(now.report, difference));
    if (!output.jsonAlone)
      print(
        difference === null
          ? hazardReportText(now.report, options.verbose ?? false)
          : hazardDifferenceText(difference, options.verbose ?? false),
      );
    const empty = [now, ...(before === null ? [] : [before])].filter(({ report }) => report.units === 0);
    if (empty.length > 0) {
      if (output.jsonAlone)
        for (const { report } of empty) for (const { why } of report.refused) printError(printable(why));
      return ExitStatus.refused;
    }
    return (difference?.added.length ?? 0) > 0 ? ExitStatus.differs : ExitStatus.expected;
  } finally {
    status.clear();
    await toolchain.close();
  }
}

interface Named {
  readonly name: string;
  readonly report: HazardReport;
  /** The same with ways that end at members of structs. */
  readonly endingAtMembers: () => HazardReport;
  /** Where it comes from; opened when it is asked for. */
  readonly source: () => Promise<HazardSource>;
}

/** Ways to stores end at the same places in both of two that are compared. */
const asComparable = (one: Named, other: Named): Named =>
  other.report.endAtMembers && !one.report.endAtMembers ? { ...one, report: one.endingAtMembers() } : one;

/** What a command line asks about, at one state of the sources or another. */
class Asked {
  readonly #paths: readonly string[];
  readonly #options: Options;
  readonly #toolchain: Toolchain;
  readonly #status: Status;
  readonly #signal: AbortSignal;
  readonly #trees = new Map<string, Promise<KernelTree>>();

  constructor(
    paths: readonly string[],
    options: Options,
    toolchain: Toolchain,
    status: Status,
    signal: AbortSignal,
  ) {
    this.#paths = paths;
    this.#options = options;
    this.#toolchain = toolchain;
    this.#status = status;
    this.#signal = signal;
  }

  async report(): Promise<Named> {
    const { linux, stage } = this.#options;
    if (linux === undefined) return this.#ofFiles();
    if (this.#options.series === undefined && stage === undefined) return this.#ofTree(linux, null);
    const stages = await this.#stages(linux);
    const asked = stage === undefined ? stages.all.at(-1)! : stages.find(stage);
    return this.#ofTree(linux, asked.patches.length === 0 ? null : asked);
  }

  /** At a stage of the series, or of other sources. */
  async against(wanted: string): Promise<Named> {
    const { linux } = this.#options;
    if (linux === undefined)
      throw new LostbitError('E_USAGE', '--against compares stages of a kernel’s sources, or two of them', {
        hint: 'name the sources with --linux',
      });
    const stages = await this.#stages(linux);
    if (!existsSync(wanted) || stages.names.includes(wanted)) {
      const stage = stages.find(wanted);
      return this.#ofTree(linux, stage.patches.length === 0 ? null : stage);
    }
    return this.#ofTree(wanted, null);
  }

  /** Which lock guards which field, and what clang says of it. */
  async guards({ report, source }: Named): Promise<GuardReport> {
    const { guardReport } = await import('../hazards/guard-report.js');
    return guardReport(report, await source(), this.#toolchain, {
      signal: this.#signal,
      progress: (done, total, unit) => this.#status.update('proving annotations', `${done}/${total} ${unit}`),
    });
  }

  async #stages(linux: string) {
    // What reads mails is not loaded where there are none.
    const [{ readSeries }, { stagesOf }] = await Promise.all([
      import('../source/series.js'),
      import('../source/stages.js'),
    ]);
    const tree = await this.#tree(linux);
    const series = await Promise.all((this.#options.series ?? []).map((where) => readSeries(where, linux)));
    return stagesOf({ name: linux, title: linux, tree: tree.files, commit: tree.commit }, series, 'tree');
  }

  /** Opened once: what of it is read for a stage is what has to be unchanged. */
  #tree(dir: string): Promise<KernelTree> {
    const known = this.#trees.get(dir) ?? openKernelTree(dir);
    this.#trees.set(dir, known);
    return known;
  }

  async #ofFiles(): Promise<Named> {
    if (this.#options.series !== undefined)
      throw new LostbitError('E_USAGE', '--series needs --linux', {
        hint: 'name the sources that it is for',
      });
    const [{ unitsOfFiles }, { survey }] = await Promise.all([
      import('../hazards/source.js'),
      import('../hazards/survey.js'),
    ]);
    const source = await unitsOfFiles(this.#paths, process.cwd());
    const found = await survey(source, this.#toolchain, this.#doing());
    return {
      name: source.title,
      report: hazardReport(source, found),
      endingAtMembers: () => hazardReport(source, found, true),
      source: async () => source,
    };
  }

  async #ofTree(dir: string, stage: Stage | null): Promise<Named> {
    const tree = await this.#tree(dir);
    const paths = this.#paths.map((path) => pathIn(dir, path, tree.files));
    const patches = stage === null ? [] : stage.patches.map(({ text, strip }) => [text, strip ?? null]);
    let opened: Promise<HazardSource> | undefined;
    const open = () => {
      // What is kept is told without it.
      opened ??= import('../hazards/source.js').then(({ unitsOfTree }) =>
        unitsOfTree(tree, paths, stage === null ? tree.files : stage.tree),
      );
      return opened;
    };
    const { found, survey } = await keptSurvey(tree, [paths, patches], this.#toolchain, open, this.#doing());
    const name = stage === null ? found.title : `${found.title}, ${stage.name}`;
    const titled = { ...found, title: name };
    return {
      name,
      report: hazardReport(titled, survey),
      endingAtMembers: () => hazardReport(titled, survey, true),
      source: open,
    };
  }

  #doing() {
    const { verbose } = this.#options;
    return {
      signal: this.#signal,
      verbose: verbose === true,
      warn: (text: string) => this.#status.note(text.trimEnd()),
      progress: (done: number, total: number, unit: string) =>
        this.#status.update('reading stores of bit-fields', `${done}/${total} ${unit}`),
    };
  }
}

/** A path from the root of the sources: as it is given, or from where one stands. */
function pathIn(dir: string, path: string, files: { has(path: string): boolean }): string {
  const root = resolve(dir);
  const here = resolve(path);
  const inside = here === root || here.startsWith(root + sep);
  const given =
    inside && existsSync(here) && !files.has(path) ? relative(root, here).split(sep).join('/') || '.' : path;
  return given === '.' || given === './'
    ? '.'
    : treePath(given.replace(/^\.\//, '').replace(/\/+$/, ''), 'the tree', 'E_TREE');
}
