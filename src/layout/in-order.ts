// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
/**
 * What of a sequence has kept its order: the heaviest choice of indices whose ranks rise. Of equally heavy choices
 * it is always the same one. Ranks are whole numbers from 0 on, and so many steps are taken as there are indices, times
 * the logarithm of the largest rank (Fredman's algorithm for the longest rising subsequence, with a Fenwick tree for weights).
 */
export function heaviestInOrder(ranks: readonly number[], weights: readonly number[]): Set<number> {
  const heaviest: number[] = [];
  const before: number[] = [];
  /** Of the ranks that a place of the tree stands for, the index that ends the heaviest choice; -1 for none. */
  const tree = new Int32Array(ranks.reduce((most, rank) => Math.max(most, rank), -1) + 2).fill(-1);
  const heavier = (one: number, other: number) =>
    other < 0 || (one >= 0 && (heaviest[one]! - heaviest[other]! || other - one) > 0) ? one : other;
  let last = -1;
  for (const [i, rank] of ranks.entries()) {
    let best = -1;
    for (let at = rank; at > 0; at -= at & -at) best = heavier(tree[at]!, best);
    before.push(best);
    heaviest.push(weights[i]! + (best < 0 ? 0 : heaviest[best]!));
    for (let at = rank + 1; at < tree.length; at += at & -at) tree[at] = heavier(i, tree[at]!);
    if (last < 0 || heaviest[i]! > heaviest[last]!) last = i;
  }
  const chosen = new Set<number>();
  for (let i = last; i >= 0; i = before[i]!) chosen.add(i);
  return chosen;
}
