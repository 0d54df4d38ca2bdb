import { z } from 'zod';
import { LostbitError } from '../errors.js';
import { offer } from '../nearest.js';
import { type Scenario, seriesStages } from './scenario.js';
import { bareFlags } from './steps.js';

/** Ops on the kernel as a whole. */
const kernelOps: readonly string[] = [
  'load',
  'unload',
  'param_write',
  'vga_notify',
  'fault',
  'fault_calls',
  'shutdown',
];
/** Actors a scenario may have; the C side's LAB_ACTORS. */
export const actorLimit = 16;
/** Steps an actor may have; the C side's LAB_STEPS. */
export const stepLimit = 16;
/** Characters of an actor's name; what the C side's task_struct has room for. */
const nameLimit = 15;
/** Values a scenario may observe; the C side's LAB_OBSERVED. */
export const observedLimit = 8;
/** Devices a scenario may plug in; the C side's LAB_DEVICES. */
export const deviceLimit = 8;

const device = z.union([
  z.strictObject({
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
  }),
  z.strictObject({ flags: z.literal(true) }),
]);

const step = z.strictObject({
  op: z.string(),
  device: z.string().nullable(),
  args: z
    .array(
      z
        .number()
        .int()
        .min(-(2 ** 31))
        .max(2 ** 32 - 1),
    )
    .max(6),
});

const observed = z.union([
  z.string().regex(/^\w+\./, 'a field path begins with a device, as in A.virq_disabled'),
  z.strictObject({ returned: z.string(), step: z.number().int().nonnegative() }),
]);

const stageExpectation = z.union([
  z.enum(['fails', 'holds']),
  z.strictObject({ failsThrough: z.enum(seriesStages) }),
]);

const shape = z.strictObject({
  title: z.string(),
  fact: z.number().int().optional(),
  stage: z.string().optional(),
  devices: z.record(z.string(), device),
  setup: z.array(step).max(2 * stepLimit),
  actors: z.record(z.string(), z.array(step).min(1).max(stepLimit)),
  observe: z.record(z.string(), observed),
  outcomes: z
    .array(
      z.strictObject({
        when: z.record(z.string(), z.number().nullable().optional()),
        grade: z.enum(['acceptable', 'interesting', 'forbidden']),
        note: z.string(),
      }),
    )
    .min(1),
  expect: z
    .union([stageExpectation, z.strictObject({ fine: stageExpectation, wide: stageExpectation })])
    .optional(),
});

/**
 * Checks at run time what `scenario()` checks at compile time, for files that no compiler has seen.
 *
 * @param origin the file or name it came from, for the error.
 * @throws LostbitError `E_BAD_SCENARIO` naming the place.
 */
export function checkScenario(value: unknown, origin: string): Scenario {
  const refuse = (message: string, hint?: string): never => {
    throw new LostbitError('E_BAD_SCENARIO', `${origin}: ${message}`, hint === undefined ? {} : { hint });
  };
  // Before the schema, which would pass over a key named __proto__ in silence.
  for (const part of ['devices', 'actors', 'observe'] as const) {
    const names = Object.keys((value as Partial<Scenario> | null | undefined)?.[part] ?? {});
    for (const name of names) {
      if (!/^[A-Za-z_]\w*$/.test(name) || name === '__proto__')
        refuse(`'${name}' in ${part} is no name`, 'names are letters, digits and _, as in C');
      if (part === 'actors' && name.length > nameLimit)
        refuse(`actor '${name}' has a name of more than ${nameLimit} characters`);
    }
  }
  const parsed = shape.safeParse(value);
  if (!parsed.success) return refuse(`not a scenario:\n${z.prettifyError(parsed.error)}`);
  const scenario = parsed.data as Scenario;

  const within = (count: number, low: number, high: number, what: string) => {
    if (count < low || count > high) refuse(`${count} ${what}; a scenario has ${low} to ${high}`);
  };
  const actors = Object.keys(scenario.actors);
  const devices = Object.keys(scenario.devices);
  within(actors.length, 2, actorLimit, 'actors');
  within(devices.length, 1, deviceLimit, 'devices');
  within(Object.keys(scenario.observe).length, 1, observedLimit, 'observed values');

  const known = (name: string, names: readonly string[], what: string) => {
    if (!names.includes(name)) refuse(`unknown ${what} '${name}'`, offer(name, names));
  };
  for (const step of [scenario.setup, ...Object.values(scenario.actors)].flat()) {
    if (step.device !== null) known(step.device, devices, `device of a step '${step.op}':`);
    else if (!kernelOps.includes(step.op)) refuse(`a step '${step.op}' needs a device`);
    if (step.op === 'flag_write' && bareFlags[step.args[0] ?? -1] === undefined)
      refuse('flag_write of an unknown flag');
  }
  for (const [name, what] of Object.entries(scenario.observe)) {
    if (typeof what === 'string')
      known(what.slice(0, what.indexOf('.')), devices, `device in observe.${name}`);
    else {
      known(what.returned, actors, `actor in observe.${name}`);
      const steps = scenario.actors[what.returned]?.length ?? 0;
      if (what.step >= steps)
        refuse(`observe.${name}: actor '${what.returned}' has ${steps} steps, no step ${what.step}`);
    }
  }
  for (const { when } of scenario.outcomes)
    for (const name of Object.keys(when))
      known(name, Object.keys(scenario.observe), 'observation in an outcome');
  return scenario;
}
