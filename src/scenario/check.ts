// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { inspect } from 'node:util';
import { z } from 'zod';
import { LostbitError } from '../errors.js';
import { offer } from '../nearest.js';
import { isPrintable, printable, printableLines } from '../printable.js';
import { excessOf, ownLimits } from './limits.js';
import {
  configurable,
  isLayout,
  isObservation,
  isRace,
  type RaceScenario,
  type Scenario,
  type SequenceScenario,
  sequencesOf,
  seriesStages,
} from './scenario.js';
import type { Enumeration } from './steps/names.js';
import {
  type Arg,
  adapterEvents,
  bareFlags,
  type FaultName,
  faults,
  migrationStates,
  modules,
  parameters,
  type Step,
} from './steps.js';

/** The message for what fits none of a union's shapes; zod's own is only that the input is invalid. */
const allowed = (shapes: string) => ({
  error: ({ input }: { readonly input?: unknown }) => `found ${shown(input)}; allowed: ${shapes}`,
});

/** A value from outside, in a few characters. */
function shown(value: unknown): string {
  const text = inspect(value, { depth: 1, breakLength: Number.POSITIVE_INFINITY, customInspect: false });
  return text.length > 60 ? `${text.slice(0, 60)}…` : text;
}

/** Ops on the kernel as a whole. */
const kernelOps: readonly string[] = [
  'load',
  'unload',
  'param_write',
  'vga_notify',
  'fault',
  'fault_calls',
  'work',
  'shutdown',
];
/** What is shown in a line. */
const line = z.string().refine(isPrintable, 'a line without control characters');

const pciFunction = z.strictObject({
  intx: z.boolean().optional(),
  bus: z.int().nonnegative().max(255).optional(),
  flr: z.boolean().optional(),
  noSoftReset: z.boolean().optional(),
  msix: z.int().nonnegative().max(2048).optional(),
  express: z.boolean().optional(),
  vga: z.boolean().optional(),
  belowBridge: z.boolean().optional(),
  vfs: z.int().nonnegative().max(256).optional(),
  msi: z.int().nonnegative().max(32).optional(),
  dynMsix: z.boolean().optional(),
  denylisted: z.boolean().optional(),
  virtfn: z.boolean().optional(),
  mlx5: z.boolean().optional(),
  brokenIntx: z.boolean().optional(),
  extended: z.boolean().optional(),
});
const bareFlagsOnly = z.strictObject({ flags: z.literal(true) });

/** The error of a union does not say what would be valid, so that this is said here. */
const device = z.unknown().transform((value, context) => {
  const shape = typeof value === 'object' && value !== null && 'flags' in value ? bareFlagsOnly : pciFunction;
  const { data, error } = shape.safeParse(value);
  for (const issue of error?.issues ?? []) context.addIssue({ ...issue, input: value } as never);
  return data ?? z.NEVER;
});

/** What arguments may be called by. */
const names: Readonly<Record<Enumeration, readonly string[]>> = {
  module: modules,
  parameter: parameters,
  fault: faults,
  flag: bareFlags,
  migrationState: migrationStates,
  adapterEvent: adapterEvents,
};
const enumeration = z.enum(Object.keys(names) as Enumeration[]);

const step = z.strictObject({
  op: line,
  device: z.string().nullable(),
  args: z.array(
    z.union([
      z
        .number()
        .int()
        .min(-(2 ** 31))
        .max(2 ** 32 - 1),
      z.strictObject({ of: enumeration, name: z.string() }),
      z.strictObject({ of: enumeration, names: z.array(z.string()) }),
    ]),
  ),
});

const path = line.regex(/^\w+\./, 'a field path begins with a device, as in A.virq_disabled');

const observed = z.union(
  [path, z.strictObject({ returned: z.string(), step: z.number().int().nonnegative() })],
  allowed("a field of a device, as 'A.virq_disabled', or what a step returned, as returned('actor', 0)"),
);

const stageExpectation = z.union([
  z.enum(['fails', 'holds']),
  z.strictObject({ failsThrough: z.enum(seriesStages) }),
]);

const stagesInWords = seriesStages.map((stage) => `'${stage}'`).join(', ');
const expectations = `'fails', 'holds', { failsThrough: one of ${stagesInWords} }, or { fine, wide } with one of these each`;

const outcomes = z.array(
  z.strictObject({
    when: z.record(z.string(), z.number().nullable().optional()),
    grade: z.enum(['acceptable', 'interesting', 'forbidden']),
    note: line,
  }),
);

const common = {
  title: line,
  fact: z.number().int().optional(),
  stage: line.optional(),
  from: z.enum(seriesStages).optional(),
  config: z.partialRecord(z.enum(configurable), z.boolean()).optional(),
  expect: z
    .union(
      [stageExpectation, z.strictObject({ fine: stageExpectation, wide: stageExpectation })],
      allowed(expectations),
    )
    .optional(),
};

const machinery = {
  devices: z.record(z.string(), device),
  setup: z.array(step).optional(),
  faults: z.record(z.string(), z.int().positive().max(0xffff_ffff)).optional(),
};

const race = z.strictObject({
  ...common,
  ...machinery,
  actors: z.record(z.string(), z.array(step)),
  observe: z.record(z.string(), observed),
  exclusive: z.array(path).optional(),
  outcomes: outcomes.min(1),
});

const steps = z
  .array(
    z.union(
      [step, z.strictObject({ name: z.string(), what: z.union([path, step]) })],
      allowed("a step, as open('A'), or observe('name', …) of a field or of a step"),
    ),
  )
  .min(1);

