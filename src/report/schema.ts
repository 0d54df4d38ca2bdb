import { z } from 'zod';
import { taskContexts } from '../engine/engine.js';

/** Version of the report format; it changes when a reader would have to. */
export const reportSchemaId = 'lostbit.report/1';

const grade = z.enum(['acceptable', 'interesting', 'forbidden']);
const verdict = z.enum(['fails', 'holds']);

const outcome = z
  .object({
    values: z
      .record(z.string(), z.int().nullable())
      .describe('observed values by name; null behind a NULL pointer'),
    count: z.int().nonnegative().describe('how often it was seen'),
    grade,
    note: z.string(),
  })
  .describe('a combination of observed values');

const violation = z
  .object({
    kind: z.string(),
    message: z.string(),
    count: z.int().positive(),
    object: z.string().nullable().optional().describe('what it is about: a field, an address or a name'),
    task: z.string().nullable().optional().describe('who was caught; empty for the set-up'),
    context: z.enum(taskContexts).nullable().optional().describe('what the task was running as'),
    stack: z
      .array(z.int().nonnegative())
      .readonly()
      .optional()
      .describe('calls that led there, as offsets into the module'),
  })
  .describe('something the stub kernel or the engine caught');

const result = z.object({
  scenario: z.string(),
  fact: z.int().nullable(),
  stage: z.string(),
  source: z.string().describe('where the C comes from'),
  engine: z.string(),
  toolchain: z.string(),
  toolchainVersion: z.string(),
  optimize: z.string().describe('level of -O'),
  bitfieldAccess: z.enum(['fine', 'wide']),
  workers: z.int().positive(),
  processors: z.int().positive().describe('how many the process could use'),
  pinned: z.boolean().describe('every thread was bound to a processor'),
  unpinned: z.string().nullable().describe('why not, null if they were'),
  seed: z.int().nonnegative(),
  seconds: z.number().nonnegative(),
  samples: z.int().nonnegative(),
  outcomes: z.array(outcome),
  violations: z.array(violation),
  warnings: z.array(z.string()).describe('reasons to distrust the scenario, for people'),
  verdict,
  exhaustive: z.boolean().describe('every schedule was explored; never so for a race'),
  interrupted: z.boolean().describe('ended by the user before its time'),
  expected: verdict.nullable().describe('what the scenario expects, null if it says nothing'),
});

/** The report: what `--json` writes. Readers should ignore properties they do not know. */
export const report = z
  .object({ schema: z.literal(reportSchemaId), results: z.array(result) })
  .describe('Results of lostbit');

export type Result = z.infer<typeof result>;
export type Report = z.infer<typeof report>;

/** The JSON Schema of a report, as published in `schema/report.schema.json`. */
export function reportJsonSchema(): object {
  return { $id: reportSchemaId, title: 'lostbit report', ...z.toJSONSchema(report, { io: 'input' }) };
}
