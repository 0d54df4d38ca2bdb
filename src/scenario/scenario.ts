import type { BitfieldAccess } from '../toolchain/types.js';
import type { Step } from './steps.js';

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
  /** It is a virtual function of an mlx5 adapter. Such a one can be reset by itself. */
  readonly mlx5?: boolean;
}

/** Flags with no driver around them (`struct lab_flags`). */
export interface FlagsSpec {
  readonly flags: true;
}

/**
 * A field of a device, as a path from its struct (`struct vfio_pci_core_device`; `struct lab_flags` for bare
 * flags; `struct mlx5vf_pci_core_device` for a VF of an mlx5 adapter): `A.virq_disabled`,
 * `A.pdev.dev.power.usage_count`, `A.tracker.is_err`. Pointers are followed.
 */
export type FieldPath<Device extends string = string> = `${Device}.${string}`;

/** The return value of an actor's step: what it read, 0, or a negative errno. */
export interface Returned<Actor extends string = string> {
  readonly returned: Actor;
  /** Index of the step among the actor's. */
  readonly step: number;
}

/** Observes what a step of an actor returned (its first step unless told). */
export function returned<const A extends string>(actor: A, step = 0): Returned<A> {
  return { returned: actor, step };
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

/** A scenario as its author writes it; `scenario()` infers the names of devices, actors and observations. */
export interface ScenarioDefinition<D extends string, A extends string, O extends string> {
  /** What happens, in a sentence. */
  readonly title: string;
  /** Number of the fact it shows, where there is one. */
  readonly fact?: number;
  /** The stage it is run at when none is asked for. Default: `base`. */
  readonly stage?: SeriesStage | 'control';
  readonly devices: { readonly [Name in D]: DeviceSpec };
  /** Steps that run before the actors, one after the other; each must succeed. */
  readonly setup: readonly Step<NoInfer<D>>[];
  /** 2 to 16 actors, each a list of steps; actors run at the same time. */
  readonly actors: { readonly [Name in A]: readonly Step<NoInfer<D>>[] };
  /** Values read when all actors are done. */
  readonly observe: { readonly [Name in O]: FieldPath<NoInfer<D>> | Returned<NoInfer<A>> };
  /** The first pattern that matches grades an outcome; one that none matches is forbidden. */
  readonly outcomes: readonly OutcomePattern<NoInfer<O>>[];
  /** The verdict that is expected. Without it anything forbidden is unexpected. */
  readonly expect?: Expectation;
}

/** A scenario with its names forgotten: what engines and reports work on. */
export type Scenario = ScenarioDefinition<string, string, string>;

/**
 * Declares a scenario. An unknown device, a misspelt actor or observation and a wrong grade are compile
 * errors.
 */
export function scenario<const D extends string, const A extends string, const O extends string>(
  definition: ScenarioDefinition<D, A, O>,
): Scenario {
  return definition as unknown as Scenario;
}

/** The verdict a scenario expects at a stage, or `null` where it expects none. */
export function expectedVerdict(
  scenario: Pick<Scenario, 'expect'>,
  stage: string,
  access: BitfieldAccess,
): Verdict | null {
  const { expect } = scenario;
  if (expect === undefined) return null;
  const atAccess = typeof expect === 'object' && access in expect ? expect[access as never] : expect;
  const expectation = atAccess as StageExpectation;
  if (typeof expectation === 'string') return expectation;
  const order: readonly string[] = seriesStages;
  const at = order.indexOf(stage);
  return at >= 0 && at <= order.indexOf(expectation.failsThrough) ? 'fails' : 'holds';
}
