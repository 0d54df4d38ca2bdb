// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { LostbitError } from '../../src/errors.js';
import { type FieldAccess, fieldAccesses, type HeldLock } from '../../src/hazards/contexts.js';
import { type HazardReport, hazardReport } from '../../src/hazards/report.js';
import type { HazardSource } from '../../src/hazards/source.js';
import { survey } from '../../src/hazards/survey.js';
import { DebugInfo } from '../../src/layout/debug-info.js';
import { fieldsOf } from '../../src/layout/fields.js';
import { type Hazard, hazardsOf } from '../../src/layout/hazards.js';
import { bare, type StructType, type Type } from '../../src/layout/types.js';
import { type DriverAccesses, type DriverWrite, FieldFinder } from '../../src/layout/writes.js';
import { readOwnC } from '../../src/source/own-c.js';
import type { Subject } from '../../src/subject/open.js';
import type { Build } from '../../src/toolchain/build.js';
import type { BitfieldAccess, FileTree } from '../../src/toolchain/types.js';
import { buildAll, keyOfBuild, programFor } from '../../src/verify/builds.js';
import { keptAccesses } from '../../src/verify/kept-accesses.js';
import { chosenOf, wantedAt, wantedOf } from '../../src/verify/selection.js';
import { cellsOf } from '../../src/verify/verify.js';
import { quickest, toolchain } from '../support/race.js';

/** A subject at a stage: what the analysis of its C says, and what was recorded while it ran. */
export interface Looked {
  readonly report: HazardReport;
  readonly ways: readonly FieldAccess[];
  /** Every recorded write of bit-fields. */
  readonly stores: readonly RecordedStore[];
  readonly accesses: DriverAccesses;
  readonly debugInfo: DebugInfo;
}

export interface RecordedStore extends Pick<DriverWrite, 'stack' | 'locks' | 'op'> {
  readonly struct: string;
  /** What it means: several where a compiler has made one store of several, or knows what another one is. */
  readonly fields: readonly string[];
}

export async function lookedAt(
  subject: Subject,
  stage: string,
  bitfieldAccess: BitfieldAccess = 'fine',
): Promise<Looked> {
  const cells = cellsOf(
    Object.keys(subject.scenarios).map((name) => chosenOf(subject, name, {})),
    [stage],
  ).filter((cell) => cell.stage === stage);
  const wanted = [wantedAt(subject, stage), ...cells.map((cell) => wantedOf(cell, stage))];
  const builds = await buildAll(wanted, { toolchain: await quickest, bitfieldAccess, optimize: '2' });
  const buildOf = (cell: (typeof cells)[number]): Build => builds.get(keyOfBuild(wantedOf(cell, stage)))!;
  const accesses = await keptAccesses(cells, buildOf, { warn: () => {} });
  const debugInfo = DebugInfo.fromWasm(builds.get(keyOfBuild(wanted[0]!))!.bytes);
  const stores = storesIn(accesses, debugInfo);
  const files = new Set(stores.flatMap(({ stack }) => stack.flatMap(({ file }) => file ?? [])));
  return { ...(await analysedAt(subject, stage, files)), accesses, debugInfo, stores };
}

/** What the analysis says of a subject's own C, and of other files of its tree. */
export async function analysedAt(
  subject: Subject,
  stage: string,
  others: ReadonlySet<string> = new Set(),
  mutate: (tree: FileTree) => FileTree = (tree) => tree,
): Promise<Pick<Looked, 'report' | 'ways'>> {
  const program = await programFor(wantedAt(subject, stage));
  const tree = mutate(new Map([...(await readOwnC()), ...program.tree]));
  const source: HazardSource = {
    title: subject.name,
    units: [
      ...new Set([...program.own, ...[...others].filter((path) => path.endsWith('.c') && tree.has(path))]),
    ].sort(),
    leftOut: [],
    whole: true,
    text: (path) => tree.get(path) ?? '',
    unit: (path) => ({
      path,
      tree,
      notes: [],
      explain: (error) => error,
      ...(program.dialect && { dialect: program.dialect }),
    }),
  };
  const found = await survey(source, await toolchain());
  if (found.refused.length > 0) throw new Error(found.refused.map(({ why }) => why).join('\n'));
  return { report: hazardReport(source, found), ways: fieldAccesses(found.facts, true).accesses };
}

