// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { readFileSync } from 'node:fs';
import type { Violation } from '../../src/engine/engine.js';
import type { SequenceRun } from '../../src/engine/run/run.js';
import type { Step } from '../../src/scenario/step.js';

/** What a finding accounts for, as its comments in the document say. */
interface Explanation {
  readonly kind: string;
  /** Functions that must all be among the calls. */
  readonly calls: readonly string[];
  /** A function that was made to fail before; empty: nothing has to. */
  readonly fault: string;
  /** The end of the name of what is waited for; empty: anything. */
  readonly waits: string;
  /** Who holds that: an op on the same device, or the one that waits. */
  readonly held: string;
  /** The op that ends that. */
  readonly until: string;
}

/** A section of `docs/findings.md`. */
export interface Finding {
  readonly title: string;
  /** The scenario file that shows it; `null` in a section about what is no finding. */
  readonly source: string | null;
  readonly explanations: readonly Explanation[];
  /** The last stage at which an outcome is forbidden, as `<!-- fails through=p2 -->` says; `null` where none does. */
  readonly failsThrough: string | null;
}

/** @throws Error for a comment that says something else than the others. */
export function readFindings(file: string): Finding[] {
  return readFileSync(file, 'utf8')
    .split(/^## /m)
    .slice(1)
    .map((section) => ({
      title: section.slice(0, section.indexOf('\n')),
      source: /^```ts\n(.*?)^```$/ms.exec(section)?.[1] ?? null,
      failsThrough: /<!-- fails through=(\w+) -->/.exec(section)?.[1] ?? null,
      explanations: [...section.matchAll(/<!-- explains (.*?) -->/g)].map(([, words]) => parse(words!)),
    }))
    .filter(({ explanations, failsThrough }) => explanations.length > 0 || failsThrough !== null);
}

function parse(words: string): Explanation {
  const given = new Map(words.split(' ').map((word) => word.split('=', 2) as [string, string]));
  const known = ['kind', 'calls', 'fault', 'waits', 'held', 'until'];
  const strange = [...given.keys()].filter((key) => !known.includes(key));
  if (strange.length > 0 || !given.has('kind')) throw new Error(`cannot read: explains ${words}`);
  const text = (key: string) => given.get(key) ?? '';
  return {
    kind: text('kind'),
    calls: text('calls').split(',').filter(Boolean),
    fault: text('fault'),
    waits: text('waits'),
    held: text('held'),
    until: text('until'),
  };
}

/** Does a finding account for a violation? `run`: the sequence it was caught in, without a set-up. */
export function isExplained(
  violation: Violation,
  { explanations }: Finding,
  run: { readonly steps: readonly Step[]; readonly traced: SequenceRun['steps'] } | null,
): boolean {
  const functions = violation.stack.map((frame) => frame.function);
  return explanations.some(
    ({ kind, calls, fault, waits, held, until }) =>
      kind === violation.kind &&
      calls.every((name) => functions.includes(name)) &&
      (fault === '' || run === null || run.traced.some(({ text }) => text.startsWith(`fault ${fault} `))) &&
      (waits === '' || (run !== null && isHeld(violation.message, run, waits, held, until))),
  );
}

function isHeld(
  message: string,
  { steps, traced }: { readonly steps: readonly Step[]; readonly traced: SequenceRun['steps'] },
  waits: string,
  held: string,
  until: string,
): boolean {
  const device = new RegExp(`waits for (\\w+)\\.(\\w+\\.)*${waits}$`).exec(message)?.[1];
  if (device === undefined) return false;
  const ran = steps.slice(0, traced.length);
  if (ran.at(-1)?.op === held) return true;
  const last = ran.findLast(
    (step, i) =>
      deviceOf(step) === device && [held, until].includes(step.op ?? '') && (traced[i]!.value ?? -1) >= 0,
  );
  return last?.op === held;
}

/** What a step acts on: its first argument, if that goes by a name. */
const deviceOf = ({ args: [first] }: Step): string | null =>
  typeof first === 'object' && 'shown' in first ? first.shown : null;
