// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { openSubject } from '../src/subject/open.js';
import { type Build, buildModule } from '../src/toolchain/build.js';
import { openToolchain } from '../src/toolchain/find.js';
import type { BitfieldAccess, Program } from '../src/toolchain/types.js';
import { programFor } from '../src/verify/builds.js';
import { wantedAt } from '../src/verify/selection.js';
import { embedded } from '../subjects/index.js';

/** What a bench races, at a stage. */
export interface Raced {
  readonly subject: keyof typeof embedded;
  readonly stage: string;
}

/** The program of a stage. */
export async function programAt({ subject, stage }: Raced): Promise<Program> {
  return programFor(wantedAt(await openSubject(subject, embedded), stage));
}

/** Builds each stage once with each access that is asked for, by npm's LLVM; returns where to find them. */
export async function buildStages(
  progress: (what: string) => void,
  wanted: readonly (Raced & { readonly access: BitfieldAccess })[],
): Promise<(raced: Raced, access: BitfieldAccess) => Build> {
  const builds = new Map<string, Build>();
  const keyOf = ({ subject, stage }: Raced, access: BitfieldAccess) => `${subject} ${stage} ${access}`;
  const toolchain = await openToolchain('llvm');
  try {
    for (const { access, ...raced } of wanted) {
      const key = keyOf(raced, access);
      if (builds.has(key)) continue;
      progress(`building ${raced.subject} at ${raced.stage}, ${access}`);
      const program = await programAt(raced);
      builds.set(key, await buildModule(program, toolchain, { bitfieldAccess: access, optimize: '2' }));
    }
  } finally {
    await toolchain.close();
  }
  return (raced, access) => builds.get(keyOf(raced, access))!;
}
