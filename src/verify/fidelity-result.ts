// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import type { Violation } from '../engine/engine.js';
import type { Values } from '../scenario/grade.js';
import type { ExternalResult } from './external.js';
import type { TestedCase } from './result.js';
import { valueText } from './values.js';

/** The judgement of an outcome: the first that applies, from the worst on. */
export const judgements = [
  'seen but impossible',
  'not replayed',
  'missing elsewhere',
  'not among those explored',
  'possible but unseen',
  'agrees',
] as const;
export type Judgement = (typeof judgements)[number];

/** Something that a scenario can come to, and how often each engine has seen it. */
export interface FidelityRow {
  /** `null` where it is a violation or an ending. */
  readonly values: Values | null;
  /** A violation, or what kept actors from their ends: `hang` stands for deadlock and livelock, too. */
  readonly violation: Pick<Violation, 'kind' | 'object'> | null;
  /** Executions, or how often it was reported in them; 0: impossible, or not explored. */
  readonly simulate: number;
  /** Samples, or how often it was reported. */
  readonly stress: number;
  /** Repetitions that came to it: of its own schedule, or of any where it has none. */
  readonly replay: number;
  /** In the order of the engines; `seen` is `null` where one says nothing of such things, `count` where it does not say. */
  readonly others: readonly { readonly seen: boolean | null; readonly count: number | null }[];
  readonly judgement: Judgement;
  /** What is wrong, for people. */
  readonly differences: readonly string[];
  /** That of the simulator; `null` where there is none, as of a livelock. */
  readonly schedule: string | null;
  /** The command that shows a difference again. */
  readonly reproduce: string | null;
}

/** A case, and what each engine found of it. */
export interface Fidelity extends TestedCase {
  readonly simulate: {
    readonly executions: number;
    /** What kept the exploration from being complete. */
    readonly bounded: string | null;
    readonly seconds: number;
  };
  readonly stress: {
    readonly samples: number;
    readonly seconds: number;
    readonly seed: number;
    /** It ended before its time, at a hang or a trap. */
    readonly broken: boolean;
  };
  readonly replay: {
    readonly schedules: number;
    /** Repetitions of each. */
    readonly times: number;
    readonly seconds: number;
  };
  /** Actors whose every step returned an error every time: nothing happened that could differ. */
  readonly idle: readonly string[];
  readonly others: readonly Pick<ExternalResult, 'engine' | 'file' | 'exhaustive'>[];
  readonly rows: readonly FidelityRow[];
}

/** Is an engine wrong? */
export const isDifference = ({ differences }: Pick<FidelityRow, 'differences'>): boolean =>
  differences.length > 0;

/** An outcome, or a violation, in a few words. */
export function rowText({ values, violation }: Pick<FidelityRow, 'values' | 'violation'>): string {
  if (values !== null) return Object.values(values).map(valueText).join(', ');
  return violation!.object === null ? violation!.kind : `${violation!.kind} ${violation!.object}`;
}
