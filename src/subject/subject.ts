// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import type { Scenario } from '../scenario/scenario.js';
import type { SourcePart } from '../source/source.js';

/** What is tested: C, the patches over it, and scenarios. Paths are relative to the file that the subject is written in. */
export interface SubjectDefinition {
  /** What it is, in a few words. */
  readonly title: string;
  /** Its C: a file, a directory, or several of both. Every `.c` is compiled. */
  readonly source: SourcePart | readonly SourcePart[];
  /** Macros that the C is compiled with: `{ CONFIG_PM: 1 }`. */
  readonly defines?: { readonly [macro: string]: string | number };
  /** Of kernel modules that scenarios load and unload: the `.c` files, by the module's name in C (KBUILD_MODNAME). */
  readonly modules?: { readonly [name: string]: readonly string[] };
  /** Patches: an mbox, a maildir, a quilt directory or a single patch. Those of the first one are the stages p1, p2, …. */
  readonly series?: string | readonly string[];
  /** Series that are one stage each, by its name: the source with all of their patches. */
  readonly controls?: { readonly [stage: string]: string };
  /** Where the bug is known from: a commit, a mail. Of each scenario that names nothing else. */
  readonly reference?: string;
  readonly scenarios: { readonly [name: string]: Scenario };
}

/** Declares a subject. */
export const subject = (definition: SubjectDefinition): SubjectDefinition => definition;
