// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { LostbitError } from '../errors.js';
import { printable } from '../printable.js';
import { type Draft, splitTags } from './patch.js';

/** What is posted to a list: patches, or the letter that introduces them. */
export interface Posted {
  readonly subject: string;
  /** Its Message-ID: what came by two lists is there twice. */
  readonly id: string | null;
  /** Empty for a mail without a diff. Several where they are attached. */
  readonly drafts: readonly Draft[];
}

/**
 * The patches among mails in the order of their `[PATCH n/m]`, or as they come where one has no such number; and the title
 * of the letter `0/m`. Replies and other mails without a diff are left out.
 *
 * Which of two series or versions is meant is not guessed.
 *
 * @param of where the mails are, for errors.
 * @throws LostbitError `E_SERIES` for none, for several series or versions, and for one that is not all there.
 */
export function inOrder(of: string, mails: readonly Posted[]): { title: string | null; drafts: Draft[] } {
  const posted = unique(mails.filter(({ subject }) => !isReply(subject))).map((mail) => ({
    ...mail,
    ...tagged(mail.subject),
  }));
  const patches = posted.filter(({ drafts, number }) => drafts.length > 0 && number !== 0);
  if (patches.length === 0) throw new LostbitError('E_SERIES', `${of} holds no patch`);
  // One patch of many may be brought by itself.
  if (mails.length > 1) refuseAmbiguous(of, patches);

  const numbered = patches.every(({ number }) => number !== null);
  const sorted = numbered ? patches.toSorted((a, b) => a.number! - b.number!) : patches;
  const named = patches.find(({ number }) => number !== null);
  const letter = posted.find(
    ({ number, version, of: all }) => number === 0 && version === named?.version && all === named.of,
  );
  return {
    title: letter === undefined ? null : printable(letter.title),
    drafts: sorted.flatMap(({ drafts }) => drafts),
  };
}

/** Does a subject say that its mail introduces the patches that follow, as `[PATCH 0/3] …` does? */
export const isLetter = (subject: string): boolean => tagged(subject).number === 0;

const isReply = (subject: string): boolean => /^\s*(?:re|aw|sv|antw|fwd?)\s*:/i.test(subject);

function unique(mails: readonly Posted[]): Posted[] {
  const seen = new Set<string>();
  return mails.filter(({ id }) => {
    if (id === null) return true;
    const known = seen.has(id);
    seen.add(id);
    return !known;
  });
}

/** What a subject says of a mail's place: `[PATCH net v2 03/12] …` is 3 of 12 in v2. */
interface Tagged {
  readonly title: string;
  readonly version: string;
  readonly number: number | null;
  readonly of: number | null;
}

function tagged(subject: string): Tagged {
  const { tags, title } = splitTags(subject);
  const [, version = '1'] = /\bv(\d+(?:\.\d+)?)\b/i.exec(tags) ?? [];
  const [, number, of] = /(?<!\d)(\d{1,4})\s*\/\s*(\d{1,4})(?!\d)/.exec(tags) ?? [];
  return {
    title,
    version: `v${version}`,
    number: number === undefined ? null : Number(number),
    of: of === undefined ? null : Number(of),
  };
}

/** Numbers are of one series, each is there once; a patch without a number is there in one version. */
function refuseAmbiguous(of: string, patches: readonly Tagged[]): void {
  const refuse = (what: string) =>
    new LostbitError('E_SERIES', `${of} ${what}`, {
      hint: "leave the mails of one series in it, or save the patches beside a file 'series' that lists them, as quilt does",
    });
  const numbered = patches.filter(({ number }) => number !== null);
  const series = counts(numbered.map(({ version, of: all }) => `${version} of ${all} patches`));
  if (series.size > 1)
    throw refuse(`holds several series: ${[...series].map(([name, n]) => `${name} (${n} here)`).join(', ')}`);

  const first = numbered[0];
  if (first !== undefined) {
    const seen = counts(numbered.map(({ number }) => number!));
    const missing = Array.from({ length: first.of! }, (_, i) => i + 1).filter((number) => !seen.has(number));
    if (missing.length > 0) {
      const shown = missing.slice(0, 8).map((number) => `${number}/${first.of}`);
      throw refuse(
        `holds ${first.version} without ${shown.join(', ')}${missing.length > 8 ? ` … (${missing.length} in all)` : ''}`,
      );
    }
    const twice = [...seen].find(([, count]) => count > 1);
    if (twice !== undefined) throw refuse(`holds ${first.version} ${twice[0]}/${first.of} ${twice[1]} times`);
  }

  const single = patches.filter(({ number }) => number === null);
  const versions = new Map<string, string>();
  for (const { title, version } of single) {
    const other = versions.get(title);
    if (other !== undefined && other !== version)
      throw refuse(`holds '${printable(title)}' in several versions: ${other}, ${version}`);
    versions.set(title, version);
  }
}

function counts<Key>(keys: readonly Key[]): Map<Key, number> {
  const counted = new Map<Key, number>();
  for (const key of keys) counted.set(key, (counted.get(key) ?? 0) + 1);
  return counted;
}
