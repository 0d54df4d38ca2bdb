import { checkExtent } from '../layout/extent.js';
import { type Field, fieldsOf, type Hole, holesOf } from '../layout/fields.js';
import type { ByteRange, LayoutTarget, StructType } from '../layout/types.js';
import { paholeText } from './pahole.js';

export interface LayoutReportOptions {
  readonly target: LayoutTarget;
  /** See `PaholeOptions`. */
  readonly saysAlignment?: boolean;
  /** The bytes that compiled code reads and writes for a field, by its path. */
  readonly spans?: ReadonlyMap<string, ByteRange>;
}

/** A struct as pahole prints it, with three columns more for each field: declared unit, access span, C11 location. Throws `E_LARGE_STRUCT`. */
export function layoutText(struct: StructType, options: LayoutReportOptions): string {
  checkExtent(struct);
  const { target, spans } = options;
  const columns = new Map(
    fieldsOf(struct, target.littleEndian).map(({ path, unit, location }) => [
      path,
      { unit: rangeText(unit), span: rangeText(spans?.get(path) ?? null), location: rangeText(location) },
    ]),
  );
  const widest = (column: 'unit' | 'span' | 'location') =>
    [...columns.values()].reduce((most, one) => Math.max(most, one[column].length), 0);
  const widths = { unit: widest('unit'), span: widest('span'), location: widest('location') };
  const remark = (path: string) => {
    const told = columns.get(path);
    if (told === undefined) return '';
    const span = spans === undefined ? '' : ` span ${told.span.padEnd(widths.span)}`;
    const unit = told.unit.padEnd(widths.unit);
    return ` /* unit ${unit}${span} location ${told.location.padEnd(widths.location)} */`;
  };
  return paholeText(struct, { ...options, remark });
}

/** `1252+2`: two bytes from 1252 on. */
function rangeText(range: ByteRange | null): string {
  return range === null ? '-' : `${range.offset}+${range.size}`;
}

/** What `lostbit layout --json` says of a struct; offsets and sizes are bytes. */
export interface LayoutJson {
  readonly struct: string;
  readonly target: string;
  readonly size: number;
  readonly members: readonly LayoutJsonMember[];
  readonly holes: readonly Hole[];
  /** Pairs of fields that share bytes and are written without a common lock. */
  readonly hazards: readonly unknown[];
}

export interface LayoutJsonMember
  extends Pick<Field, 'path' | 'offset' | 'size' | 'bit' | 'bits' | 'unit' | 'location'> {
  /** Null where it is not known. */
  readonly span: ByteRange | null;
}

/** The layout of a struct for machines to read; `hazards` are what an engine has found. Throws `E_LARGE_STRUCT`. */
export function layoutJson<Hazard>(
  struct: StructType,
  { target, spans }: LayoutReportOptions,
  hazards: readonly Hazard[] = [],
): LayoutJson & { readonly hazards: readonly Hazard[] } {
  checkExtent(struct);
  const { littleEndian } = target;
  return {
    struct: struct.name ?? '',
    target: target.name ?? '',
    size: struct.size,
    members: fieldsOf(struct, littleEndian).map(({ path, offset, size, bit, bits, unit, location }) => {
      return { path, offset, size, bit, bits, unit, span: spans?.get(path) ?? null, location };
    }),
    holes: holesOf(struct, littleEndian),
    hazards,
  };
}
