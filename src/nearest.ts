// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { distance } from 'fastest-levenshtein';

/** The known names closest to a misspelt one, best first, at most three, none that is plainly unrelated. */
export function nearest(wanted: string, known: Iterable<string>): string[] {
  const limit = Math.max(2, Math.ceil(wanted.length / 2));
  const needle = wanted.toLowerCase();
  return [...known]
    .map((name) => ({
      name,
      rank: name.toLowerCase().includes(needle) && needle !== '' ? 0 : distance(needle, name.toLowerCase()),
    }))
    .filter(({ rank }) => rank <= limit)
    .sort((a, b) => a.rank - b.rank)
    .slice(0, 3)
    .map(({ name }) => name);
}

/** Names that a hint lists where none is near. */
const shown = 40;

/**
 * A hint that offers the nearest names, or lists all known ones where nothing is near.
 *
 * @param none what it is where there is no name at all.
 */
export function offer(wanted: string, known: Iterable<string>, none = 'there is none'): string {
  const all = [...known];
  if (all.length === 0) return none;
  const near = nearest(wanted, all);
  return near.length > 0
    ? `did you mean ${near.map((n) => `'${n}'`).join(' or ')}?`
    : `known: ${all.slice(0, shown).join(', ')}${all.length > shown ? ` … (${all.length} in all)` : ''}`;
}
