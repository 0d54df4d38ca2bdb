// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { LostbitError } from '../errors.js';
import type { AccessSpan } from './access-spans.js';
import type { DebugInfo } from './debug-info.js';
import { type Field, fieldsOf } from './fields.js';
import type { GivenSize } from './given.js';
import {
  type BytesOf,
  type FieldUse,
  fieldUses,
  type Hazard,
  hazardsOf,
  meets,
  type SharedPair,
  sharedPairs,
  type TouchedBy,
} from './hazards.js';
import type { ByteRange, LayoutTarget, StructType } from './types.js';
import { type DriverAccesses, FieldFinder } from './writes.js';

/** A struct as some source lays it out, and what compiled code touches of it. */
export interface StructLayout {
  /** A stage, or a file. */
  readonly name: string;
  readonly struct: StructType;
  readonly target: LayoutTarget;
  /** See `PaholeOptions`. */
  readonly saysAlignment: boolean;
  /** Types that it holds are in a file that was not given: their sizes are taken to be what there is room for. */
  readonly incomplete: boolean;
  /** By clang, by the field's path; `null` where nothing was compiled. */
  readonly spans: ReadonlyMap<string, AccessSpan> | null;
  /** By a gcc of this machine, where it makes code for the target. */
  readonly gccSpans: ReadonlyMap<string, AccessSpan> | null;
  /** Sizes that were given and not compiled. */
  readonly given: readonly GivenSize[];
}

/** What a driver does to a struct, in one of its layouts. */
export interface DriverUse {
  readonly stage: string;
  readonly uses: readonly FieldUse[];
  readonly hazards: readonly Hazard[];
  readonly pairs: readonly SharedPair[];
  readonly accesses: Pick<DriverAccesses, 'ran' | 'explored' | 'bounded'>;
}

/**
 * How a driver uses a layout: what it writes was seen in the layout of the module that was run, whose debug information
 * this is; whether that collides is asked of the layout given.
 *
 * @throws LostbitError `E_UNKNOWN_TYPE` where the module has no such struct.
 */
export function driverUse(
  layout: StructLayout,
  stage: string,
  accesses: DriverAccesses,
  debugInfo: DebugInfo,
): DriverUse {
  const tag = layout.struct.name ?? '';
  const finder = finderOf(debugInfo, tag);
  const fields = fieldsOf(layout.struct, layout.target.littleEndian);
  const paths = fields.map(({ path }) => path);
  const uses = fieldUses(accesses, finder, paths);
  const bytesOf = bytesIn(fields);
  const touched: TouchedBy = (path) => layout.spans?.get(path)?.span ?? bytesOf(path);
  // Only the order of writes that touch the same bytes is examined: of fields that lay apart in the code that ran it is unknown.
  const own = bytesIn(fieldsOf(debugInfo.struct(tag)));
  const spans = new Map(uses.map(({ path, span }) => [path, span]));
  const touches = (one: string, other: string) => meets(spans.get(one) ?? own(one), own(other));
  const shareAsRun = (one: string, other: string) => touches(one, other) || touches(other, one);
  const hazards = hazardsOf(accesses, finder, paths, touched, bytesOf);
  return {
    stage,
    uses,
    hazards,
    pairs: sharedPairs(accesses, finder, uses, hazards, touched, bytesOf, shareAsRun),
    accesses: { ran: accesses.ran, explored: accesses.explored, bounded: accesses.bounded },
  };
}

/** Finds the fields of a struct in what was recorded of a module. Throws `E_UNKNOWN_TYPE`. */
export function finderOf(debugInfo: DebugInfo, tag: string): FieldFinder {
  return new FieldFinder(debugInfo.struct(tag), (outer) => {
    try {
      return debugInfo.struct(outer);
    } catch (error) {
      if (error instanceof LostbitError) return null;
      throw error;
    }
  });
}

/** The bytes that fields lie in, by their paths. */
function bytesIn(fields: readonly Field[]): BytesOf {
  const ranges = new Map(
    fields.map(({ path, start, end }): [string, ByteRange] => {
      const offset = Math.floor(start / 8);
      return [path, { offset, size: Math.ceil(end / 8) - offset }];
    }),
  );
  return (path) => ranges.get(path) ?? null;
}

/** Is a field a flag: a bit-field, or one byte? */
export const isFlag = ({ bits, size }: Pick<Field, 'bits' | 'size'>): boolean => bits !== null || size === 1;

/** The same with the spans that the module's own code has, where code that means one field alone was seen to run. */
export function withRecordedSpans(
  layout: StructLayout,
  accesses: DriverAccesses,
  debugInfo: DebugInfo,
): StructLayout {
  const fields = fieldsOf(layout.struct, layout.target.littleEndian);
  const uses = fieldUses(
    accesses,
    finderOf(debugInfo, layout.struct.name ?? ''),
    fields.map(({ path }) => path),
  );
  const spans = new Map(layout.spans ?? []);
  const scalars = new Set(fields.filter(({ location }) => location !== null).map(({ path }) => path));
  for (const { path, span } of uses)
    if (span !== null && scalars.has(path))
      spans.set(path, { ...(spans.get(path) ?? unseen), write: span, span });
  return { ...layout, spans };
}

const unseen: AccessSpan = { read: null, write: null, span: null, unknown: null };
