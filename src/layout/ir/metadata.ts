// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { LostbitError } from '../../errors.js';

/** A node of LLVM's metadata: `!DIBasicType(name: "int", size: 32)`, or a list, `!{!1, null}`. */
export interface Node {
  readonly id: number;
  /** `DIBasicType`; empty for a list. */
  readonly kind: string;
  readonly fields: ReadonlyMap<string, string>;
  /** The nodes of a list, null for `null`. */
  readonly list: readonly (number | null)[];
}

const NODE = /^!(\d+) = (?:distinct )?!(?:(\w+)\(|\{)(.*)[)}]$/gm;
const FIELD = /(\w+): ("[^"]*"|\([^)]*\)|[^,("]+(?:\([^)]*\))?)(?:, |$)/g;

/** The metadata in a module of LLVM's textual IR (LLVM Language Reference, "Metadata"); nodes are read when asked for. */
export class Metadata {
  readonly #texts = new Map<number, { kind: string; body: string }>();
  readonly #nodes = new Map<number, Node>();

  constructor(module: string) {
    for (const [, id, kind = '', body = ''] of module.matchAll(NODE))
      this.#texts.set(Number(id), { kind, body });
  }

  /** Throws `E_BAD_IR` where there is none. */
  node(id: number): Node {
    const known = this.#nodes.get(id);
    if (known !== undefined) return known;
    const text = this.#texts.get(id);
    if (text === undefined) throw badIr(`has no metadata !${id}`);
    const { kind, body } = text;
    const node: Node = {
      id,
      kind,
      fields: new Map(
        kind === '' ? [] : [...body.matchAll(FIELD)].map(([, key, value]) => [key!, value!] as const),
      ),
      list:
        kind === ''
          ? body.split(', ').map((item) => (item.startsWith('!') ? Number(item.slice(1)) : null))
          : [],
    };
    this.#nodes.set(id, node);
    return node;
  }

  /** All nodes of a kind, in order. */
  *all(kind: string): Generator<Node> {
    for (const [id, text] of this.#texts) if (text.kind === kind) yield this.node(id);
  }
}

/** A field that refers to a node: null where it is absent, or is `null`. */
export function referenceIn({ fields }: Node, key: string): number | null {
  const value = fields.get(key);
  return value?.startsWith('!') === true ? Number(value.slice(1)) : null;
}

/** A number, by default 0. */
export function numberIn({ fields }: Node, key: string): number {
  return Number((fields.get(key) ?? '0').replace(/^i\d+ /, ''));
}

/** A string, null where it is absent or empty. */
export function stringIn({ fields }: Node, key: string): string | null {
  const value = fields.get(key)?.slice(1, -1) ?? '';
  // A byte that is not printable stands there as two hexadecimal digits.
  return (
    value.replace(/\\([0-9a-fA-F]{2})/g, (_, hex: string) => String.fromCharCode(parseInt(hex, 16))) || null
  );
}

export function badIr(message: string): LostbitError {
  return new LostbitError('E_BAD_IR', `the compiler's intermediate text ${message}`);
}
