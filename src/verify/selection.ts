// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { embedded } from '../../subjects/index.js';
import { isScenarioFile, loadScenario } from '../scenario/load.js';
import { callsOf, type OpenOptions, openSubject, type Subject, subjectOfScenario } from '../subject/open.js';
import type { Wanted } from './builds.js';
import type { Cell, Selected } from './verify.js';

/** Which subject is worked on. */
export interface SubjectOptions extends Pick<OpenOptions, 'late'> {
  /** The name of one that lostbit brings along, a file, or a directory with a `subject.ts`. */
  readonly subject?: string;
  /** Patches on it: an mbox, a maildir, a quilt directory, a directory of patches, one patch, `-`, or with `linux` a range of git's. */
  readonly series?: readonly string[];
  /** A kernel's sources: their headers, and what the subject has in them. */
  readonly linux?: string;
}

/** A scenario with the subject that it is of. */
export interface Chosen extends Selected {
  readonly subject: Subject;
}

export type ChosenCell = Chosen & Cell;

const opening = ({ series, linux, late }: SubjectOptions): OpenOptions => ({
  ...(linux === undefined ? {} : { linux }),
  ...(late === undefined ? {} : { late }),
  ...(series === undefined ? {} : { series }),
});

/** The subject that is asked for, or else the first one that lostbit brings along. Throws what `openSubject` does. */
export const openAsked = (options: SubjectOptions): Promise<Subject> =>
  openSubject(options.subject, embedded, opening(options));

/** What a command is given to find the subject that was asked for. */
export const wordsOf = (options: SubjectOptions): Pick<Selected['of'], 'words'> => ({
  words: [...(options.subject === undefined ? [] : ['--subject', options.subject]), ...sourceWords(options)],
});

const sourceWords = ({ linux, series = [] }: SubjectOptions) => [
  ...(linux === undefined ? [] : ['--linux', linux]),
  ...series.flatMap((path) => ['--series', path]),
];

/** A scenario of a subject, under its name. */
export function chosenOf(subject: Subject, name: string, options: SubjectOptions): Chosen {
  return {
    name,
    origin: name,
    scenario: subject.scenarios[name]!,
    subject,
    of: factsOf(subject, wordsOf(options).words),
  };
}

const factsOf = ({ name, stages, known }: Subject, words: readonly string[]): Selected['of'] => ({
  name,
  stages: stages.all,
  ...(known === undefined ? {} : { known }),
  words,
});

/**
 * A scenario of the subject that is asked for, by its name, or one of a user's file: of that subject, or of C that it names
 * itself.
 *
 * @throws what `openSubject`, `loadScenario` and `subjectOfScenario` do.
 */
export async function openScenario(nameOrFile: string, options: SubjectOptions): Promise<Chosen> {
  const [chosen] = await openScenarios([nameOrFile], options);
  return chosen!;
}

/**
 * Several, each once.
 *
 * @param opened the subject that is asked for, where it is open already.
 */
export async function openScenarios(
  names: Iterable<string>,
  options: SubjectOptions,
  opened?: Subject,
): Promise<Chosen[]> {
  let asked = opened && Promise.resolve(opened);
  const subject = () => {
    asked ??= openAsked(options);
    return asked;
  };
  const chosen: Chosen[] = [];
  for (const name of new Set(names)) chosen.push(await chooseOne(name, options, subject));
  return chosen;
}

async function chooseOne(
  nameOrFile: string,
  options: SubjectOptions,
  asked: () => Promise<Subject>,
): Promise<Chosen> {
  if (!isScenarioFile(nameOrFile)) {
    const subject = await asked();
    await loadScenario(nameOrFile, subject.scenarios, opening(options));
    return chosenOf(subject, nameOrFile, options);
  }
  const named = await loadScenario(nameOrFile, {}, opening(options));
  if (named.scenario.source !== undefined) {
    const own = await subjectOfScenario(named.name, nameOrFile, named.scenario, opening(options));
    return { ...named, subject: own, of: factsOf(own, sourceWords(options)) };
  }
  const subject = await asked();
  return { ...named, subject, of: factsOf(subject, wordsOf(options).words) };
}

/** What is to be built for a scenario at a stage: for all of its subject's at once, unless it is none of these. */
export function wantedOf({ name, subject, scenario }: Chosen, stage: string): Wanted {
  const isSubjects = Object.values(subject.scenarios).includes(scenario);
  const scenarios = isSubjects ? subject.scenarios : { ...subject.scenarios, [name]: scenario };
  const calls = isSubjects ? subject.calls : callsOf([...Object.values(subject.scenarios), scenario]);
  const isAssumed = !isSubjects && subject.origin === null;
  return { subject, stage, config: scenario.config ?? {}, calls, scenarios, isAssumed };
}

/** A subject's code at a stage, whatever its scenarios need of the configuration. */
export const wantedAt = (subject: Subject, stage: string): Wanted => ({
  subject,
  stage,
  config: {},
  calls: subject.calls,
  scenarios: subject.scenarios,
});
