// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { z } from 'zod';

/** Version of the format of other engines' results. */
export const resultSchemaId = 'lostbit.result/1';

const outcome = z
  .object({
    values: z
      .record(z.string(), z.int().nullable())
      .describe('every value that the scenario observes, by name; null behind a NULL pointer'),
    count: z.int().nonnegative().optional().describe('how often; 0: never. Without it: it is possible'),
  })
  .describe('a combination of observed values');

const result = z
  .object({
    scenario: z.string(),
    stage: z.string(),
    bitfieldAccess: z.enum(['fine', 'wide']).optional().describe('without it, whatever is asked for'),
    exhaustive: z.boolean().optional().describe('there are no other outcomes'),
    outcomes: z.array(outcome),
  })
  .describe('what a scenario came to at a stage');

/** The file that `lostbit fidelity --with` takes. Readers ignore properties they do not know. */
export const resultFile = z
  .object({
    schema: z.literal(resultSchemaId),
    engine: z
      .string()
      .regex(/^[^\p{Cc}]+$/u, 'a name without control characters')
      .describe('name and version of what found this'),
    results: z.array(result),
  })
  .describe('Outcomes that an engine has found, to be held against those of lostbit');

export type ResultFile = z.infer<typeof resultFile>;

/** The JSON Schema of such a file, as published in `schema/result.schema.json`. */
export function resultJsonSchema(): object {
  return { $id: resultSchemaId, title: 'lostbit result', ...z.toJSONSchema(resultFile, { io: 'input' }) };
}
