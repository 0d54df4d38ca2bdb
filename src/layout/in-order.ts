// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
/**
 * What of a sequence has kept its order: the heaviest choice of indices whose ranks rise. Of equally heavy choices
 * it is always the same one.
 */
export function heaviestInOrder(ranks: readonly number[], weights: readonly number[]): Set<number> {
  const heaviest: number[] = [];
  const before: number[] = [];
  let last = -1;
  for (const [i, rank] of ranks.entries()) {
    heaviest.push(0);
    before.push(-1);
    for (let k = 0; k < i; k++) {
      if (ranks[k]! < rank && heaviest[k]! > heaviest[i]!) {
        heaviest[i] = heaviest[k]!;
        before[i] = k;
      }
    }
    heaviest[i]! += weights[i]!;
    if (last < 0 || heaviest[i]! > heaviest[last]!) last = i;
  }
  const chosen = new Set<number>();
  for (let i = last; i >= 0; i = before[i]!) chosen.add(i);
  return chosen;
}
