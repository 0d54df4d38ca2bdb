// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { randomUUID } from 'node:crypto';
import { readdir, rename, rm, rmdir } from 'node:fs/promises';
import { resolve } from 'node:path';
import type { Command } from 'commander';
import { LostbitError } from '../errors.js';
import { leftover } from '../leftovers.js';
import { makeDirectory } from '../make-directory.js';
import { printable } from '../printable.js';
import { writeTree } from '../toolchain/execute.js';
import { compileFlags } from '../toolchain/flags.js';
import type { FileTree } from '../toolchain/types.js';
import { programFor } from '../verify/builds.js';
import { type SubjectOptions, withSubjectOptions } from './options.js';
import { openAsked, wantedAt } from './selection.js';
import { print } from './terminal.js';

/** Clang reads its arguments from a file of this name by `@`, and clangd by itself. */
const flagsFile = 'compile_flags.txt';

export function sourceCommand(command: Command): Command {
  return withSubjectOptions(command.command('source'))
    .summary('write the C of a stage out')
    .description('Writes all C files of a stage to a directory, to be read and compiled.')
    .argument('<dir>', 'a directory that is not there yet, or empty')
    .option('--stage <name>', 'base, p1, … or, with --linux, tree, 1/5, … (see lostbit list)', 'base')
    .action(async (dir: string, { stage, ...options }: SubjectOptions & { stage: string }) => {
      const subject = await openAsked(options);
      const { name } = subject.stages.find(stage);
      const { tree, own, dialect } = await programFor(wantedAt(subject, name));
      const flags = compileFlags('clang', {
        bitfieldAccess: 'fine',
        optimize: '2',
        ...(dialect === undefined ? {} : { dialect }),
      });
      await writeWholeTree(dir, new Map(tree).set(flagsFile, `${flags.join('\n')}\n`));
      print(`${tree.size} files of ${printable(name)} in ${printable(dir)}; compile one in there with:`);
      print(`  clang @${flagsFile} -c ${printable(own[0]!)}`);
    });
}

/**
 * Writes a whole tree or nothing: beside the directory first, then into its place.
 *
 * @throws LostbitError `E_WRITE`.
 */
async function writeWholeTree(dir: string, tree: FileTree): Promise<void> {
  const target = resolve(dir);
  const beside = `${target}.${randomUUID().slice(0, 8)}.tmp`;
  const settled = leftover(beside);
  try {
    if (dir === '') throw new Error('the name is empty');
    const there = await readdir(target).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'ENOENT') throw error;
      return null;
    });
    if (there !== null && there.length > 0) throw new Error('it is not empty');
    await makeDirectory(beside);
    await writeTree(beside, tree);
    if (there !== null) await rmdir(target);
    await rename(beside, target);
  } catch (error) {
    await rm(beside, { recursive: true, force: true }).catch(() => {});
    throw new LostbitError(
      'E_WRITE',
      `cannot write to '${printable(dir)}': ${printable((error as Error).message)}`,
      { hint: 'name a directory that is not there yet' },
      error,
    );
  } finally {
    settled();
  }
}