const sequential = z.strictObject({
  ...common,
  ...machinery,
  steps: steps.optional(),
  sequences: z.record(z.string(), steps).optional(),
  sweepFaults: z.boolean().optional(),
  outcomes: outcomes.optional(),
});

const layout = z.strictObject({
  ...common,
  apart: z
    .record(line, z.array(line).min(1))
    .refine((structs) => Object.keys(structs).length > 0, 'it names no struct'),
});

const nameRule = 'names are letters, digits and _, as in C';
const isName = (name: string) => /^[A-Za-z_]\w*$/.test(name) && name !== '__proto__';

type Refuse = (message: string, hint?: string) => never;

/**
 * Checks at run time what `scenario()`, `sequence()` and `layout()` check at compile time, for files that no
 * compiler has seen.
 *
 * @param origin the file or name it came from, for the error.
 * @throws LostbitError `E_BAD_SCENARIO` naming the place, `E_UNKNOWN_FAULT`.
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
  for (const part of ['devices', 'actors', 'observe', 'sequences'] as const) {
    const names = Object.keys((value as Record<string, object | undefined>)[part] ?? {});
    for (const name of names) {
      if (part === 'sequences' ? !/^[\w -]+$/.test(name) || name === '__proto__' : !isName(name))
        refuse(`'${printable(name)}' in ${part} is not a valid name`, nameRule);
      if (part === 'actors' && name.length > ownLimits().name)
        refuse(`actor '${printable(name)}' has a name of more than ${ownLimits().name} characters`);
    }
  }
  const shape = 'actors' in value ? race : 'apart' in value ? layout : sequential;
  const parsed = shape.safeParse(value);
  if (!parsed.success) return refuse(`not a scenario:\n${printableLines(z.prettifyError(parsed.error))}`);
  const scenario = parsed.data as Scenario;
  if (isLayout(scenario)) return scenario;

  const devices = Object.keys(scenario.devices);
  const excess = excessOf(scenario);
  if (excess !== null) refuse(excess.message, excess.hint);
  for (const name of Object.keys(scenario.faults ?? {})) checkFault(name, origin);
  checkSteps(scenario.setup ?? [], devices, refuse);
  const names = isRace(scenario)
    ? checkRace(scenario, devices, refuse)
    : checkSequences(scenario, devices, refuse);
  for (const { when } of scenario.outcomes ?? [])
    for (const name of Object.keys(when)) known(name, names, 'observation in an outcome', refuse);
  return scenario;
}

function known(name: string, names: readonly string[], what: string, refuse: Refuse): void {
  if (!names.includes(name)) refuse(`unknown ${what} '${printable(name)}'`, offer(name, names));
}

/** @throws LostbitError `E_UNKNOWN_FAULT` for a function that cannot be made to fail. */
export function checkFault(name: string, origin: string): asserts name is FaultName {
  if ((faults as readonly string[]).includes(name)) return;
  throw new LostbitError(
    'E_UNKNOWN_FAULT',
    `${printable(origin)}: '${printable(name)}' is not a function that can be made to fail`,
    {
      hint: offer(name, faults),
    },
  );
}

function checkSteps(steps: readonly Step[], devices: readonly string[], refuse: Refuse): void {
  for (const step of steps) {
    if (step.device !== null)
      known(step.device, devices, `device of a step '${printable(step.op)}':`, refuse);
    else if (!kernelOps.includes(step.op)) refuse(`a step '${printable(step.op)}' needs a device`);
    if (step.op === 'flag_write' && typeof step.args[0] !== 'object') refuse('flag_write of an unknown flag');
    for (const arg of step.args) checkArg(arg, refuse);
  }
}

function checkArg(arg: Arg, refuse: Refuse): void {
  if (typeof arg === 'number') return;
  for (const name of 'name' in arg ? [arg.name] : arg.names) known(name, names[arg.of], `${arg.of}`, refuse);
}

/** Returns the names of what it observes. */
function checkRace(scenario: RaceScenario, devices: readonly string[], refuse: Refuse): string[] {
  const actors = Object.keys(scenario.actors);
  checkSteps(Object.values(scenario.actors).flat(), devices, refuse);
  for (const field of scenario.exclusive ?? [])
    known(field.slice(0, field.indexOf('.')), devices, 'device in exclusive:', refuse);
  for (const [name, what] of Object.entries(scenario.observe)) {
    if (typeof what === 'string')
      known(what.slice(0, what.indexOf('.')), devices, `device in observe.${name}`, refuse);
    else {
      known(what.returned, actors, `actor in observe.${name}`, refuse);
      const steps = scenario.actors[what.returned]?.length ?? 0;
      if (what.step >= steps)
        refuse(`observe.${name}: actor '${what.returned}' has ${steps} steps, no step ${what.step}`);
    }
  }
  return Object.keys(scenario.observe);
}

/** Returns the names of what they observe. */
function checkSequences(scenario: SequenceScenario, devices: readonly string[], refuse: Refuse): string[] {
  const sequences = Object.values(sequencesOf(scenario));
  if (sequences.length === 0) refuse('it has no steps', 'give it actors, steps, sequences or apart');
  const items = sequences.flat();
  for (const item of items) {
    if (!isObservation(item)) checkSteps([item], devices, refuse);
    else if (typeof item.what !== 'string') checkSteps([item.what], devices, refuse);
    else
      known(
        item.what.slice(0, item.what.indexOf('.')),
        devices,
        `device in '${printable(item.name)}'`,
        refuse,
      );
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
