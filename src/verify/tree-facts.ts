// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { readConfiguration } from '../source/configuration.js';
import { versionText } from '../source/kernel-tree.js';
import { readTreeConfig } from '../source/own-c.js';
import type { Subject } from '../subject/open.js';
import type { Build } from '../toolchain/build.js';
import type { FileTree } from '../toolchain/types.js';
import { inapplicable } from './applicability.js';
import type { Chosen } from './selection.js';

/** What a kernel's sources are, and what would run on them. */
export interface TreeFacts {
  /** As they were named. */
  readonly dir: string;
  /** `6.12.95` */
  readonly version: string;
  readonly commit: string | null;
  /** Options of the configuration that they are compiled with, by name. */
  readonly configuration: Readonly<Record<string, string>>;
  /** The subject's first series, patch by patch: do the sources have what it brings, by their code? */
  readonly patches: readonly { readonly stage: string; readonly subject: string; readonly has: boolean }[];
  /** The stage of that series that they correspond to; `null`: they have a patch without one before it. */
  readonly stage: string | null;
  /** The scenarios, and why one does not apply. */
  readonly scenarios: readonly { readonly name: string; readonly inapplicable: string | null }[];
  /** Functions of the kernel that they call and nobody has written here. */
  readonly missing: readonly MissingFunction[];
}

export interface MissingFunction {
  readonly name: string;
  /** The header that declares it; `null` where none that was read does. */
  readonly header: string | null;
  /** The units that call it. */
  readonly users: readonly string[];
}

/**
 * @param subject over a kernel's sources.
 * @param scenarios of it.
 * @param files that its build was made of.
 */
export async function treeFacts(
  subject: Subject,
  scenarios: readonly Chosen[],
  build: Build,
  files: FileTree,
): Promise<TreeFacts> {
  const { tree } = subject.kernel!;
  const patches = patchesOf(subject);
  const had = patches.filter(({ has }) => has).length;
  const inOrder = patches.every(({ has }, i) => has === i < had);
  return {
    dir: tree.dir,
    version: versionText(tree.version),
    commit: tree.commit,
    configuration: Object.fromEntries(readConfiguration(await readTreeConfig())),
    patches,
    stage: inOrder ? (patches[had - 1]?.stage ?? 'base') : null,
    scenarios: scenarios.map(({ name, scenario, of }) => ({
      name,
      inapplicable: inapplicable(scenario, of, subject.stages.first.name, build),
    })),
    missing: build.missing.map(({ name, users }) => ({ name, header: headerOf(name, files), users })),
  };
}

function patchesOf({ known, stages }: Subject): TreeFacts['patches'] {
  if (known === undefined) return [];
  const had = known.has(stages.first.name);
  return known.stages.flatMap(({ name, subject, whole = false }) =>
    subject === null || whole ? [] : [{ stage: name, subject, has: had.has(name) }],
  );
}

/** The kernel's header in which a function is declared, below an include directory. */
function headerOf(name: string, files: FileTree): string | null {
  const declared = new RegExp(`^[^#*/\\n]*\\b${name.replace(/\W/g, '\\$&')}\\s*\\(`, 'm');
  for (const [path, text] of files)
    if (/^include\/.*\.h$/.test(path) && text.includes(name) && declared.test(text))
      return path.replace(/^include\//, '');
  return null;
}
