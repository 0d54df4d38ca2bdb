// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { grouped } from '../report/grouped.js';
import type { SeriesFacts } from '../report/json.js';
import { patchLines } from '../report/patch-facts.js';
import type { Subject } from '../subject/open.js';
import type { Build } from '../toolchain/build.js';
import { buildAll as builds, keyOfBuild, type Wanted } from '../verify/builds.js';
import { filesCompiled, patchFacts } from '../verify/patch-facts.js';
import type { BuildOptions } from './options.js';
import type { Status } from './status.js';
import { printError } from './terminal.js';

/** What a running command shares: its status line, and the signal that ends it early. */
export interface Context {
  readonly status: Status;
  readonly signal: AbortSignal;
  /** Print details. */
  readonly verbose: boolean;
}

/** A line about a build, for --verbose. */
export function describeBuild(
  stage: string,
  { bytes, compiled, cached, repaired, seconds, key }: Build,
): string {
  const mended = repaired > 0 ? `, ${repaired} damaged entries of the cache made again` : '';
  const made = `${compiled} compiled, ${cached} from the cache${mended}`;
  return `${stage}: ${grouped(bytes.length)} bytes, ${made}, ${seconds.toFixed(1)} s, sha256 ${key.slice(0, 16)}`;
}

/** Builds what is wanted, and shows progress; warnings go to standard error, and how patches of somebody's were applied. */
export async function buildAll(
  wanted: readonly Wanted[],
  options: BuildOptions,
  { status, signal, verbose }: Context,
  told: (series: SeriesFacts) => void = () => {},
): Promise<Map<string, Build>> {
  const read = new Map<Subject, { readonly stages: Set<string>; readonly files: Set<string> }>();
  const note = (text: string) => {
    status.clear();
    printError(text);
  };
  try {
    const made = await builds(wanted, options, {
      signal,
      progress: (text, detail) => status.update(text, detail),
      diagnostics: note,
      program: ({ subject, stage }, program) => {
        // What lostbit brings along is as it should be.
        if ((options.series ?? []).length === 0 && subject.origin === null) return;
        const { stages, files } = read.get(subject) ?? { stages: new Set(), files: new Set() };
        stages.add(stage);
        for (const file of filesCompiled(program)) files.add(file);
        read.set(subject, { stages, files });
      },
      ...(verbose ? { built: (stage, build) => note(describeBuild(stage, build)) } : {}),
    });
    const patches = [...read].flatMap(([subject, { stages, files }]) =>
      patchFacts(subject, [...stages], files),
    );
    const notes = [...new Set([...read.keys()].flatMap((subject) => subject.notes))];
    const lines = patchLines(patches);
    for (const line of [...notes, ...lines.notes]) status.note(`note: ${line}`);
    for (const line of lines.warnings) note(`warning: ${line}`);
    told({ notes: [...notes, ...lines.notes, ...lines.warnings], patches });
    return made;
  } finally {
    status.clear();
  }
}

/** Builds several stages of one scenario's; by their names. */
export async function buildStages(
  stages: readonly string[],
  wanted: (stage: string) => Wanted,
  options: BuildOptions,
  context: Context,
): Promise<Map<string, Build>> {
  const all = [...new Set(stages)].map(wanted);
  const builds = await buildAll(all, options, context);
  return new Map(all.map((one) => [one.stage, builds.get(keyOfBuild(one))!]));
}
