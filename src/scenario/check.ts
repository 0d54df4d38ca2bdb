// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { inspect } from 'node:util';
import { z } from 'zod';
import { LostbitError } from '../errors.js';
import { offer } from '../nearest.js';
import { isPrintable, printable, printableLines } from '../printable.js';
import { excessOf, ownLimits, processors } from './limits.js';
import {
  actorOf,
  contexts,
  isLayout,
  isObservation,
  isRace,
  type RaceScenario,
  type Scenario,
  type SequenceScenario,
  sequencesOf,
} from './scenario.js';
import { nameOf, type Step } from './step.js';

/** The message for what fits none of a union's shapes; zod's own is only that the input is invalid. */
const allowed = (shapes: string) => ({
  error: ({ input }: { readonly input?: unknown }) => `found ${shown(input)}; allowed: ${shapes}`,
});

/** A value from outside, in a few characters. */
function shown(value: unknown): string {
  const text = inspect(value, { depth: 1, breakLength: Number.POSITIVE_INFINITY, customInspect: false });
  return text.length > 60 ? `${text.slice(0, 60)}…` : text;
}

/** What is shown in a line. */
export const line = z.string().refine(isPrintable, 'a line without control characters');

const identifier = z.string().regex(/^[A-Za-z_]\w*$/, 'a name as in C');

/** One of several shapes, which what is given has the look of: the error is that shape's, and says what is wrong in it. */
const chosen = (choose: (value: unknown) => z.ZodType | string) =>
  z.unknown().transform((value, context) => {
    const shape = choose(value);
    if (typeof shape === 'string') {
      context.addIssue({ code: 'custom', message: `found ${shown(value)}; allowed: ${shape}`, input: value });
      return z.NEVER;
    }
    const { data, error } = shape.safeParse(value);
    for (const issue of error?.issues ?? []) context.addIssue({ ...issue, input: value } as never);
    return data ?? z.NEVER;
  });

/**
 * An object with these keys only; one that it has not is named with the nearest that there are.
 *
 * @param others keys of its kin, and what has them.
 */
export function object<const Shape extends z.core.$ZodLooseShape>(
  shape: Shape,
  others: Readonly<Record<string, string>> = {},
) {
  const refused = (key: string) =>
    Object.hasOwn(others, key)
      ? `'${key}' belongs to ${others[key]}`
      : `unknown key '${printable(key)}': ${offer(key, new Set([...Object.keys(shape), ...Object.keys(others)]))}`;
  return z.strictObject(shape, {
    error: (issue) =>
      issue.code === 'unrecognized_keys' ? (issue.keys as string[]).map(refused).join('; ') : undefined,
  });
}

const enumerator = z.strictObject({ enum: identifier, name: identifier });

/** @param larger what to do instead, where a number is too large. */
const numberOr = (larger: string) =>
  z
    .number()
    .refine(Number.isInteger, { error: ({ input }) => `found ${shown(input)}; allowed: a whole number` })
    .refine((value) => !Number.isInteger(value) || Number.isSafeInteger(value), {
      error: `a number must be exact, which it is up to 2^53 - 1${larger}`,
    });
const number = numberOr('');
const word = z.union(
  [number, enumerator, z.strictObject({ bits: z.array(enumerator) })],
  allowed('a whole number of at most 53 bits, or a value that goes by a name'),
);

