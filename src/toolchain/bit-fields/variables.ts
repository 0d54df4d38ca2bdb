// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
const NODE = /^!(\d+) = (?:distinct )?!(DILocalVariable|DIDerivedType|DICompositeType)\((.*)\)$/gm;
const DECLARED = /dbg[._]declare\((?:metadata )?(?:ptr|\S+\*) (%[^\s,]+), (?:metadata )?!(\d+),/;

/**
 * What variables point to, by the debug information of a module: pointers in the code itself have no type.
 */
export class Variables {
  readonly #nodes = new Map<string, string>();

  constructor(module: string) {
    for (const [, id = '', kind = '', text = ''] of module.matchAll(NODE))
      this.#nodes.set(id, `${kind}, ${text}`);
  }

  /** Of a line that declares a variable which is a pointer to a struct or a union: where it lies, and that type. */
  declaredBy(line: string): { variable: string; record: string } | null {
    const [, variable, id = ''] = DECLARED.exec(line) ?? [];
    const record = variable === undefined ? null : this.#pointedToBy(this.#nodes.get(id));
    return variable === undefined || record === null ? null : { variable, record };
  }

  #pointedToBy(node: string | undefined): string | null {
    let [type, isPointed, typedef] = [this.#next(node, 'type'), false, ''];
    while (type !== undefined) {
      const tag = /\btag: DW_TAG_(\w+)/.exec(type)?.[1];
      const name = /\bname: "([^"]*)"/.exec(type)?.[1];
      if (type.startsWith('DICompositeType')) {
        const kind = /^(struct|union)/.exec(tag ?? '')?.[1];
        return isPointed && kind !== undefined ? `%${kind}.${name ?? typedef}` : null;
      }
      if (tag === 'pointer_type' && isPointed) return null;
      if (tag === 'pointer_type') isPointed = true;
      if (tag === 'typedef') typedef = name ?? '';
      type = this.#next(type, 'baseType');
    }
    return null;
  }

  #next(node: string | undefined, field: string): string | undefined {
    const id = new RegExp(`, ${field}: !(\\d+)`).exec(node ?? '')?.[1];
    return id === undefined ? undefined : this.#nodes.get(id);
  }
}
