// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import type { Command } from 'commander';
import { missingText, treeText } from '../report/tree.js';
import { keyOfBuild, programFor } from '../verify/builds.js';
import { type TreeFacts, treeFacts } from '../verify/tree-facts.js';
import { buildAll } from './context.js';
import { type BuildOptions, withToolchainOptions } from './options.js';
import { openDocument } from './output.js';
import { chosenOf, openAsked, wantedAt } from './selection.js';
import { endBySignal } from './signals.js';
import { Status } from './status.js';
import { print } from './terminal.js';

interface Options extends Omit<BuildOptions, 'linux'> {
  readonly missing?: true;
  readonly json?: string | true;
  readonly quiet?: true;
}

export function treeCommand(command: Command, signal: AbortSignal): Command {
  return withToolchainOptions(
    command
      .command('tree')
      .summary("what a kernel's sources are, and what would run on them")
      .description(
        "Says of a kernel's sources which version they are, which patches of the subject's series they have by their code, and which\n" +
          'scenarios apply to them. They are compiled for that; nothing is written there.',
      )
      .argument('<dir>', "a kernel's sources"),
  )
    .option('--missing', 'the functions that they call and the stub kernel does not have')
    .option('--json [file]', 'as JSON, to standard output without a file')
    .option('-q, --quiet', 'no progress')
    .action(async (dir: string, { missing, json, quiet, ...rest }: Options) => {
      endBySignal();
      const output = await openDocument<TreeFacts>(json);
      const options = { ...rest, linux: dir };
      const subject = await openAsked(options);
      const wanted = wantedAt(subject, subject.stages.first.name);
      const { tree: files } = await programFor(wanted);
      const context = { status: new Status(quiet === true), signal, verbose: false };
      const builds = await buildAll([wanted], options, context);
      const scenarios = Object.keys(subject.scenarios).map((name) => chosenOf(subject, name, options));
      const facts = await treeFacts(subject, scenarios, builds.get(keyOfBuild(wanted))!, files);
      await output.write(facts);
      if (!output.jsonAlone) print(missing ? missingText(facts.missing) : treeText(facts));
    });
}