/** An expression in a call: no statement, no directive, no comment that would swallow what follows. */
const expression = line
  .min(1, "an expression of C, as '&port'")
  .max(200, "an expression of C, as '&port', of at most 200 characters")
  .superRefine((text, context) => {
    const odd = /[;{}#\\]|\/[/*]|\*\/|\?\?/.exec(text)?.[0];
    const why =
      odd !== undefined
        ? `${/[/*?]/.test(odd) ? 'no comment or trigraph' : 'none of ; { } # \\'} may stand in it, and '${odd}' does; more than an expression goes into an op: LAB_OP(name, …)`
        : isBalanced(text)
          ? null
          : 'its parentheses do not match';
    if (why !== null)
      context.addIssue({
        code: 'custom',
        message: `found ${shown(text)}; allowed: an expression of C, as '&port'; ${why}`,
      });
  });

/** Does each parenthesis that closes close one that is open, and none stay open? */
function isBalanced(text: string): boolean {
  let open = 0;
  for (const [mark] of text.replace(/"[^"]*"|'[^']*'/g, '').matchAll(/[()]/g)) {
    open += mark === '(' ? 1 : -1;
    if (open < 0) return false;
  }
  return open === 0;
}

const values = "a whole number, a value that goes by a name, or in a call an expression of C, as '&port'";
const arg = chosen((value) => {
  if (typeof value === 'number') return number;
  if (typeof value === 'string') return expression;
  if (typeof value !== 'object' || value === null) return values;
  return 'fault' in value
    ? z.strictObject({ fault: identifier })
    : 'shown' in value
      ? z.strictObject({ shown: line, is: word })
      : values;
});
const exactly = numberOr(": a larger one is given as a string, as '0x123456789abcdef0'");
const callArg = chosen((value) =>
  typeof value === 'number'
    ? exactly
    : typeof value === 'string'
      ? expression
      : "a whole number, or an expression of C in a string, as '&port' or '0x123456789abcdef0'",
);

const opStep = z.strictObject({ op: identifier, args: z.array(arg) });
const callStep = z.strictObject({ call: identifier, args: z.array(callArg) });

const step = chosen((value) =>
  typeof value === 'object' && value !== null && 'call' in value ? callStep : opStep,
);

const path = line.regex(
  /^[A-Za-z_]\w*(\[\d+\])*(\.[A-Za-z_]\w*(\[\d+\])*)*$/,
  "a path begins with a variable of the C, as 'port.busy'",
);

const observed = z.union(
  [path, z.strictObject({ returned: z.string(), step: z.number().int().nonnegative() })],
  allowed(
    "a path from a variable of the C, as 'port.busy', or what a step returned, as returned('actor', 0)",
  ),
);

const stageName = z.union([line.min(1), z.int().nonnegative()]);
const stageExpectation = z.union([
  z.enum(['fails', 'holds']),
  z.strictObject({ failsThrough: stageName, mendedBy: z.array(stageName).min(1).optional() }),
  z.strictObject({ failsFrom: stageName }),
  z.strictObject({ failsBetween: z.tuple([stageName, stageName]) }),
  z.strictObject({ failsOnlyAt: stageName }),
]);

const expectations =
  "'fails', 'holds', { failsThrough, failsFrom or failsOnlyAt: a stage }, { failsBetween: two stages }, or { fine, wide } with one of these each";

const outcomes = z.array(
  z.strictObject({
    when: z.record(z.string(), z.number().nullable().optional()),
    grade: z.enum(['acceptable', 'interesting', 'forbidden']),
    note: line,
  }),
);

const source = line.min(1);

const common = {
  title: line,
  reference: line.optional(),
  source: z.union([source, z.array(source).min(1)]).optional(),
  stage: line.optional(),
  from: stageName.optional(),
  config: z.record(identifier, z.boolean()).optional(),
  expect: z
    .union(
      [stageExpectation, z.strictObject({ fine: stageExpectation, wide: stageExpectation })],
      allowed(expectations),
    )
    .optional(),
};

const machinery = {
  names: z.record(path, z.union([path, z.strictObject({ path, as: identifier })])).optional(),
  given: z.record(path, word).optional(),
  setup: z.array(step).optional(),
  faults: z.record(identifier, z.number().int().positive().max(0xffff_ffff)).optional(),
};

const processor = () => `a processor is a whole number from 0 to ${processors() - 1}`;
const spec = object({
  steps: z.array(step),
  context: z
    .enum(contexts, {
      error: ({ input }) => `found ${shown(input)}; allowed: ${contexts.map((one) => `'${one}'`).join(', ')}`,
    })
    .optional(),
  cpu: z
    .int({ error: processor })
    .refine((cpu) => cpu >= 0 && cpu < processors(), { error: processor })
    .optional(),
});
const actor = chosen((value) => {
  if (Array.isArray(value)) return z.array(step);
  const isSpec = typeof value === 'object' && value !== null;
  return isSpec ? spec : 'a list of steps, or { steps, context, cpu }';
});

const raceShape = {
  ...common,
  ...machinery,
  actors: z.record(z.string(), actor),
  observe: z.record(z.string(), observed),
  exclusive: z.array(path).optional(),
  outcomes: outcomes.min(1),
};

const steps = z
  .array(
    z.union(
      [step, z.strictObject({ name: z.string(), what: z.union([path, step]) })],
      allowed("a step, as op('kick', 1), or observe('name', …) of a field or of a step"),
    ),
  )
  .min(1);

const sequentialShape = {
  ...common,
  ...machinery,
  steps: steps.optional(),
  sequences: z.record(z.string(), steps).optional(),
  sweepFaults: z.boolean().optional(),
  outcomes: outcomes.optional(),
};

const layoutShape = {
  ...common,
  apart: z
    .record(line, z.array(line).min(1))
    .refine((structs) => Object.keys(structs).length > 0, 'it names no struct'),
};

/** A key that is misspelt may be what says which kind of scenario it is. */
const kinds: Readonly<Record<string, string>> = {
  ...Object.fromEntries(Object.keys(layoutShape).map((key) => [key, 'layout(), with apart'])),
  ...Object.fromEntries(Object.keys(sequentialShape).map((key) => [key, 'sequence(), with steps'])),
  ...Object.fromEntries(Object.keys(raceShape).map((key) => [key, 'scenario(), with actors'])),
};
const race = object(raceShape, kinds);
const sequential = object(sequentialShape, kinds);
const layout = object(layoutShape, kinds);

const nameRule = 'names are letters, digits and _, as in C';
const isName = (name: string) => /^[A-Za-z_]\w*$/.test(name) && name !== '__proto__';
/** Of a sequence: nothing in C is called by it. */
const sequenceRule = 'names of sequences are letters, digits, _, - and spaces';
const isSequenceName = (name: string) => /^[\w -]+$/.test(name) && name !== '__proto__';

type Refuse = (message: string, hint?: string) => never;

/**
 * Checks at run time what `scenario()`, `sequence()` and `layout()` check at compile time, for files that no
 * compiler has seen.
 *
 * @param origin the file or name it came from, for the error.
 * @throws LostbitError `E_BAD_SCENARIO` naming the place.
 */
export function checkScenario(value: unknown, origin: string): Scenario {
  try {
    return checked(value, origin);
  } catch (error) {
    if (error instanceof LostbitError) throw error;
    // A property that throws when it is read.
    throw new LostbitError(
      'E_BAD_SCENARIO',
      `${printable(origin)}: ${printableLines((error as Error).message)}`,
      {},
      error,
    );
  }
}

function checked(value: unknown, from: string): Scenario {
  const origin = printable(from);
  const refuse: Refuse = (message, hint) => {
    throw new LostbitError('E_BAD_SCENARIO', `${origin}: ${message}`, hint === undefined ? {} : { hint });
  };
  if (typeof value !== 'object' || value === null) return refuse('not a scenario: it is not an object');
  // Before the schema, which would pass over a key named __proto__ in silence.
  for (const part of ['actors', 'observe', 'sequences'] as const) {
    const names = Object.keys((value as Record<string, object | undefined>)[part] ?? {});
    for (const name of names) {
      const [fits, rule] = part === 'sequences' ? [isSequenceName, sequenceRule] : [isName, nameRule];
      if (!fits(name)) refuse(`'${printable(name)}' in ${part} is not a valid name`, rule);
      if (part === 'actors' && name.length > ownLimits().name)
        refuse(`actor '${printable(name)}' has a name of more than ${ownLimits().name} characters`);
    }
  }
  const shape = 'actors' in value ? race : 'apart' in value ? layout : sequential;
  const parsed = shape.safeParse(value);
  if (!parsed.success) return refuse(`not a scenario:\n${printableLines(z.prettifyError(parsed.error))}`);
  const scenario = parsed.data as Scenario;
  if (isLayout(scenario)) return scenario;

  const excess = excessOf(scenario);
  if (excess !== null) refuse(excess.message, excess.hint);
  checkSteps(scenario.setup ?? [], refuse);
  const names = isRace(scenario) ? checkRace(scenario, refuse) : checkSequences(scenario, refuse);
  for (const { when } of scenario.outcomes ?? [])
    for (const name of Object.keys(when)) known(name, names, 'observation in an outcome', refuse);
  return scenario;
}

function known(name: string, names: readonly string[], what: string, refuse: Refuse): void {
  if (!names.includes(name))
    refuse(`unknown ${what} '${printable(name)}'`, offer(name, names, 'nothing is observed'));
}

/** Only a call takes C: what an op is called with is a value. */
function checkSteps(steps: readonly Step[], refuse: Refuse): void {
  for (const step of steps) {
    const text = step.call === undefined ? step.args.find((arg) => typeof arg === 'string') : undefined;
    if (text !== undefined)
      refuse(
        `op '${printable(nameOf(step))}' is given '${printable(String(text))}', and takes numbers only`,
        `to pass an expression of C, call a function: call('${printable(nameOf(step))}', '${printable(String(text))}')`,
      );
  }
}

/** Returns the names of what it observes. */
function checkRace(scenario: RaceScenario, refuse: Refuse): string[] {
  const actors = Object.keys(scenario.actors);
  for (const actor of Object.values(scenario.actors)) checkSteps(actorOf(actor).steps, refuse);
  for (const [name, what] of Object.entries(scenario.observe)) {
    if (typeof what === 'string') continue;
    known(what.returned, actors, `actor in observe.${name}`, refuse);
    const steps = actorOf(scenario.actors[what.returned]!).steps.length;
    if (what.step >= steps)
      refuse(`observe.${name}: actor '${what.returned}' has ${steps} steps, no step ${what.step}`);
  }
  return Object.keys(scenario.observe);
}

/** Returns the names of what they observe. */
function checkSequences(scenario: SequenceScenario, refuse: Refuse): string[] {
  const sequences = Object.values(sequencesOf(scenario));
  if (sequences.length === 0) refuse('it has no steps', 'give it actors, steps, sequences or apart');
  const items = sequences.flat();
  for (const item of items) {
    if (!isObservation(item)) checkSteps([item], refuse);
    else if (typeof item.what !== 'string') checkSteps([item.what], refuse);
  }
  for (const [name, sequence] of Object.entries(sequencesOf(scenario))) {
    const seen = sequence.filter(isObservation).map((item) => item.name);
    const odd = seen.find((one) => !isName(one));
    if (odd !== undefined) refuse(`'${printable(odd)}' is not a valid name for what is observed`, nameRule);
    const twice = seen.find((one, i) => seen.indexOf(one) !== i);
    if (twice !== undefined) refuse(`sequence '${name}' observes '${twice}' twice`);
  }
  return [...new Set(items.filter(isObservation).map(({ name }) => name))];
}
