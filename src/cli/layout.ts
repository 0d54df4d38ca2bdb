// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { type Command, Option } from 'commander';
import pc from 'picocolors';
import { ExitStatus, LostbitError } from '../errors.js';
import { type ComparedLayout, compareLayouts } from '../layout/compare.js';
import { hazardChange } from '../layout/hazards.js';
import type { StructLayout } from '../layout/struct-layout.js';
import { type Suggestion, suggestLayout } from '../layout/suggest.js';
import { targetNames, targetOf } from '../layout/targets.js';
import type { ByteRange } from '../layout/types.js';
import { byteMap } from '../report/byte-map.js';
import { comparisonJson, comparisonText } from '../report/comparison.js';
import { justificationText } from '../report/field-uses.js';
import { hazardChangeText } from '../report/hazards.js';
import { type LayoutDocument, layoutJson, layoutSchemaId, suggestionJson } from '../report/layout-schema.js';
import { structC } from '../report/struct-c.js';
import { flagsOf, incompleteText, structReport, writerClasses } from '../report/struct-report.js';
import { suggestionText } from '../report/suggestion.js';
import { writable, writeWhole } from '../report/write.js';
import type { Subject } from '../subject/open.js';
import { replayAgain } from '../verify/reproduction.js';
import type { Context } from './context.js';
import { type FoundLayout, LayoutFinder, type LayoutOrigin } from './find-layouts.js';
import { type BuildOptions, type ReportOptions, withBuildOptions, withReportOptions } from './options.js';
import { openDocument } from './output.js';
import { openAsked } from './selection.js';
import { endBySignal } from './signals.js';
import { Status } from './status.js';
import { print } from './terminal.js';

interface LayoutOptions extends BuildOptions, ReportOptions {
  readonly stage?: string;
  readonly against?: string;
  readonly target?: string;
  readonly btf?: string;
  readonly base?: string;
  readonly svg?: string;
  readonly c?: true;
  readonly justify?: true;
  readonly suggest?: true;
}

export function layoutCommand(command: Command, signal: AbortSignal): Command {
  return withReportOptions(
    withBuildOptions(
      command
        .command('layout')
        .summary('what a struct declares, what compiled code touches of it, and which updates can be lost')
        .description(
          'Shows a struct as pahole does, and of each field the storage unit that it is declared in, the bytes that compiled ' +
            'code reads and writes for it, and its C11 memory location. Runs all scenarios to see who writes which field, ' +
            'holding what, and reports which updates can be lost to a write of a neighbour.',
        )
        .argument('<struct>', 'its tag')
        .option('--stage <name>', 'whose C: base, p1, … (default: base)')
        .option('--against <stage or file>', 'compare with this one; a hazard that is new ends with status 1')
        .addOption(
          new Option(
            '--target <machine>',
            'whose layout; on others than wasm32 by the compiler alone (default: wasm32, or what the file is for)',
          ).choices(targetNames),
        )
        .option(
          '--btf <file>',
          'the layout out of a kernel module, an object, a WebAssembly module or bare BTF; with --stage: and who writes it there',
        )
        .option(
          '--base <file>',
          "what a module's BTF builds upon, as /sys/kernel/btf/vmlinux (found automatically for files in /sys/kernel/btf)",
        )
        .option('--svg <file>', 'draw it too: a row a cache line, fields by who writes them')
        .addOption(
          new Option('--c', 'print the struct as C, and nothing else').conflicts(['json', 'against']),
        )
        .addOption(
          new Option(
            '--justify',
            "print what a patch's changelog says of its flags, and nothing else",
          ).conflicts(['json', 'against', 'c']),
        )
        .addOption(
          new Option('--suggest', 'suggest an order of its fields in which no update is lost').conflicts([
            'against',
            'c',
            'justify',
          ]),
        ),
    ),
    'no progress',
  )
    .addHelpText(
      'after',
      `
Examples:
  lostbit layout port --subject ./port.ts
  lostbit layout port --subject ./port.ts --series fix.patch --target x86_64 --against p1
  lostbit layout port --subject ./port.ts --justify
  lostbit layout sk_buff --btf /sys/kernel/btf/vmlinux`,
    )
    .action(async (name: string, options: LayoutOptions) => {
      // As C says it, too.
      const tag = name.replace(/^(struct|union)\s+/, '');
      process.exitCode = await show(tag, options, signal);
    });
}

