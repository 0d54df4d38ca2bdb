// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { LostbitError } from '../errors.js';
import type { DebugInfo } from '../layout/debug-info.js';
import type { Member, StructType } from '../layout/types.js';
import type { FileTree } from '../toolchain/types.js';
import type { Aspect } from './excerpt-result.js';

/** A struct that two programs have, and what of it differs. */
export interface StructDifference {
  readonly aspect: Extract<Aspect, 'layout'>;
  readonly what: string;
  readonly excerpt: string;
  readonly tree: string;
}

/** The tags of the structs that C defines. */
export function structsIn(tree: FileTree, isOwn: (path: string) => boolean): string[] {
  const tags = [...tree].flatMap(([path, text]) =>
    isOwn(path) ? [...text.matchAll(/^struct (\w+) \{$/gm)].map(([, tag]) => tag!) : [],
  );
  return [...new Set(tags)].sort();
}

/**
 * Compares structs that both have by their tags: which fields only one has, the order of the others, and which bit-fields share
 * a byte. Sizes and offsets are no matter of these: the kernel's types are larger.
 */
export function structDifferences(
  tags: readonly string[],
  excerpt: DebugInfo,
  tree: DebugInfo,
): { readonly structs: string[]; readonly differences: StructDifference[] } {
  const structs: string[] = [];
  const differences: StructDifference[] = [];
  for (const tag of tags) {
    const [one, other] = [structOf(excerpt, tag), structOf(tree, tag)];
    if (one === null || other === null) continue;
    structs.push(tag);
    const report = (what: string, excerpt: string, tree: string) =>
      differences.push({ aspect: 'layout', what, excerpt, tree });
    compareFields(tag, one, other, report);
  }
  return { structs, differences };
}

function structOf(debugInfo: DebugInfo, tag: string): StructType | null {
  try {
    const found = debugInfo.struct(tag);
    return found.complete ? found : null;
  } catch (error) {
    if (error instanceof LostbitError) return null;
    throw error;
  }
}

const namesOf = ({ members }: StructType) => members.flatMap(({ name }) => (name ? [name] : []));

function compareFields(
  tag: string,
  excerpt: StructType,
  tree: StructType,
  report: (what: string, excerpt: string, tree: string) => void,
): void {
  const [own, others] = [namesOf(excerpt), namesOf(tree)];
  const lacking = (all: readonly string[], names: readonly string[]) => {
    const missing = names.filter((name) => !all.includes(name));
    return missing.length === 0 ? 'has them all' : `lacks ${missing.join(', ')}`;
  };
  const [first, second] = [
    own.filter((name) => others.includes(name)),
    others.filter((name) => own.includes(name)),
  ];
  if (first.length < own.length || second.length < others.length)
    report(`fields of ${tag}`, lacking(own, others), lacking(others, own));
  if (first.some((name, i) => name !== second[i]))
    report(`order of ${tag}`, first.join(', '), second.join(', '));
  for (const name of first) {
    const [one, other] = [excerpt, tree].map((struct) => sharing(struct, name, first));
    if (one !== other) report(`byte of ${tag}.${name}`, one!, other!);
  }
}

/** With which others a field shares a byte. */
function sharing({ members }: StructType, name: string, among: readonly string[]): string {
  const bytes = ({ offset, bit, bits, type }: Member): readonly [number, number] =>
    bits === null
      ? [offset, offset + type.size - 1]
      : [offset, offset + Math.floor(((bit ?? 0) + bits - 1) / 8)];
  const own = members.find((one) => one.name === name)!;
  const [low, high] = bytes(own);
  const shared = members.filter((one) => {
    const [from, to] = bytes(one);
    return one.name !== null && one.name !== name && among.includes(one.name) && from <= high && low <= to;
  });
  return shared.length === 0 ? 'its own' : `shared with ${shared.map((one) => one.name).join(', ')}`;
}
