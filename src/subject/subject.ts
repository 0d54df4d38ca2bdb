// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import type { Scenario } from '../scenario/scenario.js';
import type { SourcePart } from '../source/source.js';
import type { TreeModule } from '../source/tree-program.js';

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
  /** The same C in a kernel's own sources, where a command is given some. Without it `source` is compiled over their headers. */
  readonly tree?: TreeDefinition;
  /** Where the bug is known from: a commit, a mail. Of each scenario that names nothing else. */
  readonly reference?: string;
  readonly scenarios: { readonly [name: string]: Scenario };
}

/** What of a kernel's sources is tested, and with what of the subject's own. */
export interface TreeDefinition {
  /** C that is compiled with it: what `source` is otherwise. */
  readonly source: SourcePart | readonly SourcePart[];
  /** Modules of the kernel. */
  readonly modules: readonly TreeModule[];
  /** Files besides, as far as they are there: `lib/xarray.c`. */
  readonly units?: readonly string[];
  /** What fails there instead of a function that scenarios have fail, by that one's name. */
  readonly faults?: { readonly [name: string]: string };
  /** By the stages of the subject's first series: do the sources have what the patch that leads there brings? */
  readonly has?: { readonly [stage: string]: (read: ReadFile) => boolean };
  /** How `source` above, which restates what is in the sources, is held against them. */
  readonly restated?: Restatement;
  /** What the sources are changed to for stages that stand beside the series: files by path, as they are and as they become. */
  readonly controls?: { readonly [stage: string]: TreeControl };
}

/** What of C that restates a kernel's sources has to be as it is there, and what cannot be. */
export interface Restatement {
  /** Fields behind a scenario's names that are compared after each step: `pdev.dev.power.usage_count`. */
  readonly states?: readonly string[];
  readonly explained?: readonly Explanation[];
}

/** Why the C differs from the sources. Every pattern has to match all of a text. */
export interface Explanation {
  /** In what: as a report says it, `call`, `state`, `layout`; several by a `|`. */
  readonly aspect: string;
  /** A call, a field, a value, as a report says it. */
  readonly what: string;
  /** The function of the driver. Default: any. */
  readonly where?: string;
  /** Default: any. */
  readonly scenario?: string;
  /** Of which sources it speaks, by their code. Default: all. */
  readonly when?: (read: ReadFile) => boolean;
  /** For people, in one sentence. */
  readonly why: string;
}

/** The text of a file of the sources; empty where there is none. */
export type ReadFile = (path: string) => string;

export interface TreeControl {
  readonly title: string;
  readonly file: string;
  readonly change: (text: string) => string;
}

/** Declares a subject. */
export const subject = (definition: SubjectDefinition): SubjectDefinition => definition;
