// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { type Metadata, referenceIn } from '../layout/ir/metadata.js';
import { type IrTypes, splitList } from '../toolchain/bit-fields/ir-types.js';
import type { GivenFact } from './facts.js';
import type { TypesByName } from './ir/types-by-name.js';

const GLOBAL = /^@("[^"]*"|[\w.$]+) = (?:[\w()]+ )*?(?:global|constant) (.*)$/gm;

/** The functions that variables are initialised with, by the member of a struct that each stands in. */
export function* initialisers(
  module: string,
  types: IrTypes,
  metadata: Metadata,
  names: TypesByName,
): Generator<GivenFact> {
  const functions = new Set(
    [...module.matchAll(/^(?:define|declare) .*?@("[^"]*"|[\w.$]+)\(/gm)].map(([, name]) => name!),
  );
  for (const [, variable = '', text = ''] of module.matchAll(GLOBAL)) {
    // What only keeps a compiler from leaving things out calls nothing.
    if (!text.includes('@') || /^"?llvm\.|addressable/.test(variable)) continue;
    const debug = /, !dbg !(\d+)/.exec(text)?.[1];
    const typed = typeAndValue(text);
    if (typed === null) continue;
    // What a local variable begins as has no debug information.
    const type = debug === undefined ? null : typeOfVariable(metadata, Number(debug));
    for (const { name, byte } of referencesIn(typed.type, typed.value, types, 0)) {
      if (!functions.has(name)) continue;
      const slot = debug === undefined ? names.slotIn(typed.type, byte) : names.slotAt(type, byte);
      yield {
        function: name.replace(/^"(.*)"$/, '$1'),
        to: slot === null ? { lost: true } : { slot, variable: variable.replace(/^"(.*)"$/, '$1') },
        place: null,
      };
    }
  }
}

function typeOfVariable(metadata: Metadata, expression: number): number | null {
  const variable = referenceIn(metadata.node(expression), 'var');
  return variable === null ? null : referenceIn(metadata.node(variable), 'type');
}

/** The type that a text begins with, and the constant behind it. */
function typeAndValue(text: string): { readonly type: string; readonly value: string } | null {
  const plain = /^(?:%"[^"]*"|%[\w.$]+|ptr|i\d+)/.exec(text)?.[0];
  const type = plain ?? bracketed(text);
  if (type === null) return null;
  const rest = text.slice(type.length).trimStart();
  return { type, value: /^[[{<]/.test(rest) ? (bracketed(rest) ?? rest) : (splitList(rest)[0] ?? '') };
}

function bracketed(text: string): string | null {
  if (!/^[[{<]/.test(text)) return null;
  let depth = 0;
  let quoted = false;
  for (let i = 0; i < text.length; i++) {
    if (text[i] === '"') quoted = !quoted;
    if (quoted) continue;
    if ('[{<('.includes(text[i]!)) depth++;
    else if (']}>)'.includes(text[i]!) && --depth === 0) return text.slice(0, i + 1);
  }
  return null;
}

/** Names of functions in a constant, and at which byte each stands. */
function* referencesIn(
  type: string,
  value: string,
  types: IrTypes,
  byte: number,
): Generator<{ readonly name: string; readonly byte: number }> {
  if (!value.includes('@')) return;
  const name = /^@("[^"]*"|[\w.$]+)$/.exec(value)?.[1];
  if (name !== undefined) {
    yield { name, byte };
    return;
  }
  const inner = /^(?:<\{|[[{])(.*?)(?:\}>|[\]}])$/s.exec(value)?.[1];
  if (inner === undefined) return;
  for (const [i, element] of splitOutsideStrings(inner).entries()) {
    const typed = typeAndValue(element);
    const at = types.at(type, i);
    if (typed !== null && at !== undefined && element.includes('@'))
      yield* referencesIn(typed.type, typed.value, types, byte + at.offset);
  }
}

/** Strings of C may have brackets and commas. */
function splitOutsideStrings(text: string): string[] {
  return text.includes('c"') ? splitList(text.replace(/c"[^"]*"/g, 'c""')) : splitList(text);
}
