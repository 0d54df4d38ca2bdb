// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import type { BitfieldAccess } from '../toolchain/types.js';
import type { FaultName, Step } from './steps.js';

/** What is plugged in: a PCI function, or nothing but a word of flags. */
export type DeviceSpec = PciDeviceSpec | FlagsSpec;

export interface PciDeviceSpec {
  /** The function has an interrupt pin. Default: false. */
  readonly intx?: boolean;
  /** Functions with equal numbers share a bus, and a reset of it. Default: a bus of its own that cannot be reset. */
  readonly bus?: number;
  /** It can be reset by itself. */
  readonly flr?: boolean;
  /** It keeps its state on the way back from D3hot. */
  readonly noSoftReset?: boolean;
  /** Vectors of MSI-X. */
  readonly msix?: number;
  /** It has a PCI Express capability. */
  readonly express?: boolean;
  /** It is a VGA adapter. */
  readonly vga?: boolean;
  /** A VGA adapter's bus is not the root bus. */
  readonly belowBridge?: boolean;
  /** Virtual functions that it can have. */
  readonly vfs?: number;
  /** Vectors of MSI, up to 32. */
  readonly msi?: number;
  /** Vectors of MSI-X can be added while others are in use. */
  readonly dynMsix?: boolean;
  /** It is of a kind that vfio-pci denies to users by default. */
  readonly denylisted?: boolean;
  /** It is a virtual function: without a pin, and with memory that is always on. */
  readonly virtfn?: boolean;
  /** It is a virtual function of an mlx5 adapter. Such a one can be reset by itself. */
  readonly mlx5?: boolean;
  /** It is of a kind whose interrupt pin is known not to be usable. */
  readonly brokenIntx?: boolean;
  /** It has a PCI Express capability, and config space of 4 KiB. */
  readonly extended?: boolean;
}

/** Flags with no driver around them (`struct lab_flags`). */
export interface FlagsSpec {
  readonly flags: true;
}

/**
 * A field of a device, as a path from its struct (`struct vfio_pci_core_device`; `struct lab_flags` for bare
 * flags; `struct mlx5vf_pci_core_device` for a VF of an mlx5 adapter): `A.virq_disabled`, `A.tracker.is_err`,
 * `A.pdev.dev.power.usage_count`. Pointers are followed. `A.pdev.…` is there while no driver is bound, too; so is
 * `A.vga.…`, what the arbiter keeps of a VGA adapter.
 */
export type FieldPath<Device extends string = string> = `${Device}.${string}`;

/** The return value of an actor's step: what it read, 0, or a negative errno. */
export interface Returned<Actor extends string = string> {
  readonly returned: Actor;
  /** Index of the step among the actor's. */
  readonly step: number;
}

/** Observes what a step of an actor returned (by default, its first step). */
export function returned<const A extends string>(actor: A, step = 0): Returned<A> {
  return { returned: actor, step };
}

/** Does a race observe what a step returned? */
export function observesReturn(
  { observe }: Pick<RaceScenario, 'observe'>,
  actor: string,
  step: number,
): boolean {
  return Object.values(observe).some(
    (what) => typeof what === 'object' && what.returned === actor && what.step === step,
  );
}

export type Grade = 'acceptable' | 'interesting' | 'forbidden';
export type Verdict = 'fails' | 'holds';

/** Outcomes that a pattern covers, and what they mean. Names left out match any value. */
export interface OutcomePattern<Name extends string = string> {
  readonly when: { readonly [N in Name]?: number | null };
  readonly grade: Grade;
  readonly note: string;
}

/** The stages of the embedded series, in order. */
export const seriesStages = ['base', 'p1', 'p2', 'p3', 'p4', 'p5'] as const;
export type SeriesStage = (typeof seriesStages)[number];

/** What should come out: the same at every stage, or `fails` up to and with a stage of the series. */
export type StageExpectation = Verdict | { readonly failsThrough: SeriesStage };

/** An expectation, or one for each access mode where they differ. */
export type Expectation = StageExpectation | { readonly [Access in BitfieldAccess]: StageExpectation };

/** Parts of the kernel's configuration that the excerpt asks for, by their names without `CONFIG_`. */
export const configurable = ['VFIO_PCI_VGA'] as const;

/** What is not as usual in the kernel's configuration: `{ VFIO_PCI_VGA: false }`. */
export type KernelConfig = { readonly [Symbol in (typeof configurable)[number]]?: boolean };

/** What all scenarios have. */
interface Common {
  /** What happens, in a sentence. */
  readonly title: string;
  /** Number of the fact it shows, where there is one. */
  readonly fact?: number;
  /** The stage it is run at when none is asked for. Default: `base`. */
  readonly stage?: SeriesStage | 'control';
  /** The first stage of the series that it applies to. Default: `base`. */
  readonly from?: SeriesStage;
  readonly config?: KernelConfig;
  /** The verdict that is expected. Without it anything forbidden is unexpected. */
  readonly expect?: Expectation;
}

/** A kernel with devices, made ready. */
interface Machinery<D extends string> {
  readonly devices: { readonly [Name in D]: DeviceSpec };
  /** Steps that run before everything else, one after the other; each must succeed. */
  readonly setup?: readonly Step<NoInfer<D>>[];
  /** Functions of the kernel that fail after the set-up, each at its n-th call from there on. */
  readonly faults?: { readonly [Function in FaultName]?: number };
}

