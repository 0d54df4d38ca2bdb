// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { bare, type StructType, type Type } from './types.js';

/** The member of a stub kernel's struct that stands for all that it leaves out of the kernel's. */
const LEFT_OUT = 'kernel_has_more';

/** A type that has the kernel's size because that was given, and not because all its members are there. */
export interface GivenSize {
  readonly type: string;
  /** Bytes. */
  readonly size: number;
}

/** The types that a struct holds by value and whose sizes were given, in the order of their first use. */
export function givenSizes(struct: StructType): GivenSize[] {
  const found = new Map<string, number>();
  visit(struct, new Set(), found);
  return [...found].map(([type, size]) => ({ type, size }));
}

function visit(type: Type, seen: Set<Type>, found: Map<string, number>): void {
  const inner = bare(type);
  if (inner.kind === 'array') {
    visit(inner.element, seen, found);
    return;
  }
  if ((inner.kind !== 'struct' && inner.kind !== 'union') || seen.has(inner)) return;
  seen.add(inner);
  if (inner.name !== null && inner.members.some(({ name }) => name === LEFT_OUT)) {
    found.set(inner.name, inner.size);
    return;
  }
  for (const member of inner.members) visit(member.type, seen, found);
}
