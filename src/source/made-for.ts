// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only

/** What a series says of the sources that it was made for, as `git format-patch --base` writes it. */
export interface MadeFor {
  /** Hexadecimal, whole or its beginning; null where nothing is said. */
  readonly commit: string | null;
  /** Ids, as `git patch-id --stable` makes them, of patches that come between that commit and the series. */
  readonly prerequisites: readonly string[];
}

/** What mails say; the first one that names a commit counts. */
export function madeFor(mails: readonly string[]): MadeFor {
  const [, commit = null] =
    mails
      .map((text) => /^base-commit: ([0-9a-f]{7,64})[ \t\r]*$/m.exec(text))
      .find((found) => found !== null) ?? [];
  const prerequisites = mails.flatMap((text) =>
    [...text.matchAll(/^prerequisite-patch-id: ([0-9a-f]{40,64})[ \t\r]*$/gm)].map(([, id]) => id!),
  );
  return { commit, prerequisites: [...new Set(prerequisites)] };
}
