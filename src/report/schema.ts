// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only

import { z } from 'zod';
import { contexts } from '../scenario/scenario.js';

/** Version of the report format; it changes when a reader would have to. */
export const reportSchemaId = 'lostbit.report/1';

const grade = z.enum(['acceptable', 'interesting', 'forbidden']);
const expected = z.enum(['fails', 'holds']);
const verdict = z
  .enum(['fails', 'holds', 'undecided', 'not-applicable'])
  .describe(
    'undecided: nothing was shown, be it because nothing happened, or too little was looked at; not-applicable: the scenario names what the sources of a kernel do not have',
  );

const outcome = z
  .object({
    values: z
      .record(z.string(), z.int().nullable())
      .describe('observed values by name; null behind a NULL pointer'),
    count: z.int().nonnegative().describe('how often it was seen'),
    grade,
    note: z.string(),
    schedule: z.string().optional().describe('an interleaving that leads there, as text'),
    preemptions: z.int().nonnegative().optional().describe('switches in it that nothing forced'),
  })
  .describe('a combination of observed values');

const frame = z
  .object({
    function: z.string(),
    file: z.string().nullable(),
    line: z.int().nullable(),
    nearest: z
      .literal(true)
      .optional()
      .describe('the code was made from several lines: this is the nearest one of its function'),
  })
  .describe('a call; where a function was inlined, it is a frame all the same');

const identity = {
  rule: z.string().optional().describe('what it is of, as lostbit/use-after-free'),
  fingerprint: z
    .string()
    .optional()
    .describe('the same at other stages and on other machines, as far as code and names are the same'),
};

const violation = z
  .object({
    kind: z.string(),
    message: z.string(),
    count: z.int().positive(),
    object: z.string().nullable().describe('what it is about: a field, an address or a name'),
    task: z.string().nullable().describe('the task that caused it; empty for the set-up'),
    context: z.enum(contexts).nullable().describe('what the task was running as'),
    step: z.string().optional().describe('the step it happened in, where steps run one after the other'),
    stack: z.array(frame).describe('the calls that led there, innermost first; of a leak, to the allocation'),
    schedule: z.string().optional().describe('of an exploration, one that leads there'),
    preemptions: z.int().nonnegative().optional().describe('of that schedule'),
    ...identity,
  })
  .describe('a violation that the stub kernel or the engine found');

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

const bits = z.string().regex(/^0x[0-9a-f]+$/);

const access = z
  .object({
    actor: z.int().nonnegative().describe('index of the actor'),
    kind: z.string().describe('load, store, atomic.rmw, acquire, release and so on'),
    address: z.int().nonnegative(),
    bytes: z.int().nonnegative(),
    fields: z.array(z.string()).describe('those that it means, which the bits belong to'),
    oneOf: z
      .array(z.string())
      .optional()
      .describe(
        'fields that it may mean besides or instead, where nothing says which; left out where there is none',
      ),
    object: z
      .string()
      .describe(
        'the field, object or lock, by the path that leads there; what it is where none does, [64 bytes allocated by …]+0x8; a bare address where that is not known',
      ),
    place: z.string().describe('where that is in an object: A+0x110'),
    span: z.array(z.object({ name: z.string(), mask: bits })).describe('all fields in these bytes'),
    mask: bits.describe('the bits that are read or changed'),
    before: bits.nullable().describe('what lay there, little endian; null where it is wider than 8 bytes'),
    after: bits.nullable(),
    stack: z.array(frame).describe('innermost first'),
    step: z.int().nonnegative().describe("index among the actor's steps"),
    context: z.enum(contexts),
    locks: z.array(z.string()).describe('held, the first taken first'),
    contended: z.boolean().describe('of a lock: it could not be had at once, or at all'),
  })
  .describe('one step of an interleaving');

const interleaving = z
  .object({
    actors: z.array(z.string()),
    accesses: z.array(access),
    decisive: z
      .array(z.int().nonnegative())
      .optional()
      .describe('indices of the accesses that what came out of it comes from, ascending'),
    returned: z
      .array(z.array(z.int().nullable()))
      .optional()
      .describe('by actor, what each of its steps returned; null where it never did'),
    preemptions: z.int().nonnegative().describe('switches away from an actor that could have gone on'),
    waits: z.array(z.string().nullable()).describe('by actor, the lock that it waits for at the end'),
  })
  .describe('an execution, access by access');

const dataRace = z
  .object({
    kind: z
      .enum(['bit-field', 'plain', 'unclear', 'mixed-width'])
      .describe(
        'different fields in one access span, the same field, nothing says which of the two, or accesses of different widths',
      ),
    sides: z
      .array(
        access.extend({
          task: z.string(),
          unseen: z
            .literal(true)
            .optional()
            .describe(
              'the execution was too long to be followed to here: step, context, locks and values are not known',
            ),
        }),
      )
      .length(2)
      .describe('in the order in which they were met'),
    pairs: z.int().positive().describe('pairs of accesses between these two lines of code'),
    count: z.int().positive().describe('executions in which it was met; of several pairs, the most frequent'),
    schedule: z.string().describe('one that leads there'),
    ...identity,
  })
  .describe('two accesses of the same bytes that nothing orders');

