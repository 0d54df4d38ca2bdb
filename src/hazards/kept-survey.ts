// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { realpathSync } from 'node:fs';
import type { KernelTree } from '../source/kernel-tree.js';
import { areAsStamped, type Stamps } from '../source/tree-files.js';
import { Cache, keyOf } from '../toolchain/cache.js';
import { programDigest } from '../toolchain/program-digest.js';
import type { Toolchain } from '../toolchain/types.js';
import { type PackedFacts, packedFacts, unpackedFacts } from './packed-facts.js';
import type { HazardSource } from './source.js';
import type { Survey, SurveyOptions } from './survey.js';

/** What of a source is of use when nothing has changed: its units need not be found again. */
type Found = Pick<HazardSource, 'title' | 'leftOut' | 'whole'>;

interface Kept {
  readonly stamps: Stamps;
  readonly found: Found;
  readonly survey: Omit<Survey, 'facts'> & { readonly facts: readonly PackedFacts[] };
}

/**
 * A survey of a kernel's sources, taken from the cache where no file and no folder that it came from has been touched since: its files
 * are not read again for that.
 *
 * @param asked what else it depends on: paths, patches.
 * @throws LostbitError `E_TREE_CHANGED`, and what {@link survey} and `open` do.
 */
export async function keptSurvey(
  tree: KernelTree,
  asked: readonly unknown[],
  toolchain: Toolchain,
  open: () => Promise<HazardSource>,
  options: SurveyOptions,
): Promise<{ readonly found: Found; readonly survey: Survey }> {
  const cache = new Cache(options.warn ?? null);
  const key = keyOf(
    'survey',
    programDigest(),
    toolchain.name,
    toolchain.version,
    realpathSync(tree.dir),
    asked,
  );
  const entry = options.verbose === true ? undefined : await cache.get(key);
  if (entry !== undefined) {
    const { stamps, found, survey } = JSON.parse(Buffer.from(entry.bytes).toString('utf8')) as Kept;
    if (areAsStamped(tree.dir, stamps))
      return { found, survey: { ...survey, facts: survey.facts.map(unpackedFacts) } };
  }
  const [source, { survey }] = await Promise.all([open(), import('./survey.js')]);
  const made = await survey(source, toolchain, options);
  tree.checkUnchanged();
  const { title, leftOut, whole } = source;
  const found = { title, leftOut, whole };
  const kept: Kept = {
    stamps: tree.stamps(),
    found,
    survey: { ...made, facts: made.facts.map(packedFacts) },
  };
  const text = textOf(kept);
  if (text !== null) await cache.put(key, { bytes: new Uint8Array(Buffer.from(text)), diagnostics: '' });
  return { found, survey: made };
}

/** Null where it is longer than a string can be: of a whole kernel, nothing is kept but units. */
function textOf(kept: Kept): string | null {
  try {
    return JSON.stringify(kept);
  } catch (error) {
    if (error instanceof RangeError) return null;
    throw error;
  }
}
