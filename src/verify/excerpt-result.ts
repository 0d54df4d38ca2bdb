// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import type { NearestStage } from './nearest-stage.js';

/** In what an excerpt can differ from sources, from the gravest on. */
export const aspects = [
  'verdict',
  'outcome',
  'violation',
  'value',
  'return',
  'state',
  'lock',
  'order',
  'call',
  'write',
  'layout',
] as const;
export type Aspect = (typeof aspects)[number];

/** What is never passed over, whatever explains it. */
export const isGrave = (aspect: Aspect): boolean => aspects.indexOf(aspect) <= aspects.indexOf('violation');

/** Where something differs. */
export interface DifferencePlace {
  readonly scenario: string;
  /** Empty where the scenario has only one. */
  readonly sequence: string;
  /** `null`: no step's. */
  readonly step: string | null;
}

/** One way in which an excerpt differs, in all places where it does. */
export interface ExcerptDifference {
  readonly aspect: Aspect;
  /** What differs: a call, a field, a violation; paths of a device are told from it on: `pci_intx(pdev, 0)`. */
  readonly what: string;
  /** The driver's function where it does; `null` where it is none's. */
  readonly where: string | null;
  /** At the first place, in words. */
  readonly excerpt: string;
  readonly tree: string;
  readonly first: DifferencePlace | null;
  /** How many there are; 0 where it is no step's nor scenario's. */
  readonly places: number;
  /** Why it has to be so; `null`: nobody says. */
  readonly explained: string | null;
}

/** An excerpt, held against the sources that it restates. */
export interface ExcerptComparison extends NearestStage {
  /** The sources, as they were named, and their version. */
  readonly dir: string;
  readonly version: string;
  /** Scenarios that were compared; those that do not apply to both, and why. */
  readonly scenarios: readonly string[];
  readonly inapplicable: readonly { readonly name: string; readonly why: string }[];
  /** Sequences of steps that were not compared from some point on, and why: one runs what the other does not. */
  readonly uncompared: readonly {
    readonly scenario: string;
    readonly sequence: string;
    readonly why: string;
  }[];
  /** Explorations that were cut short: of those, only outcomes that the other side cannot have are differences. */
  readonly bounded: readonly string[];
  /** Steps, and calls and writes in them, that were compared. */
  readonly steps: number;
  readonly events: number;
  readonly structs: readonly string[];
  readonly differences: readonly ExcerptDifference[];
  /** Explanations of these sources that explain nothing. */
  readonly idle: readonly string[];
}

/** Does something differ that nobody explains, or is something explained that does not differ? */
export const isUnfaithful = ({ differences, idle }: ExcerptComparison): boolean =>
  idle.length > 0 || differences.some(({ explained }) => explained === null);
