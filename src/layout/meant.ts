// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only

/** The bits of a span that an access means, the least significant first. */
export interface MeantBits {
  readonly mask: bigint;
  /** Of these, those of which it is not known whether it means them. */
  readonly unsure: bigint;
}

/**
 * Which fields of a span an access means, by their bits of it, and which it may mean. If there is only one that it may mean,
 * it means that: an access means at least one field.
 */
export function meantFields<Field extends { readonly mask: bigint }>(
  span: readonly Field[],
  { mask, unsure }: MeantBits,
): { readonly fields: readonly Field[]; readonly oneOf: readonly Field[] } {
  const touched = span.filter((field) => (field.mask & mask) !== 0n);
  const fields = touched.filter((field) => (field.mask & mask & ~unsure) !== 0n);
  const oneOf = touched.filter((field) => !fields.includes(field));
  return fields.length === 0 && oneOf.length === 1 ? { fields: oneOf, oneOf: [] } : { fields, oneOf };
}
