// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { z } from 'zod';
import { aspects } from '../verify/excerpt-result.js';
import { judgements } from '../verify/fidelity-result.js';

/** Version of the format of comparisons; it changes when a reader would have to. */
export const fidelitySchemaId = 'lostbit.fidelity/1';

const judgement = z
  .enum(judgements)
  .describe(
    'seen but impossible: seen, and not by an exploration of all there is; not replayed: real threads that go by its schedule come to something else; missing elsewhere: an engine that calls itself exhaustive lacks it; not among those explored: seen, and not by an exploration that was cut short; possible but unseen: no race has shown it',
  );

const elsewhere = z.object({
  seen: z.boolean().nullable().describe('null where the engine says nothing of such things'),
  count: z.int().nonnegative().nullable().describe('null where the engine does not say'),
});

const row = z
  .object({
    values: z
      .record(z.string(), z.int().nullable())
      .nullable()
      .describe('observed values by name; null where it is a violation or an ending'),
    violation: z
      .object({
        kind: z.string().describe('hang stands for deadlock and livelock, too'),
        object: z.string().nullable().describe('null where it is about nothing that has a name'),
      })
      .nullable()
      .describe('a violation, or what kept actors from their ends'),
    simulate: z
      .int()
      .nonnegative()
      .describe('executions, or how often it was reported in them; 0: impossible, or not explored'),
    stress: z.int().nonnegative().describe('samples, or how often it was reported'),
    replay: z
      .int()
      .nonnegative()
      .describe('repetitions that came to it: of its own schedule, or of any where it has none'),
    others: z.array(elsewhere).describe('in the order of the engines'),
    judgement,
    differences: z.array(z.string()).describe('what is wrong, for people'),
    schedule: z
      .string()
      .nullable()
      .describe('that of the simulator; null where there is none, as of a livelock'),
    reproduce: z.string().nullable().describe('the command that shows a difference again'),
  })
  .describe('something that a scenario can come to');

const cell = z.object({
  scenario: z.string(),
  stage: z.string(),
  toolchain: z.string(),
  toolchainVersion: z.string(),
  optimize: z.string().describe('level of -O'),
  bitfieldAccess: z.enum(['fine', 'wide']),
  simulate: z.object({
    executions: z.int().nonnegative(),
    bounded: z.string().nullable().describe('what kept the exploration from being complete'),
    seconds: z.number().nonnegative(),
  }),
  stress: z.object({
    samples: z.int().nonnegative(),
    seconds: z.number().nonnegative(),
    seed: z.int().nonnegative(),
    broken: z.boolean().describe('it ended before its time, at a hang or a trap'),
  }),
  replay: z.object({
    schedules: z.int().nonnegative(),
    times: z.int().positive().describe('repetitions of each'),
    seconds: z.number().nonnegative(),
  }),
  idle: z
    .array(z.string())
    .describe('actors whose every step returned an error every time: nothing happened that could differ'),
  others: z.array(
    z.object({
      engine: z.string(),
      file: z.string(),
      exhaustive: z.boolean().describe('it says that there are no other outcomes'),
    }),
  ),
  rows: z.array(row),
});

const difference = z
  .object({
    aspect: z
      .enum(aspects)
      .describe(
        'verdict, outcome, violation: of a scenario; value: of an observation; return: of a step; state: of a field behind a step; lock: held at a call or write; order: of calls and writes in a step; call, write: only one side has it; layout: of a struct',
      ),
    what: z.string().describe('a call, a field, a violation; paths are told from the device on'),
    where: z.string().nullable().describe('the function of the driver'),
    excerpt: z.string().describe('what it does, at the first place'),
    tree: z.string().describe('what the sources do there'),
    first: z
      .object({
        scenario: z.string(),
        sequence: z.string().describe('empty where there is only one'),
        step: z.string().nullable(),
      })
      .nullable()
      .describe('null of a layout'),
    places: z.int().nonnegative().describe('where it is so'),
    explained: z.string().nullable().describe('why it has to be so; null: a difference'),
  })
  .describe('one cause, however often it shows');

const excerpt = z
  .object({
    dir: z.string().describe("the kernel's sources, as they were named"),
    version: z.string(),
    stage: z.string().describe('of the excerpt: the one that the sources are nearest to, by their code'),
    lacking: z.array(z.string()).describe('patches that lead to the stage and that the sources lack'),
    besides: z.array(z.string()).describe('patches beyond the stage that the sources have'),
    scenarios: z.array(z.string()),
    inapplicable: z.array(z.object({ name: z.string(), why: z.string() })),
    uncompared: z
      .array(z.object({ scenario: z.string(), sequence: z.string(), why: z.string() }))
      .describe('sequences of steps that were not compared from some point on'),
    bounded: z.array(z.string()).describe('scenarios whose exploration was cut short on one side at least'),
    steps: z.int().nonnegative(),
    events: z.int().nonnegative().describe('calls and writes of the excerpt in these steps'),
    structs: z.array(z.string()),
    differences: z.array(difference),
    idle: z.array(z.string()).describe('explanations that explain nothing in these sources'),
  })
  .describe('What the excerpt does otherwise than the sources that it restates');

export type ExcerptJson = z.infer<typeof excerpt>;

/** What `lostbit fidelity --json` writes. Readers should ignore properties they do not know. */
export const fidelityReport = z
  .object({
    schema: z.literal(fidelitySchemaId),
    cells: z.array(cell),
    excerpt: excerpt.optional().describe('with --linux, of a subject that restates what is there'),
  })
  .describe('What the engines of lostbit, and others, say of the same scenarios');

export type FidelityReport = z.infer<typeof fidelityReport>;

/** The JSON Schema of a comparison, as published in `schema/fidelity.schema.json`. */
export function fidelityJsonSchema(): object {
  return {
    $id: fidelitySchemaId,
    title: 'lostbit fidelity',
    ...z.toJSONSchema(fidelityReport, { io: 'input' }),
  };
}
