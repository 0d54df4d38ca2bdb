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

const frame = z
  .object({ function: z.string(), file: z.string().nullable(), line: z.int().nullable() })
  .describe('a call; where a function was inlined, it is a frame all the same');

const violation = z
  .object({
    kind: z.string(),
    message: z.string(),
    count: z.int().positive(),
    object: z.string().nullable().describe('what it is about: a field, an address or a name'),
    task: z.string().nullable().describe('who was caught; empty for the set-up'),
    context: z.enum(taskContexts).nullable().describe('what the task was running as'),
    step: z.string().optional().describe('the step it happened in, where steps run one after the other'),
    stack: z.array(frame).describe('the calls that led there, innermost first; of a leak, to the allocation'),
  })
  .describe('something the stub kernel or the engine caught');

const threads = z
  .object({
    workers: z.int().positive(),
    processors: z.int().positive().describe('how many the process could use'),
    pinned: z.boolean().describe('every thread was bound to a processor'),
    unpinned: z.string().nullable().describe('why not, null if they were'),
    seed: z.int().nonnegative(),
  })
  .describe('who raced');

const run = z
  .object({
    sequence: z.string().describe('its name, empty where the scenario has but one'),
    fault: z
      .object({ function: z.string(), nth: z.int().positive() })
      .nullable()
      .describe('what was made to fail by a sweep'),
    steps: z.array(
      z.object({
        text: z.string().describe('the step, or the field that was looked at'),
        value: z.int().nullable().describe('what it returned, or the field; null where there is none'),
        name: z.string().nullable().describe('the observation it makes'),
      }),
    ),
  })
  .describe('one sequence, step by step');

const result = z.object({
  scenario: z.string(),
  fact: z.int().nullable(),
  stage: z.string(),
  source: z.string().describe('where the C comes from'),
  engine: z.string().describe('run, stress or layout; readers must expect others'),
  toolchain: z.string(),
  toolchainVersion: z.string(),
  optimize: z.string().describe('level of -O'),
  bitfieldAccess: z.enum(['fine', 'wide']),
  threads: threads.nullable().describe('null where nothing raced'),
  seconds: z.number().nonnegative(),
  samples: z.int().nonnegative(),
  outcomes: z.array(outcome),
  violations: z.array(violation),
  warnings: z.array(z.string()).describe('reasons to distrust the scenario, for people'),
  verdict,
  exhaustive: z
    .boolean()
    .describe('all there is to see was seen: never so for a race, always for what has but one schedule'),
  interrupted: z.boolean().describe('ended by the user before its time'),
  expected: verdict.nullable().describe('what the scenario expects, null if it says nothing'),
  agreement: z
    .enum(['agrees', 'differs', 'undecided'])
    .describe('undecided: a failure is expected, and a race has not shown it'),
  setup: z.array(z.string()).describe('steps that came first, faults that were armed last'),
  actors: z
    .record(z.string(), z.array(z.string()))
    .nullable()
    .describe('steps that happened at the same time, by actor; null where nothing raced'),
  runs: z.array(run).describe('the sequences that failed'),
  reproduce: z.string().nullable().describe('the command that shows the failure again'),
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
