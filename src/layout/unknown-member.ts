// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { offer } from '../nearest.js';
import { spell } from './spell.js';
import { bare, type StructType } from './types.js';

/** Most structs that are searched for a member that the named one does not have. */
const SEARCHED = 300;

/** What to say of a member that is not there: the struct it was sought in, and a hint where it may be. */
export function explainUnknown(
  struct: StructType,
  name: string,
  prefix: string,
): { readonly where: string; readonly hint: string } {
  const elsewhere = search(struct, name, prefix);
  return {
    where: spell(struct),
    hint:
      elsewhere === null
        ? offer(name, memberNames(struct), 'it has no members')
        : `it is in ${spell(elsewhere.struct)}: '${elsewhere.path}'`,
  };
}

/** Member names, those of anonymous members included. */
function memberNames(struct: StructType): string[] {
  return struct.members.flatMap(({ name, type }) => {
    const inner = bare(type);
    return name ?? (inner.kind === 'struct' || inner.kind === 'union' ? memberNames(inner) : []);
  });
}

/** The nearest struct, by number of steps from `root`, that has a member of that name, and the path to it. */
function search(root: StructType, name: string, prefix: string): { struct: StructType; path: string } | null {
  const queue = [{ struct: root, path: prefix }];
  const seen = new Set<StructType>([root]);
  for (const { struct, path } of queue) {
    if (memberNames(struct).includes(name)) return { struct, path: `${path}.${name}`.replace(/^\./, '') };
    for (const member of struct.members) {
      let inner = bare(member.type);
      if (inner.kind === 'pointer') inner = bare(inner.target);
      if ((inner.kind !== 'struct' && inner.kind !== 'union') || seen.has(inner) || seen.size >= SEARCHED)
        continue;
      seen.add(inner);
      const next = member.name === null ? path : `${path}.${member.name}`.replace(/^\./, '');
      queue.push({ struct: inner, path: next });
    }
  }
  return null;
}
