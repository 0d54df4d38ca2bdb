// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import type { StageName } from '../source/find-stage.js';
import type { BitfieldAccess } from '../toolchain/types.js';
import type { Step, Word } from './step.js';

/**
 * A field, as a path from a variable of the subject's C, a static one too: `port.busy`, `opens`, `the_port.flags`,
 * `table[2].busy`. Pointers are followed. A path may begin with one of the scenario's `names` as well.
 */
export type FieldPath = string;

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

export type { StageName };

/** What should come out: the same at every stage, or `fails` at some of them and `holds` at all others. */
export type StageExpectation =
  | Verdict
  | {
      readonly failsThrough: StageName;
      /** All patches that it takes to mend it, where it is more than the next one: sources may have some of them. */
      readonly mendedBy?: readonly StageName[];
    }
  | { readonly failsFrom: StageName }
  | { readonly failsBetween: readonly [StageName, StageName] }
  | { readonly failsOnlyAt: StageName };

/** An expectation, or one for each access mode where they differ. */
export type Expectation = StageExpectation | { readonly [Access in BitfieldAccess]: StageExpectation };

/** Where a scenario's C is: a file, several, or a directory, beside the scenario's own file. */
export type SourcePath = string | readonly string[];

/** Where the paths that begin with a name lead: to a path of the C, whose pointer is taken for one to a struct of another tag. */
export type NamedPath = string | { readonly path: string; readonly as: string };

/** What all scenarios have. */
export interface Common {
  /** What happens, in a sentence. */
  readonly title: string;
  /** Where it is known from: a commit, a mail, a number in a list. */
  readonly reference?: string;
  /** Its C, where it belongs to no subject. */
  readonly source?: SourcePath;
  /** The stage it is run at when none is asked for. Default: `base`. */
  readonly stage?: string;
  /** The first stage of the series that it applies to. Default: `base`. */
  readonly from?: StageName;
  /** Macros that are defined otherwise than usual while the subject's C is compiled: `{ CONFIG_PM: false }`. */
  readonly config?: { readonly [macro: string]: boolean };
  /** The verdict that is expected. Without it anything forbidden is unexpected. */
  readonly expect?: Expectation;
}

/** A machine, made ready. */
export interface Machinery {
  /** Further names that paths can begin with, besides the C's own variables. */
  readonly names?: { readonly [name: string]: NamedPath };
  /** Values that variables of the C have before anything runs, by their paths. */
  readonly given?: { readonly [path: string]: Word };
  /** Steps that run before everything else, one after the other; each must succeed. */
  readonly setup?: readonly Step[];
  /** Functions of the kernel that fail after the set-up, each at its n-th call from there on. */
  readonly faults?: { readonly [kernelFunction: string]: number };
}

/** What a task runs as. */
export const contexts = ['process', 'irq', 'workqueue', 'softirq'] as const;
export type Context = (typeof contexts)[number];

/** An actor, where there is more to say of it than its steps. */
export interface ActorSpec {
  readonly steps: readonly Step[];
  /** What it runs as. Default: a process. */
  readonly context?: Context;
  /**
   * The processor, from 0, that it shares with the other actors that name it; by default it has one of its own. On a shared one an
   * interrupt begins between two accesses of the process or softirq that it interrupts and runs to its end, unless
   * interrupts are off; and so does a softirq between those of a process.
   */
  readonly cpu?: number;
}

export type Actor = readonly Step[] | ActorSpec;

/** An actor with nothing left out. */
export const actorOf = (actor: Actor): ActorSpec => (isSteps(actor) ? { steps: actor } : actor);
const isSteps = (actor: Actor): actor is readonly Step[] => Array.isArray(actor);

/** The processors that two actors or more share. */
export function sharedProcessors({ actors }: Pick<RaceScenario, 'actors'>): Set<number> {
  const named = Object.values(actors).flatMap((actor) => actorOf(actor).cpu ?? []);
  return new Set(named.filter((cpu, i) => named.indexOf(cpu) !== i));
}

/** Do some actors share a processor? */
export const sharesCpus = (scenario: Pick<RaceScenario, 'actors'>): boolean =>
  sharedProcessors(scenario).size > 0;

/** A scenario of actors that run at the same time; `scenario()` infers the names in it. */
export interface RaceDefinition<A extends string, O extends string> extends Common, Machinery {
  /** Two or more, each a list of steps; actors run at the same time. */
  readonly actors: { readonly [Name in A]: Actor };
  /** Values read when all actors are done. */
  readonly observe: { readonly [Name in O]: FieldPath | Returned<NoInfer<A>> };
  /**
   * Fields that one actor at a time has for itself, as KCSAN's `ASSERT_EXCLUSIVE_BITS()` says it: two that touch such a
   * field's bits, at least one of them writing, must be ordered by a lock or by atomic accesses. To touch is to mean these
   * bits, or to write them back with their neighbours. A breach is a violation `not-exclusive`, which `lostbit simulate`
   * and `verify` report; neither a race on real threads nor a replay sees it. What a path leads through must be there
   * after the set-up.
   */
  readonly exclusive?: readonly FieldPath[];
  /** The first pattern that matches grades an outcome; one that none matches is forbidden. */
  readonly outcomes: readonly OutcomePattern<NoInfer<O>>[];
}

/** A value that is observed between two steps, or what a step returns. */
export interface Observation<Name extends string = string> {
  readonly name: Name;
  readonly what: FieldPath | Step;
}

/** Observes a field at this point of a sequence, or runs a step and observes what it returns. */
export function observe<const N extends string>(name: N, what: FieldPath | Step): Observation<N> {
  return { name, what };
}

/** Steps that run one after the other, and what is seen between them. */
export type Sequence<Name extends string = string> = readonly (Step | Observation<Name>)[];

/** A scenario without concurrency; `sequence()` infers the names in it. */
export interface SequenceDefinition<O extends string> extends Common, Machinery {
  /** What happens. A step may fail; a step that must not is observed. */
  readonly steps?: Sequence<O>;
  /** Several of these, by name, each on a machine of its own. */
  readonly sequences?: { readonly [name: string]: Sequence<O> };
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
export type RaceScenario = RaceDefinition<string, string>;
export type SequenceScenario = SequenceDefinition<string>;
export type LayoutScenario = LayoutDefinition;
export type Scenario = RaceScenario | SequenceScenario | LayoutScenario;

export const isRace = (scenario: Scenario): scenario is RaceScenario => 'actors' in scenario;
export const isLayout = (scenario: Scenario): scenario is LayoutScenario => 'apart' in scenario;
export const isSequence = (scenario: Scenario): scenario is SequenceScenario =>
  !isRace(scenario) && !isLayout(scenario);

/**
 * Declares a scenario of concurrent actors. A misspelt actor or observation and a wrong grade are compile errors.
 */
export function scenario<const A extends string, const O extends string>(
  definition: RaceDefinition<A, O>,
): RaceScenario {
  return definition as unknown as RaceScenario;
}

/** Declares a scenario whose steps run one after the other. */
export function sequence<const O extends string = never>(
  definition: SequenceDefinition<O>,
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
