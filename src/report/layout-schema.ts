// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { z } from 'zod';
import { checkExtent } from '../layout/extent.js';
import { fieldsOf, holesOf } from '../layout/fields.js';
import type { DriverUse, StructLayout } from '../layout/struct-layout.js';
import type { Suggestion } from '../layout/suggest.js';
import type { LayoutTarget } from '../layout/types.js';
import { structC } from './struct-c.js';

/** Version of the format of layouts; it changes when a reader would have to. */
export const layoutSchemaId = 'lostbit.layout/1';

const range = z
  .object({ offset: z.int().nonnegative(), size: z.int().nonnegative() })
  .describe('bytes of the struct');

const bitOf = (what: string) =>
  z.int().min(0).max(7).nullable().describe(`${what}, 0 the least significant; null for whole bytes`);

const member = z.object({
  path: z.string(),
  offset: z.int().nonnegative().describe("the byte that holds the field's first bit"),
  size: z.int().nonnegative().describe('bytes; of a bit-field those of its type'),
  bit: bitOf('the first bit in that byte'),
  bits: z.int().positive().nullable().describe('width of a bit-field; null for whole bytes'),
  unit: range.nullable().describe('the storage unit that it is declared in; null where that is not known'),
  span: range
    .nullable()
    .describe(
      'all that compiled code reads or writes in order to write the field; null where that was not examined',
    ),
  gccSpan: range.nullable().describe('the same by gcc'),
  location: range.nullable().describe('its C11 memory location; null where it holds several'),
});

const hole = z.object({
  offset: z.int().nonnegative(),
  size: z.int().positive(),
  bit: bitOf('the first unused bit'),
  bits: z.int().positive().nullable(),
  padding: z.boolean().describe('behind the last field'),
});

const locks = z
  .array(z.object({ name: z.string(), shared: z.boolean().describe('others may hold it at the same time') }))
  .describe('held, the first taken first; by their paths from the device');

const code = {
  function: z.string(),
  inside: z.string().nullable().describe('the function that it was inlined into'),
  file: z.string().nullable(),
};

const fieldPair = z.tuple([z.string(), z.string()]);

const use = z
  .object({
    path: z.string(),
    class: z.enum(['set-up/release', 'run time']),
    writers: z.array(
      z.object({
        ...code,
        context: z.string(),
        locks,
        phase: z.enum(['set-up', 'release', 'run time']),
        ops: z.array(z.string()),
        perhaps: z
          .literal(true)
          .optional()
          .describe('it may write another field of the same bytes instead, and nothing says which'),
      }),
    ),
    locks: z.array(z.string()).describe('that every writer holds alone'),
  })
  .describe('how a field is written');

const side = z.object({
  ...code,
  line: z.int().positive().nullable(),
  nearest: z
    .literal(true)
    .optional()
    .describe('the code was made from several lines: this is the nearest one of its function'),
  fields: z.array(z.string()),
  actor: z.string(),
  op: z.string(),
  context: z.string(),
  locks,
});

const hazard = z
  .object({
    fields: fieldPair,
    victims: z.array(z.string()).describe('the fields whose updates can be lost'),
    shared: range.describe('bytes that both writers touch'),
    evidence: z.array(
      z.object({
        scenario: z.string(),
        schedule: z.string().describe('for lostbit replay'),
        sides: z.tuple([side, side]),
      }),
    ),
  })
  .describe('two fields that nothing orders the writes of, and whose bytes these share');

const pair = z
  .object({
    fields: fieldPair,
    verdict: z
      .enum(['real', 'no', 'unseen'])
      .describe(
        'no: under one lock, or met and always in some order; unseen: no scenario has two actors writing them, or they lie apart in the code that was run',
      ),
    locks: z.array(z.string()).describe('that every writer of both holds alone'),
    together: z.array(z.string()).describe('explored scenarios in which two actors write one each'),
  })
  .describe('two fields that share bytes and are both written at run time');

