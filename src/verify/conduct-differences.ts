// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { diffArrays } from 'diff';
import type { Violation } from '../engine/engine.js';
import { errnoName, isErrno } from '../engine/errno.js';
import type { SequenceRun } from '../engine/run/run.js';
import type { Conduct, RunConduct, StepConduct } from './conduct.js';
import type { Aspect, DifferencePlace } from './excerpt-result.js';
import type { Result } from './result.js';
import type { Token } from './tokens.js';
import { formatValues, valueText } from './values.js';

/** A difference at one place. */
export interface Differing {
  readonly aspect: Aspect;
  readonly what: string;
  readonly where: string | null;
  readonly excerpt: string;
  readonly tree: string;
  readonly place: DifferencePlace;
}

type Report = (
  aspect: Aspect,
  what: string,
  excerpt: string,
  tree: string,
  at?: { readonly where?: string; readonly sequence?: string; readonly step?: string },
) => void;

/** Called for what cannot be compared, by its sequence, with the reason. */
export type Skip = (sequence: string, why: string) => void;

/** What two sources do otherwise in one scenario. */
export function conductDifferences(
  name: string,
  excerpt: Conduct,
  tree: Conduct,
  skip: Skip = () => {},
): Differing[] {
  const found: Differing[] = [];
  const report: Report = (aspect, what, one, other, { where = null, sequence = '', step = null } = {}) =>
    found.push({
      aspect,
      what,
      where,
      excerpt: one,
      tree: other,
      place: { scenario: name, sequence, step },
    });
  compareResults(excerpt.result, tree.result, report, skip);
  const others = new Map(tree.runs.map((run) => [run.name, run]));
  for (const run of excerpt.runs) {
    const other = others.get(run.name);
    if (other === undefined) skip(run.name, 'the sources do not run it');
    else compareRuns(run, other, report, skip);
  }
  return found;
}

// ---- what is judged ----

const verdictOf = ({ verdict, undecided, broken }: Result): string => {
  if (broken !== null) return `broken: ${broken.message}`;
  return verdict === 'undecided' ? `undecided: ${undecided}` : String(verdict);
};

function compareResults(excerpt: Result, tree: Result, report: Report, skip: Skip): void {
  const [one, other] = [verdictOf(excerpt), verdictOf(tree)];
  // Where neither says anything, nothing was compared.
  const isSilent = [excerpt, tree].some(({ verdict }) => verdict !== 'fails' && verdict !== 'holds');
  if (one !== other || isSilent) report('verdict', 'verdict', one, other);
  if (excerpt.engine === 'simulate') compareOutcomes(excerpt, tree, report);
  const caught = (result: Result) => new Set(result.violations.map(violationText));
  // What an exploration that was cut short has not seen may be there.
  const seesAll = (result: Result) => result.exploration === null || result.exploration.bounded === null;
  compareSets(caught(excerpt), caught(tree), seesAll(excerpt), seesAll(tree), (what, one, other) =>
    report('violation', what, one, other),
  );
  if (excerpt.engine === 'run') compareSequences(excerpt.runs, tree.runs, report, skip);
}

function compareOutcomes(excerpt: Result, tree: Result, report: Report): void {
  const ofAll = ({ outcomes }: Result) =>
    new Set(outcomes.filter(({ count }) => count > 0).map(({ values }) => formatValues(values)));
  const isComplete = ({ exploration }: Result) => exploration?.bounded === null;
  compareSets(ofAll(excerpt), ofAll(tree), isComplete(excerpt), isComplete(tree), (what, one, other) =>
    report('outcome', what, one, other),
  );
}

/** Reports what one has and the other, which has all of its own, has not. */
function compareSets(
  excerpt: ReadonlySet<string>,
  tree: ReadonlySet<string>,
  excerptHasAll: boolean,
  treeHasAll: boolean,
  report: (what: string, excerpt: string, tree: string) => void,
): void {
  if (treeHasAll) for (const what of excerpt) if (!tree.has(what)) report(what, 'there', 'not there');
  if (excerptHasAll) for (const what of tree) if (!excerpt.has(what)) report(what, 'not there', 'there');
}

/** Kind and object: what differs from one machine to the next is left out. */
const violationText = ({ kind, object }: Violation): string => {
  if (object === null || /^0x[0-9a-f]+$/.test(object)) return kind;
  return `${kind} ${object.replace(/\[\d+ bytes/g, '[bytes').replace(/\]\+0x[0-9a-f]+/g, ']')}`;
};

// ---- sequences without and with a failure in them ----

function compareSequences(
  excerpt: readonly SequenceRun[],
  tree: readonly SequenceRun[],
  report: Report,
  skip: Skip,
): void {
  const keyOf = ({ name, fault }: SequenceRun) => `${name}\n${fault?.function ?? ''}`;
  const grouped = (runs: readonly SequenceRun[]) => {
    const groups = new Map<string, SequenceRun[]>();
    for (const run of runs) groups.set(keyOf(run), [...(groups.get(keyOf(run)) ?? []), run]);
    return groups;
  };
  const others = grouped(tree);
  for (const [key, runs] of grouped(excerpt)) {
    const there = others.get(key) ?? [];
    others.delete(key);
    // The n-th call of one is the n-th call of the other only where there are as many.
    if (runs.length !== there.length)
      skip(sequenceOf(runs[0]!), `${runs.length} runs against ${there.length}`);
    else for (const [i, run] of runs.entries()) compareSequence(run, there[i]!, report, skip);
  }
  for (const [one] of others.values()) skip(sequenceOf(one!), 'the excerpt does not run it');
}

