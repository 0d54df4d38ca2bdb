// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { LostbitError } from '../errors.js';
import { printable } from '../printable.js';
import { type MadeFor, madeFor } from './made-for.js';
import { type Draft, splitTags } from './patch.js';

/** What is posted to a list: patches, or the letter that introduces them. */
export interface Posted {
  readonly subject: string;
  /** Its Message-ID: what came by two lists is there twice. */
  readonly id: string | null;
  /** The Message-ID of the mail that it answers. */
  readonly inReplyTo: string | null;
  readonly body: string;
  /** Empty for a mail without a diff. Several where they are attached. */
  readonly drafts: readonly Draft[];
}

/** A series among mails. */
export interface Ordered {
  /** Of the letter `0/m`. */
  readonly title: string | null;
  readonly drafts: readonly Draft[];
  readonly madeFor: MadeFor;
  /** For people: of which versions its patches are, where there are several. */
  readonly notes: readonly string[];
}

/**
 * The patches among mails in the order of their `[PATCH n/m]`, or as they come where one has no such number. Replies and other
 * mails without a diff are left out.
 *
 * A version of which only some patches were sent anew, each in answer to the one that it replaces, is completed by the version
 * before, as b4 does. Which of two other series or versions is meant is not guessed.
 *
 * @param of where the mails are, for errors.
 * @throws LostbitError `E_SERIES` for none, for several series or versions, and for one that is not all there.
 */
export function inOrder(of: string, mails: readonly Posted[]): Ordered {
  const posted = unique(mails.filter(({ subject }) => !isReply(subject))).map((mail) => ({
    ...mail,
    ...tagged(mail.subject),
  }));
  const all = posted.filter(({ drafts, number }) => drafts.length > 0 && number !== 0);
  if (all.length === 0) throw noPatch(of, mails);
  const rerolled = completed(all, mails);
  const patches = rerolled?.patches ?? all;
  // One patch of many may be brought by itself.
  if (mails.length > 1 && rerolled === null) refuseAmbiguous(of, patches);

  const numbered = patches.every(({ number }) => number !== null);
  const sorted = numbered ? patches.toSorted((a, b) => a.number! - b.number!) : patches;
  // The letter of the newest version that has one.
  const versions = new Map(patches.map(({ version, of: count }) => [version, count]));
  const letter = posted
    .filter(
      ({ number, version, of: count }) => number === 0 && count !== null && versions.get(version) === count,
    )
    .sort((a, b) => ordinal(b.version) - ordinal(a.version))[0];
  return {
    title: letter === undefined ? null : printable(letter.title),
    drafts: sorted.flatMap(({ drafts }) => drafts),
    madeFor: madeFor([...(letter === undefined ? [] : [letter.body]), ...sorted.map(({ body }) => body)]),
    notes: rerolled === null ? [] : [rerolled.note],
  };
}

function noPatch(of: string, mails: readonly Posted[]): LostbitError {
  const answers = mails.filter(({ subject, drafts }) => drafts.length > 0 && isReply(subject)).length;
  const some = `${mails.length} mail${mails.length === 1 ? '' : 's'}`;
  return new LostbitError('E_SERIES', `${of} holds no patch`, {
    hint:
      answers > 0
        ? `of its ${some}, those with a diff are answers: save the patches themselves`
        : mails.length === 0
          ? 'it holds no mail, and no diff'
          : `none of its ${some} has a diff that is no answer's: save the patches, as b4 am -o - MESSAGE-ID prints them`,
  });
}

const ordinal = (version: string): number => Number(version.slice(1));

type TaggedMail = Posted & Tagged;

/**
 * A version of which some patches are missing, with those of the versions before it; null where there is none, or where it is not
 * certain that it is meant so: each of its patches is an answer to the one with the same number, or the only one that has it.
 */
function completed(
  patches: readonly TaggedMail[],
  mails: readonly Posted[],
): { readonly patches: readonly TaggedMail[]; readonly note: string } | null {
  const count = patches[0]!.of;
  if (count === null || patches.some(({ number, of: its }) => number === null || its !== count)) return null;
  const versions = [...new Set(patches.map(({ version }) => version))].sort(
    (a, b) => ordinal(b) - ordinal(a),
  );
  if (
    versions.length === 1 ||
    versions.some((one, i) => i > 0 && ordinal(versions[i - 1]!) - ordinal(one) !== 1)
  )
    return null;
  const [newest] = versions;
  const taken = new Map<number, TaggedMail>();
  for (const version of versions)
    for (const patch of patches.filter((one) => one.version === version)) {
      const other = taken.get(patch.number!);
      if (other?.version === version) return null;
      if (other === undefined) taken.set(patch.number!, patch);
      else if (!answers(other, patch, mails)) return null;
    }
  const isWhole = patches.filter(({ version }) => version === newest).length === count;
  if (isWhole || taken.size !== count) return null;
  const parts = versions.flatMap((version) => {
    const numbers = [...taken].filter(([, one]) => one.version === version).map(([number]) => number);
    if (numbers.length === 0) return [];
    return [
      `${numbers
        .sort((a, b) => a - b)
        .map((number) => `${number}/${count}`)
        .join(', ')} of ${version}`,
    ];
  });
  return { patches: [...taken.values()], note: `a partial reroll: ${parts.join('; ')}` };
}

/** Does a patch answer another one, or an answer to it? */
function answers(patch: Posted, other: Posted, mails: readonly Posted[]): boolean {
  const byId = new Map(mails.flatMap((mail) => (mail.id === null ? [] : [[mail.id, mail] as const])));
  const seen = new Set<string>();
  for (let id = patch.inReplyTo; id !== null && !seen.has(id); id = byId.get(id)?.inReplyTo ?? null) {
    if (id === other.id) return true;
    seen.add(id);
  }
  return false;
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