function storesIn({ writes }: DriverAccesses, debugInfo: DebugInfo): RecordedStore[] {
  const finders = findersOf(writes, debugInfo);
  return writes
    .filter(({ bytes }) => bytes <= 8)
    .flatMap((write) =>
      [...finders].flatMap(([struct, { finder, bitFields }]) =>
        finder.find(write).flatMap(({ meant }) => {
          const fields = meant.filter((path) => bitFields.has(path));
          return fields.length === 0 ? [] : [{ ...write, struct, fields }];
        }),
      ),
    );
}

interface Finder {
  readonly finder: FieldFinder;
  readonly struct: StructType;
  readonly bitFields: ReadonlySet<string>;
}

/** Every struct with bit-fields in the objects that are written, by tag. */
export function findersOf(
  writes: readonly { readonly tag: string }[],
  debugInfo: DebugInfo,
): Map<string, Finder> {
  const structs = new Map<string, StructType>();
  const collect = (type: Type) => {
    const inner = bare(type);
    if (inner.kind === 'array') collect(inner.element);
    if (inner.kind !== 'struct' && inner.kind !== 'union') return;
    if (inner.name !== null) {
      if (structs.has(inner.name)) return;
      structs.set(inner.name, inner);
    }
    for (const { type } of inner.members) collect(type);
  };
  const structOf = (tag: string): StructType | null => {
    try {
      return debugInfo.struct(tag);
    } catch (error) {
      // What is a number goes by its type.
      if (error instanceof LostbitError && error.code === 'E_UNKNOWN_TYPE') return null;
      throw error;
    }
  };
  for (const tag of new Set(writes.map(({ tag }) => tag))) {
    const struct = structOf(tag);
    if (struct !== null) collect(struct);
  }
  return new Map(
    [...structs].flatMap(([tag, struct]) => {
      const bitFields = new Set(fieldsOf(struct).flatMap(({ path, bits }) => (bits === null ? [] : [path])));
      return bitFields.size === 0
        ? []
        : [[tag, { finder: new FieldFinder(struct, structOf), struct, bitFields }]];
    }),
  );
}

/** The pairs of bit-fields that the recorder found to be hazards, by struct. */
export function recordedHazards(
  { accesses, debugInfo }: Looked,
  spanOf: (struct: string, field: string) => { readonly offset: number; readonly size: number } | null,
): { readonly struct: string; readonly hazard: Hazard }[] {
  const sides = accesses.unordered.flatMap(({ sides }) => sides);
  return [...findersOf(sides, debugInfo)].flatMap(([struct, { finder, bitFields }]) =>
    hazardsOf(
      accesses,
      finder,
      [...bitFields],
      (field) => spanOf(struct, field),
      (field) => spanOf(struct, field),
    ).map((hazard) => ({ struct, hazard })),
  );
}

/** Is a lock of the analysis among those that were held? One at the front of a struct goes by the struct's name with the recorder. */
export function wasHeld({ name, shared, relation }: HeldLock, held: RecordedStore['locks']): boolean {
  const path = name.slice(name.indexOf('.') + 1).split('.');
  const names = path.map((_, i) => path.slice(0, path.length - i).join('.'));
  // By a pointer to a lock it is known that there is one, and not which.
  if (relation?.endsWith('> 0')) return held.length > 0;
  return held.some(
    (one) =>
      (shared || !one.shared) &&
      (/^0x[0-9a-f]+$/.test(one.name) ||
        names.some((text) => one.name === text || one.name.endsWith(`.${text}`))),
  );
}
