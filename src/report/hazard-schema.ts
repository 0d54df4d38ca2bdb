// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { z } from 'zod';

/** Version of the format; it changes when a reader would have to. */
export const hazardSchemaId = 'lostbit.hazards/1';

const place = z.object({ file: z.string(), line: z.int().nonnegative() });
const span = z
  .object({ offset: z.int(), size: z.int().positive() })
  .describe('bytes of the struct, on x86_64');

const field = z.object({
  struct: z.string().describe('the tag of the innermost struct or union that has one'),
  field: z.string(),
  defined: place.nullable().describe('where the struct is defined'),
  start: z.int().describe('bits from the start of the struct'),
  width: z.int().positive(),
  storage: span.describe('the unit that it is declared in'),
  gcc: span.describe('what gcc reads and writes again to write it'),
  wide: span.describe('what clang does: the run of adjacent bit-fields'),
});

const lock = z.object({
  name: z.string().describe('empty where it has none'),
  shared: z.boolean().describe('held for reading'),
  by: z.enum(['taken', 'asserted']),
  own: z
    .boolean()
    .describe('found from the struct that is written, or a global one; otherwise of some other object'),
  assumed: z.boolean().describe('that it is the same lock for the same object is assumed'),
});

const entry = z
  .object({
    function: z.string(),
    kind: z.string().describe('interrupt, timer, work, ops, sysfs, exported, …'),
    through: z
      .string()
      .describe('the member of a struct, or the function that it is given to; empty for a call by name'),
    variable: z.string().nullable(),
    phase: z.enum(['set-up', 'addition', 'open or close', 'run time', 'release']),
    under: z.string().nullable().describe('what its caller holds by the rules of the subsystem'),
  })
  .describe('how code outside gets there');

const store = z.object({
  field,
  function: z.string(),
  place,
  value: z.number().nullable().describe('what is stored, where that is a constant'),
  locks: z.array(lock),
});

const side = store.extend({ path: z.array(z.string()).describe('functions from the entry on'), entry });

const pair = z.object({
  struct: z.string(),
  fields: z.tuple([z.string(), z.string()]),
  gcc: span.nullable().describe('bytes that both rewrite in gcc’s code; null: clang’s alone'),
  wide: span,
  rank: z.number().min(0).max(100),
  known: z.array(z.string()),
  assumed: z.array(z.string()),
  sides: z.tuple([side, side]),
  others: z
    .int()
    .nonnegative()
    .describe('other pairs of ways to their writers; 20,000 pairs of ways are counted'),
});

const refused = z
  .object({ path: z.string(), code: z.string(), why: z.string(), hint: z.string().nullable() })
  .describe('a file that nothing is known of');

/** What `lostbit hazards --json` writes. Readers should ignore properties they do not know. */
export const hazardDocument = z
  .object({
    schema: z.literal(hazardSchemaId),
    source: z.string(),
    units: z.int().nonnegative().describe('files that were looked through'),
    endAtMembers: z
      .boolean()
      .describe(
        'ways end where a function is called through a member of a struct: there are too many beyond',
      ),
    pairs: z.array(pair).describe('writers that nothing is known to keep apart, the likeliest first'),
    ordered: z
      .array(z.object({ struct: z.string(), fields: z.tuple([z.string(), z.string()]), why: z.string() }))
      .describe('pairs that share bytes, and what keeps their writers apart'),
    stores: z.array(store).describe('every store of a bit-field, with the locks that its own function holds'),
    unseen: z.array(z.object({ place, why: z.string() })).describe('stores of which the field is not known'),
    refused: z.array(refused),
    leftOut: z.array(z.object({ path: z.string(), why: z.string() })),
    guardedBy: z
      .array(
        z.object({
          struct: z.string(),
          field: z.string(),
          defined: place.nullable().describe('where the struct is defined'),
          lock: z
            .string()
            .describe('as a declaration in the struct names it; where it is not annotated, for people'),
          proved: z.boolean().describe('clang’s context analysis confirms it: it is in the diff'),
          why: z.string().nullable().describe('why it is not; null where it is'),
        }),
      )
      .optional()
      .describe('fields that some writer holds a lock for, where they were asked for'),
    against: z
      .object({ name: z.string(), added: z.array(pair), gone: z.array(pair), refused: z.array(refused) })
      .optional()
      .describe('pairs that only one of the two has'),
  })
  .describe('Which bit-fields C writes, how code gets there, and which pairs can lose an update');

type Immutable<T> = T extends object ? { readonly [Key in keyof T]: Immutable<T[Key]> } : T;
export type HazardDocument = Immutable<z.infer<typeof hazardDocument>>;

/** The JSON Schema, as published in `schema/hazards.schema.json`. */
export function hazardJsonSchema(): object {
  return {
    $id: hazardSchemaId,
    title: 'lostbit hazards',
    ...z.toJSONSchema(hazardDocument, { io: 'input' }),
  };
}