const layout = z.object({
  struct: z.string(),
  target: z.string().nullable().describe('null where the file does not say'),
  source: z.string().describe('a stage, or a file'),
  bitfieldAccess: z.enum(['fine', 'wide']),
  incomplete: z
    .boolean()
    .describe(
      "types that it holds are in another file, a kernel's BTF: their sizes are what there is room for",
    ),
  size: z.int().nonnegative(),
  members: z.array(member),
  holes: z.array(hole),
  leftOut: z
    .array(z.string())
    .optional()
    .describe('what else lies in it, in words, and is no member: what has no fixed place, as a virtual base'),
  given: z
    .array(z.object({ type: z.string(), size: z.int().positive() }))
    .describe('types whose sizes are given, as in a kernel, and not compiled'),
  hazards: z.array(hazard).nullable().describe('null where that was not examined'),
  pairs: z.array(pair).nullable(),
  uses: z.array(use).nullable(),
  scenarios: z
    .object({
      stage: z.string(),
      ran: z.array(z.string()),
      explored: z.array(z.string()),
      bounded: z.array(z.string()).describe('of these, not to the end'),
    })
    .nullable()
    .describe('what the driver was run in'),
});

const change = z
  .object({
    layout,
    comparison: z
      .looseObject({})
      .describe('what moved, was widened, split, merged; holes, size, cache lines'),
    hazards: z
      .object({ gone: z.array(fieldPair), added: z.array(fieldPair) })
      .nullable()
      .describe('pairs of fields; null where that was not examined'),
  })
  .describe('what it is compared with');

const suggestion = z
  .object({
    size: z.int().nonnegative(),
    cost: z.int().describe('bytes that it is larger'),
    moved: z.array(z.string()).describe('members that stand elsewhere in the order'),
    redeclared: z.array(z.string()).describe('bit-fields that become whole fields'),
    members: z.array(member.pick({ path: true, offset: true, size: true, bit: true, bits: true })),
    holes: z.array(hole),
    c: z.string(),
  })
  .describe('an order of the same fields in which what is written at run time is apart');

/** What `lostbit layout --json` writes. Readers should ignore properties they do not know. */
export const layoutDocument = layout
  .extend({
    schema: z.literal(layoutSchemaId),
    against: change.optional(),
    suggestion: suggestion.optional(),
  })
  .describe('How a struct is laid out, what compiled code touches of it, and which updates can be lost');

/** Arrays and tuples included. */
type Immutable<T> = T extends object ? { readonly [Key in keyof T]: Immutable<T[Key]> } : T;
export type LayoutJson = Immutable<z.infer<typeof layout>>;
export type LayoutDocument = Immutable<z.infer<typeof layoutDocument>>;

/** The JSON Schema of a layout, as published in `schema/layout.schema.json`. */
export function layoutJsonSchema(): object {
  return { $id: layoutSchemaId, title: 'lostbit layout', ...z.toJSONSchema(layoutDocument, { io: 'input' }) };
}

/** A layout, and what the driver does to it, for machines to read. Throws `E_LARGE_STRUCT`. */
export function layoutJson(
  { name, struct, target, spans, gccSpans, incomplete, given }: StructLayout,
  driver: DriverUse | null,
  bitfieldAccess: 'fine' | 'wide',
): LayoutJson {
  checkExtent(struct);
  const { littleEndian } = target;
  return {
    struct: struct.name ?? '',
    target: target.name,
    source: name,
    bitfieldAccess,
    incomplete,
    size: struct.size,
    members: fieldsOf(struct, littleEndian).map(({ path, offset, size, bit, bits, unit, location }) => ({
      path,
      offset,
      size,
      bit,
      bits,
      unit,
      span: spans?.get(path)?.span ?? null,
      gccSpan: gccSpans?.get(path)?.span ?? null,
      location,
    })),
    holes: holesOf(struct, littleEndian),
    ...(struct.leftOut && { leftOut: struct.leftOut }),
    given,
    hazards: driver?.hazards ?? null,
    pairs: driver?.pairs ?? null,
    uses: driver?.uses ?? null,
    scenarios: driver === null ? null : { stage: driver.stage, ...driver.accesses },
  };
}

export function suggestionJson(
  { struct, cost, moved, redeclared, holes }: Suggestion,
  target: LayoutTarget,
): NonNullable<LayoutDocument['suggestion']> {
  return {
    size: struct.size,
    cost,
    moved: moved.map(({ name }) => name),
    redeclared: redeclared.map(({ name }) => name),
    members: fieldsOf(struct, target.littleEndian).map(({ path, offset, size, bit, bits }) => ({
      path,
      offset,
      size,
      bit,
      bits,
    })),
    holes: holes.after,
    c: structC(struct, target),
  };
}