/** `close kmalloc`: what is run, and what fails in it. */
const sequenceOf = ({ name, fault }: SequenceRun): string => `${name} ${fault?.function ?? ''}`.trim();
const atOtherStep = (step: string) => `the two part at step '${step}'`;

function compareSequence(excerpt: SequenceRun, tree: SequenceRun, report: Report, skip: Skip): void {
  const { fault } = excerpt;
  const sequence =
    fault === null ? excerpt.name : `${excerpt.name} ${fault.function}:${fault.nth}`.trimStart();
  for (const [i, step] of excerpt.steps.entries()) {
    const other = tree.steps[i];
    if (other === undefined || opOf(other.text) !== opOf(step.text)) {
      skip(sequence, atOtherStep(step.text));
      return;
    }
    const at = { sequence, step: step.text };
    if (step.value !== other.value) {
      if (step.name !== null) report('value', step.name, shown(step.value), shown(other.value), at);
      else report('return', opOf(step.text), shown(step.value), shown(other.value), at);
    }
    const caught = (one: typeof step) => new Set(one.violations.map(violationText));
    compareSets(caught(step), caught(other), true, true, (what, one, two) =>
      report('violation', what, one, two, at),
    );
  }
}

const shown = (value: number | null): string => {
  if (value === null) return 'nothing';
  return isErrno(value) ? errnoName(value) : valueText(value);
};

/** `config_write` */
const opOf = (text: string): string => text.split(/[ (]/)[0]!;

// ---- step by step ----

function compareRuns(excerpt: RunConduct, tree: RunConduct, report: Report, skip: Skip): void {
  for (const [i, step] of excerpt.steps.entries()) {
    const other = tree.steps[i];
    // A function that fails may go by another name there.
    if (other === undefined || opOf(other.text) !== opOf(step.text)) {
      skip(excerpt.name, atOtherStep(step.text));
      return;
    }
    compareSteps(step, other, (aspect, what, one, two, at) =>
      report(aspect, what, one, two, { ...at, sequence: excerpt.name, step: step.text }),
    );
  }
}

function compareSteps(excerpt: StepConduct, tree: StepConduct, report: Report): void {
  if (excerpt.returned !== tree.returned)
    report('return', opOf(excerpt.text), shown(excerpt.returned), shown(tree.returned));
  for (const [path, value] of excerpt.states) {
    const other = tree.states.get(path);
    if (other !== undefined && other !== value) report('state', relative(path), shown(value), shown(other));
  }
  compareTokens(excerpt.tokens, tree.tokens, report);
}

/** Of a device's path, what lies behind the device. */
const relative = (path: string): string => path.replace(/\b\w+\.(?=\w)/, '');
const told = ({ text }: Token): string => text.replace(/\(\w+\./, '(').replace(/^\w+\.(?=.*=$)/, '');

function compareTokens(excerpt: readonly Token[], tree: readonly Token[], report: Report): void {
  const changes = diffArrays(
    excerpt.map(({ text }) => text),
    tree.map(({ text }) => text),
  );
  const only: { readonly excerpt: Only[]; readonly tree: Only[] } = { excerpt: [], tree: [] };
  let [i, j] = [0, 0];
  for (const { added, removed, value } of changes) {
    for (const _ of value) {
      if (removed) only.excerpt.push(onlyAt(excerpt, i++));
      else if (added) only.tree.push(onlyAt(tree, j++));
      else compareLocks(excerpt[i++]!, tree[j++]!, report);
    }
  }
  for (const one of only.excerpt) {
    const at = only.tree.findIndex(({ token }) => token.text === one.token.text);
    const { token } = one;
    if (at < 0) {
      report(token.kind, told(token), `${token.where}(), ${one.after}`, 'not at all', { where: token.where });
      continue;
    }
    const [other] = only.tree.splice(at, 1) as [Only];
    report('order', told(token), one.after, other.after, { where: other.token.where });
  }
  for (const { token, after } of only.tree)
    report(token.kind, told(token), 'not at all', `${token.where}(), ${after}`, { where: token.where });
}

interface Only {
  readonly token: Token;
  /** What comes before it. */
  readonly after: string;
}

function onlyAt(tokens: readonly Token[], at: number): Only {
  const before = tokens[at - 1];
  return { token: tokens[at]!, after: before === undefined ? 'first' : `after ${told(before)}` };
}

function compareLocks(excerpt: Token, tree: Token, report: Report): void {
  const [one, other] = [excerpt, tree].map(({ locks }) => new Set(locks)) as [Set<string>, Set<string>];
  const tell = (lock: string, held: string, free: string) => report('lock', relative(lock), held, free);
  for (const lock of one) if (!other.has(lock)) tell(lock, `held at ${told(excerpt)}`, 'not held');
  for (const lock of other) if (!one.has(lock)) tell(lock, 'not held', `held at ${told(tree)}`);
}
