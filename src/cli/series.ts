// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import type { Command } from 'commander';
import { LostbitError } from '../errors.js';
import { printable } from '../printable.js';
import { patchSummary, patchText, type ShownPatch } from '../report/series.js';
import { changesOf } from '../source/patch.js';
import { type SubjectOptions, withSubjectOptions } from './options.js';
import { openAsked } from './selection.js';
import { print, printJson, printPatch } from './terminal.js';

interface Options extends SubjectOptions {
  readonly stage?: string;
  readonly diff?: true;
  readonly json?: true;
}

export function seriesCommand(command: Command): Command {
  return withSubjectOptions(command.command('series'))
    .summary('the patches behind the stages')
    .description('Shows the patches that lead from one stage to the next: subject, files and lines.')
    .option('--stage <name>', 'the patch of one stage alone, with its changelog')
    .option('--diff', 'the patch itself, as patch -p1 takes it')
    .option('--json', 'as JSON')
    .action(async ({ stage, diff, json, ...options }: Options) => {
      const patches = await shownPatches(stage, options);
      if (json) printJson(patches);
      else if (diff) printPatch(patches.map(patchText).join('\n'));
      else {
        const text = (patch: ShownPatch) =>
          stage === undefined
            ? patchSummary(patch)
            : `${patchSummary(patch)}\n\n${indented(patch.changelog)}`;
        print(patches.map(text).join('\n\n'));
      }
    });
}

const indented = (text: string) => text.replace(/^(?=.)/gm, '      ');

/** @throws LostbitError `E_UNKNOWN_STAGE`, `E_NO_PATCH`. */
async function shownPatches(stage: string | undefined, options: SubjectOptions): Promise<ShownPatch[]> {
  const { name: subject, stages: all } = await openAsked(options);
  const asked = stage === undefined ? undefined : all.find(stage);
  const stages = asked === undefined ? all.all : [asked];
  const patched = stages.flatMap(({ name, patches }) => {
    const patch = patches.at(-1);
    return patch === undefined ? [] : [{ stage: name, patch }];
  });
  if (patched.length === 0) {
    throw asked === undefined
      ? new LostbitError('E_NO_PATCH', `'${printable(subject)}' has no patches`, {
          hint:
            options.linux === undefined
              ? 'name some: --series fix.patch'
              : "a kernel's sources stand for themselves, without the subject's own series: name patches on them with --series, or leave --linux out",
        })
      : new LostbitError('E_NO_PATCH', `no patch leads to stage '${printable(asked.name)}'`, {
          hint: 'it is what the series starts from; lostbit source writes it out',
        });
  }
  return patched.map(({ stage, patch }) => ({
    stage,
    subject: patch.subject,
    changelog: patch.changelog,
    changes: changesOf(patch),
    text: patch.text,
  }));
}