/** A scenario of actors that run at the same time; `scenario()` infers the names in it. */
export interface RaceDefinition<D extends string, A extends string, O extends string>
  extends Common,
    Machinery<D> {
  /** 2 to 16 actors, each a list of steps; actors run at the same time. */
  readonly actors: { readonly [Name in A]: readonly Step<NoInfer<D>>[] };
  /** Values read when all actors are done. */
  readonly observe: { readonly [Name in O]: FieldPath<NoInfer<D>> | Returned<NoInfer<A>> };
  /**
   * Fields that one actor at a time has for itself, as KCSAN's `ASSERT_EXCLUSIVE_BITS()` says it: two that touch such a
   * field's bits, at least one of them writing, must be ordered by a lock or by atomic accesses. To touch is to mean these
   * bits, or to write them back with their neighbours. A breach is a violation `not-exclusive`, which `lostbit simulate`
   * and `verify` report; neither a race on real threads nor a replay sees it. What a path leads through must be there
   * after the set-up.
   */
  readonly exclusive?: readonly FieldPath<NoInfer<D>>[];
  /** The first pattern that matches grades an outcome; one that none matches is forbidden. */
  readonly outcomes: readonly OutcomePattern<NoInfer<O>>[];
}

/** A value that is observed between two steps, or what a step returns. */
export interface Observation<Device extends string = string, Name extends string = string> {
  readonly name: Name;
  readonly what: FieldPath<Device> | Step<Device>;
}

/** Observes a field at this point of a sequence, or runs a step and observes what it returns. */
export function observe<const N extends string, const D extends string = string>(
  name: N,
  what: FieldPath<D> | Step<D>,
): Observation<D, N> {
  return { name, what };
}

/** Steps that run one after the other, and what is seen between them. */
export type Sequence<Device extends string = string, Name extends string = string> = readonly (
  | Step<Device>
  | Observation<Device, Name>
)[];

/** A scenario without concurrency; `sequence()` infers the names in it. */
export interface SequenceDefinition<D extends string, O extends string> extends Common, Machinery<D> {
  /** What happens. A step may fail; a step that must not is observed. */
  readonly steps?: Sequence<NoInfer<D>, O>;
  /** Several of these, by name, each on a machine of its own. */
  readonly sequences?: { readonly [name: string]: Sequence<NoInfer<D>, O> };
  /** Run again and again, with every fallible call of the kernel failing once. Nothing may be left unbalanced. */
  readonly sweepFaults?: boolean;
  /** Grades what was observed, as in a race. Without patterns nothing is forbidden but violations. */
  readonly outcomes?: readonly OutcomePattern<O>[];
}

/** A scenario that needs no run: fields which must not share a byte with any other. */
export interface LayoutDefinition extends Common {
  /** By struct tag, the fields that need bytes of their own. */
  readonly apart: { readonly [struct: string]: readonly string[] };
}

/** Scenarios with their names forgotten: what engines and reports work on. */
export type RaceScenario = RaceDefinition<string, string, string>;
export type SequenceScenario = SequenceDefinition<string, string>;
export type LayoutScenario = LayoutDefinition;
export type Scenario = RaceScenario | SequenceScenario | LayoutScenario;

export const isRace = (scenario: Scenario): scenario is RaceScenario => 'actors' in scenario;
export const isLayout = (scenario: Scenario): scenario is LayoutScenario => 'apart' in scenario;
export const isSequence = (scenario: Scenario): scenario is SequenceScenario =>
  !isRace(scenario) && !isLayout(scenario);

/**
 * Declares a scenario of concurrent actors. An unknown device, a misspelt actor or observation and a wrong
 * grade are compile errors.
 */
export function scenario<const D extends string, const A extends string, const O extends string>(
  definition: RaceDefinition<D, A, O>,
): RaceScenario {
  return definition as unknown as RaceScenario;
}

/** Declares a scenario whose steps run one after the other. */
export function sequence<const D extends string, const O extends string = never>(
  definition: SequenceDefinition<D, O>,
): SequenceScenario {
  return definition as unknown as SequenceScenario;
}

/** Declares fields that must not share a byte with any other. */
export function layout(definition: LayoutDefinition): LayoutScenario {
  return definition;
}

/** A scenario's sequences by name; a single one has the empty name. */
export function sequencesOf({ steps, sequences }: SequenceScenario): Readonly<Record<string, Sequence>> {
  return { ...(steps === undefined ? {} : { '': steps }), ...sequences };
}

export const isObservation = (item: Step | Observation): item is Observation => 'what' in item;

/**
 * Does a scenario apply to a stage? To one beside the series (a control) apply its own scenarios, and those that expect the
 * same of every stage.
 */
export function appliesTo(
  { from, expect, stage: own }: Pick<Scenario, 'from' | 'expect' | 'stage'>,
  stage: string,
): boolean {
  const order: readonly string[] = seriesStages;
  if (!order.includes(stage)) return stage === own || (from === undefined && typeof expect !== 'object');
  return from === undefined || order.indexOf(stage) >= order.indexOf(from);
}

/** The verdict a scenario expects at a stage, or `null` where it expects none. */
export function expectedVerdict(
  scenario: Pick<Scenario, 'expect' | 'from' | 'stage'>,
  stage: string,
  access: BitfieldAccess,
): Verdict | null {
  const { expect } = scenario;
  if (expect === undefined || !appliesTo(scenario, stage)) return null;
  const atAccess = typeof expect === 'object' && access in expect ? expect[access as never] : expect;
  const expectation = atAccess as StageExpectation;
  if (typeof expectation === 'string') return expectation;
  const order: readonly string[] = seriesStages;
  const at = order.indexOf(stage);
  return at >= 0 && at <= order.indexOf(expectation.failsThrough) ? 'fails' : 'holds';
}