const simulation = z
  .object({
    strategy: z.string().describe('dpor, dfs, random or pct; readers must expect others'),
    executions: z.int().nonnegative(),
    blocked: z.int().nonnegative().describe('executions given up, since others stand for them'),
    bounded: z.string().nullable().describe('what kept the exploration from being complete'),
    seed: z.int().nonnegative().optional().describe('of what was drawn'),
  })
  .describe('how interleavings were gone through');

const broken = z
  .object({
    code: z.string().nullable().describe('E_…, of a request that cannot be carried out; null: a defect'),
    message: z.string(),
    hint: z.string().nullable().describe('what to try next'),
    stack: z.string().nullable().describe('of a defect, where it was'),
  })
  .describe('why there is no verdict');

const change = z
  .object({
    against: z.string().describe('the stage before'),
    was: verdict.describe('the verdict there'),
    kind: z
      .enum(['fixes', 'breaks', 'otherwise', 'same'])
      .describe('otherwise: it fails in other ways, or has become undecided, or applicable, or was so'),
    worse: z.boolean().describe('it fails, and did not before, or in a way in which it did not'),
    bounded: z
      .boolean()
      .describe(
        'one of the two was explored only as far as time allowed, and that could make another change of this',
      ),
    appeared: z.array(z.string()).describe('ways to fail that were not there before, for people'),
    gone: z.array(z.string()).describe('those that are not there any more'),
  })
  .describe('what patches have changed since a stage before, where nothing is expected');

const patch = z
  .object({
    stage: z.string().describe('the stage that it leads to'),
    subject: z.string(),
    files: z.array(
      z.object({
        path: z.string().describe('in the tree'),
        is: z.enum(['changed', 'created', 'deleted', 'renamed']),
        compiled: z.boolean().describe('some unit that was compiled is this file, or includes it'),
        moved: z
          .array(
            z.object({
              hunk: z.int().positive().describe('of this file, from 1'),
              offset: z.int().describe('lines below, or, negative, above where the patch has it'),
              fuzz: z.int().nonnegative().describe('lines of context that may differ at either end'),
              others: z.array(z.int().positive()).describe('lines where it would fit as well'),
            }),
          )
          .describe('hunks that are not where the patch has them, or do not fit as they are'),
      }),
    ),
  })
  .describe('a patch, and how it was applied');

const result = z.object({
  scenario: z.string(),
  reference: z.string().nullable(),
  stage: z.string(),
  source: z.string().describe('where the C comes from'),
  engine: z.string().describe('run, stress, simulate, replay or layout; readers must expect others'),
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
  verdict: verdict.nullable().describe('null where it is broken'),
  exhaustive: z
    .boolean()
    .describe(
      'all there is to see was seen: never so for a race, always for what has but one schedule, and where all schedules were gone through',
    ),
  interrupted: z.boolean().describe('ended by the user before its time'),
  undecided: z.string().optional().describe('why it is undecided'),
  inapplicable: z.string().optional().describe('what the sources lack that it is about'),
  expected: expected.nullable().describe('what the scenario expects, null if it says nothing'),
  agreement: z
    .enum(['agrees', 'differs', 'undecided', 'broken', 'compared'])
    .describe(
      'undecided: the verdict is, since too little was looked at, which contradicts no expectation; broken: the engine ended with an error; compared: nothing is expected, and stages are compared with each other',
    ),
  change: change.optional(),
  setup: z.array(z.string()).describe('steps that came first, faults that were armed last'),
  actors: z
    .record(z.string(), z.array(z.string()))
    .nullable()
    .describe('steps that happened at the same time, by actor; null where nothing raced'),
  runs: z.array(run).describe('the sequences that failed'),
  reproduce: z.string().nullable().describe('the command that shows the failure again'),
  broken: broken.optional(),
  simulation: simulation.optional(),
  races: z.array(dataRace).optional(),
  replayed: z
    .object({ times: z.int().positive(), same: z.int().nonnegative() })
    .optional()
    .describe('how often that was replayed on real threads, and came to the same'),
  interleaving: interleaving.optional().describe('the execution that shows the failure'),
});

/** The report: what `--json` writes. Readers should ignore properties they do not know. */
export const report = z
  .object({
    schema: z.literal(reportSchemaId),
    notes: z.array(z.string()).optional().describe('what of a series is not as it may seem, for people'),
    patches: z.array(patch).optional().describe('of the series that was given, as far as stages need them'),
    results: z.array(result),
  })
  .describe('Results of lostbit');

export type ResultJson = z.infer<typeof result>;
export type Report = z.infer<typeof report>;

/** The JSON Schema of a report, as published in `schema/report.schema.json`. */
export function reportJsonSchema(): object {
  return { $id: reportSchemaId, title: 'lostbit report', ...z.toJSONSchema(report, { io: 'input' }) };
}
