// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import type * as general from '../../src/scenario/scenario.js';
import type { Devices } from './devices.js';
import { Machinery } from './machinery.js';
import type { FaultName } from './steps/faults.js';
import type { PlainStep, Step } from './steps/step.js';

// Scenarios with devices, which know what there is to plug in. What comes out is in the general language.

/**
 * A field of a device, as a path from its struct (`struct vfio_pci_core_device`; `struct mlx5vf_pci_core_device` for a VF
 * of an mlx5 adapter): `A.virq_disabled`, `A.tracker.is_err`, `A.pdev.dev.power.usage_count`. Pointers are followed.
 * `A.pdev.…` is there while no driver is bound, too; so is `A.vga.…`, what the arbiter keeps of a VGA adapter.
 */
export type FieldPath<Device extends string = string> = `${Device}.${string}`;

/** A kernel with devices, made ready. */
interface WithDevices<D extends string> extends Omit<general.Common, 'source'> {
  readonly devices: Devices<D>;
  /** Steps that run before everything else, one after the other; each must succeed. */
  readonly setup?: readonly Step<NoInfer<D>>[];
  /** Functions of the kernel that fail after the set-up, each at its n-th call from there on. */
  readonly faults?: { readonly [Function in FaultName]?: number };
}

/** An actor's steps, and where there is more to say of it, that. */
export type Actor<D extends string = string> =
  | readonly Step<D>[]
  | (Omit<general.ActorSpec, 'steps'> & { readonly steps: readonly Step<D>[] });

/** A scenario of actors that run at the same time. */
export interface RaceDefinition<D extends string, A extends string, O extends string> extends WithDevices<D> {
  /** 2 to 64 actors, each a list of steps; actors run at the same time. */
  readonly actors: { readonly [Name in A]: Actor<NoInfer<D>> };
  /** Values read when all actors are done. */
  readonly observe: { readonly [Name in O]: FieldPath<NoInfer<D>> | general.Returned<NoInfer<A>> };
  /** Fields that one actor at a time has for itself, as in the general language. */
  readonly exclusive?: readonly FieldPath<NoInfer<D>>[];
  /** The first pattern that matches grades an outcome; one that none matches is forbidden. */
  readonly outcomes: readonly general.OutcomePattern<NoInfer<O>>[];
}

/** A value that is observed between two steps, or what a step returns. */
export interface Observation<Device extends string = string, Name extends string = string> {
  readonly name: Name;
  readonly what: FieldPath<Device> | Step<Device>;
}

/** Observes a field at this point of a sequence, or runs a step and observes what it returns. */
export function observe<const N extends string>(name: N, what: PlainStep): Observation<never, N>;
export function observe<const N extends string, const D extends string>(
  name: N,
  what: FieldPath<D> | Step<D>,
): Observation<D, N>;
export function observe(name: string, what: FieldPath | Step): Observation {
  return { name, what };
}

/** Steps that run one after the other, and what is seen between them. */
export type Sequence<Device extends string = string, Name extends string = string> = readonly (
  | Step<Device>
  | Observation<Device, Name>
)[];

/** A scenario without concurrency. */
export interface SequenceDefinition<D extends string, O extends string> extends WithDevices<D> {
  /** What happens. A step may fail; a step that must not is observed. */
  readonly steps?: Sequence<NoInfer<D>, O>;
  /** Several of these, by name, each on a machine of its own. */
  readonly sequences?: { readonly [name: string]: Sequence<NoInfer<D>, O> };
  /** Run again and again, with every fallible call of the kernel failing once. Nothing may be left unbalanced. */
  readonly sweepFaults?: boolean;
  /** Grades what was observed, as in a race. Without patterns nothing is forbidden but violations. */
  readonly outcomes?: readonly general.OutcomePattern<O>[];
}

/**
 * Declares a scenario of concurrent actors. An unknown device, a misspelt actor or observation and a wrong
 * grade are compile errors.
 *
 * @throws LostbitError `E_BAD_SCENARIO` where no compiler has seen them.
 */
export function scenario<const D extends string, const A extends string, const O extends string>(
  definition: RaceDefinition<D, A, O>,
): general.RaceScenario {
  const { devices, setup, actors, observe, exclusive, ...rest } = definition;
  const machinery = new Machinery(devices);
  const stepsOf = (steps: readonly Step[]) => each(steps, machinery.step);
  return {
    ...(rest as general.Common),
    ...onMachine(machinery, setup),
    actors: eachValue<Actor, general.Actor>(actors, (actor) =>
      isActorSpec(actor) ? { ...actor, steps: stepsOf(actor.steps) } : stepsOf(actor),
    ),
    observe: eachValue<string | general.Returned, string | general.Returned>(observe, (what, name) =>
      typeof what === 'string' ? machinery.path(what, `observe.${name}`) : what,
    ),
    ...(exclusive && { exclusive: each(exclusive, (path) => machinery.path(path, 'exclusive:')) }),
    outcomes: definition.outcomes,
  };
}

/**
 * Declares a scenario whose steps run one after the other. In the end all is shut down (the op `shutdown`), so that what is
 * left behind shows.
 *
 * @throws LostbitError `E_BAD_SCENARIO`
 */
export function sequence<const D extends string, const O extends string = never>(
  definition: SequenceDefinition<D, O>,
): general.SequenceScenario {
  const { devices, setup, steps, sequences, ...rest } = definition;
  const machinery = new Machinery(devices);
  const whole = (items: Sequence): general.Sequence => each(items, (item) => itemOf(machinery, item));
  return {
    ...(rest as general.Common),
    ...onMachine(machinery, setup),
    ...(steps && { steps: whole(steps) }),
    ...(sequences && { sequences: eachValue(sequences, whole) }),
  };
}

function onMachine(machinery: Machinery, setup: readonly Step[] | undefined): general.Machinery {
  const { names, given } = machinery;
  return { names, given, ...(setup && { setup: each(setup, machinery.step) }) };
}

function itemOf(
  machinery: Machinery,
  item: Step | Observation,
): ReturnType<typeof machinery.step> | general.Observation {
  if (!isObservation(item)) return machinery.step(item);
  const { name, what } = item;
  return {
    ...item,
    what: typeof what === 'string' ? machinery.path(what, `'${name}'`) : machinery.step(what),
  };
}

// A file that no compiler has seen may have anything here. What has not even the right shape stays as it is: it is refused
// where the scenario as a whole is checked.

const each = <From, To>(list: readonly From[], to: (one: From) => To): readonly To[] =>
  Array.isArray(list) ? list.map(to) : (list as never);

const eachValue = <From, To>(
  object: { readonly [name: string]: From },
  to: (one: From, name: string) => To,
): { readonly [name: string]: To } =>
  typeof object === 'object' && object !== null
    ? Object.fromEntries(Object.entries(object).map(([name, one]) => [name, to(one, name)]))
    : object;

const isActorSpec = (actor: Actor): actor is Exclude<Actor, readonly Step[]> =>
  typeof actor === 'object' && actor !== null && 'steps' in actor;

const isObservation = (item: Step | Observation): item is Observation =>
  typeof item === 'object' && item !== null && 'what' in item;
