// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import pc from 'picocolors';
import { fieldsOf } from '../layout/fields.js';
import type { DriverUse, StructLayout } from '../layout/struct-layout.js';
import { isFlag } from '../layout/struct-layout.js';
import type { FieldClass } from './byte-map.js';
import { fieldUseTable, lockText } from './field-uses.js';
import { hazardsText, type ReplayCommand, sharedPairsText } from './hazards.js';
import { paholeWithSpans } from './pahole-spans.js';

export interface StructReportOptions {
  readonly replay: ReplayCommand;
  readonly access: string;
  /** The use of every field, not of flags alone. */
  readonly verbose: boolean;
}

/** A struct's layout, who writes its flags, and which updates can be lost. */
export function structReport(
  layout: StructLayout,
  driver: DriverUse | null,
  { replay, access, verbose }: StructReportOptions,
): string {
  const { struct, target, saysAlignment, given } = layout;
  const spans = layout.spans === null ? {} : { spans: spanColumn(layout.spans) };
  const gcc = layout.gccSpans === null ? {} : { gccSpans: spanColumn(layout.gccSpans) };
  const parts = [
    pc.dim(
      `${layout.name}, ${target.name ?? 'unknown machine'}${layout.spans === null ? '' : `, bit-field access: ${access}`}`,
    ),
    paholeWithSpans(struct, { target, saysAlignment, ...spans, ...gcc }).trimEnd(),
  ];
  if (struct.leftOut !== undefined)
    parts.push(pc.yellow(struct.leftOut.map((what) => `left out: ${what}`).join('\n')));
  if (layout.incomplete) parts.push(pc.yellow(incompleteText));
  if (given.length > 0) {
    const sizes = given.map(({ type, size }) => `${type} ${size}`).join(', ');
    const kernel = "a 6.12 kernel of x86_64's default configuration";
    parts.push(pc.dim(`sizes taken from ${kernel}, not compiled: ${sizes}`));
  }
  if (driver !== null) parts.push('', driverText(layout, driver, replay, verbose));
  return parts.join('\n');
}

/** The note on a module's BTF without its kernel's. */
export const incompleteText =
  "without its kernel's BTF (--base) some things are unknown: types shown as /* type N */, whose sizes are guessed from the room,\n" +
  'names that read ?, and which bytes compiled code accesses';

function driverText(
  layout: StructLayout,
  { stage, uses, hazards, pairs, accesses }: DriverUse,
  replay: ReplayCommand,
  verbose: boolean,
): string {
  const { ran, explored, bounded } = accesses;
  const flags = flagsOf(layout);
  const shown = verbose ? uses : uses.filter(({ path }) => flags.includes(path));
  const unseen = flags.filter((path) => !uses.some((use) => use.path === path));
  const parts = [
    `${pc.bold('writers')} at ${stage}: ${ran.length} ${ran.length === 1 ? 'scenario' : 'scenarios'} run, every interleaving of ${explored.length} of them explored`,
    ...(bounded.length > 0 ? [pc.yellow(`not to the end: ${bounded.join(', ')}`)] : []),
    ...(shown.length > 0 ? [fieldUseTable(shown)] : []),
    ...(unseen.length > 0 ? [pc.dim(`written in no scenario: ${unseen.join(', ')}`)] : []),
    '',
    `${pc.bold('hazards')} at ${stage}`,
    hazardsText(hazards, pairs, replay),
  ];
  if (pairs.length > 0)
    parts.push(
      '',
      `${pc.bold('pairs')} that share bytes and are written at run time`,
      sharedPairsText(pairs),
    );
  return parts.join('\n');
}

const spanColumn = (spans: NonNullable<StructLayout['spans']>) =>
  new Map(
    [...spans].flatMap(([path, { span, read }]) =>
      (span ?? read) === null ? [] : [[path, (span ?? read)!] as const],
    ),
  );

/** The paths of a struct's flags. */
export const flagsOf = ({ struct, target }: StructLayout): string[] =>
  fieldsOf(struct, target.littleEndian)
    .filter(isFlag)
    .map(({ path }) => path);

/** A layout's flags by who writes them, for a byte map. */
export function writerClasses(layout: StructLayout, driver: DriverUse): FieldClass[] {
  const flags = new Set(flagsOf(layout));
  const classes = new Map<string, Set<string>>();
  for (const { path, class: use, writers, locks } of driver.uses.filter((one) => flags.has(one.path))) {
    const running = writers.filter(({ phase }) => phase === 'run time');
    const contexts = [...new Set(running.map(({ context }) => context))].join(' and ');
    const held = locks.map((name) => ({ name, shared: false }));
    const label = use === 'run time' ? `run time, ${contexts}, ${lockText(held)}` : use;
    classes.set(label, (classes.get(label) ?? new Set()).add(path));
  }
  return [...classes].map(([label, fields]) => ({ label, fields }));
}