async function show(tag: string, options: LayoutOptions, signal: AbortSignal): Promise<number> {
  const status = new Status(options.quiet ?? false);
  const context: Context = { status, signal, verbose: options.verbose ?? false };
  const target = options.target === undefined ? undefined : targetOf(options.target);
  const subject = await openAsked(options);
  const origin = originOf(options, subject);
  const other = options.against === undefined ? null : againstOf(options.against, subject);
  const output = await openDocument<LayoutDocument>(options.json);
  const drawing = options.svg === undefined ? null : await writable(options.svg);
  endBySignal();
  const { target: _, ...building } = options;
  const layouts = new LayoutFinder(
    { ...building, tag, spans: !options.c, ...(target && { target }) },
    context,
  );
  try {
    const [found, against] = await both(layouts, origin, other, options);
    // All that can still fail comes before the first file is written.
    const json = jsonOf(found, options);
    const suggestion = suggested(found, options);
    if (drawing !== null) await writeWhole(drawing, drawn(found));
    status.clear();
    if (against === null) {
      await output.write({
        schema: layoutSchemaId,
        ...json,
        ...(suggestion && { suggestion: suggestionJson(suggestion, found.layout.target) }),
      });
      if (!output.jsonAlone) print(textOf(found, options));
      return ExitStatus.expected;
    }
    const comparison = compareLayouts(compared(found.layout), compared(against.layout));
    const names = { before: found.layout.name, after: against.layout.name };
    const hazards =
      found.driver && against.driver
        ? hazardChange(found.driver.hazards, against.driver.hazards, against.driver.pairs)
        : null;
    await output.write({
      schema: layoutSchemaId,
      ...json,
      against: {
        layout: jsonOf(against, options),
        comparison: { ...comparisonJson(comparison, names) },
        hazards: hazards && {
          gone: hazards.gone.map(({ fields }) => [...fields]),
          added: hazards.added.map(({ fields }) => [...fields]),
        },
      },
    });
    if (!output.jsonAlone) {
      print(comparisonText(comparison, names));
      if (found.layout.incomplete || against.layout.incomplete) print(pc.yellow(incompleteText));
      if (hazards !== null) {
        const unseen = against.driver?.pairs.filter(({ verdict }) => verdict === 'unseen') ?? [];
        print(`\n${hazardChangeText(hazards, unseen, names, replayOf(against))}`);
      } else print('\nhazards: not examined; --stage chooses the code to run');
    }
    return (hazards?.added.length ?? 0) > 0 ? ExitStatus.differs : ExitStatus.expected;
  } finally {
    status.clear();
    await layouts.close();
  }
}

/** Files first: a stage is laid out for the machine of the file that it is compared with. */
async function both(
  layouts: LayoutFinder,
  origin: LayoutOrigin,
  other: LayoutOrigin | null,
  { stage, c }: LayoutOptions,
): Promise<[FoundLayout, FoundLayout | null]> {
  // A file that is compared with a stage is asked for that stage's hazards.
  const stages = [origin, other].flatMap((one) => (one !== null && 'stage' in one ? [one.stage] : []));
  const whose = stage ?? stages[0] ?? null;
  const find = (one: LayoutOrigin) =>
    'file' in one ? layouts.ofFile(one.file, whose) : layouts.ofStage(one.stage, !c);
  if (other !== null && 'file' in other) {
    const against = await find(other);
    return [await find(origin), against];
  }
  const found = await find(origin);
  return [found, other === null ? null : await find(other)];
}

function originOf(
  { btf, stage, base, justify, suggest }: LayoutOptions,
  { stages }: Pick<Subject, 'stages'>,
): LayoutOrigin {
  const asked = stage === undefined ? undefined : stages.find(stage).name;
  if (btf !== undefined) {
    if (asked === undefined && (justify || suggest)) {
      throw new LostbitError('E_NO_WRITERS', 'a file does not say who writes the fields', {
        hint: 'say by --stage whose code does, as in --stage base',
      });
    }
    return { file: btf };
  }
  if (base !== undefined)
    throw new LostbitError('E_USAGE', '--base goes with --btf', { hint: 'give the module by --btf' });
  return { stage: asked ?? stages.first.name };
}

/** What has no point and no slash in it is meant for a stage. */
const againstOf = (name: string, { stages }: Pick<Subject, 'stages'>): LayoutOrigin =>
  stages.names.includes(name) || /^\w+$/.test(name) ? { stage: stages.find(name).name } : { file: name };

function textOf(found: FoundLayout, options: LayoutOptions): string {
  const { layout, driver } = found;
  if (options.c) return structC(layout.struct, layout.target).trimEnd();
  const suggestion = suggested(found, options);
  if (suggestion !== null) return suggestionText(suggestion, layout.target);
  if (options.justify) return justificationText(flagsOf(layout), driver?.uses ?? []);
  return structReport(layout, driver, {
    replay: replayOf(found),
    access: options.bitfieldAccess,
    verbose: options.verbose ?? false,
  });
}

/** An order in which fields that are written at run time are apart. Throws `E_NO_SUGGESTION`. */
function suggested({ layout, driver }: FoundLayout, { suggest }: LayoutOptions): Suggestion | null {
  if (!suggest || driver === null) return null;
  const flags = new Set(flagsOf(layout));
  const own = driver.uses.filter((use) => use.class === 'run time' && flags.has(use.path));
  return suggestLayout(layout.struct, layout.target, new Set(own.map(({ path }) => path)));
}

const replayOf =
  ({ build, of }: FoundLayout) =>
  (schedule: string) =>
    build === null ? `npx lostbit replay ${schedule}` : replayAgain(schedule, of, build);

function drawn({ layout, driver }: FoundLayout): string {
  const { struct, target, name } = layout;
  const title = `${struct.kind} ${struct.name}: ${name}, ${target.name ?? 'unknown machine'}`;
  return byteMap(struct, { target, title, classes: driver === null ? [] : writerClasses(layout, driver) });
}

const jsonOf = ({ layout, driver }: FoundLayout, { bitfieldAccess }: LayoutOptions) =>
  layoutJson(layout, driver, bitfieldAccess);

function compared({ struct, target, spans }: StructLayout): ComparedLayout {
  const known = [...(spans ?? [])].flatMap(([path, { span }]): [string, ByteRange][] =>
    span === null ? [] : [[path, span]],
  );
  return {
    struct,
    littleEndian: target.littleEndian,
    ...(spans === null ? {} : { spans: new Map(known) }),
  };
}
