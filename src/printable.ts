// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
/**
 * The border between text that somebody else wrote (names in object files, paths, patches, scenario files, results,
 * arguments, compilers) and what is shown. A terminal obeys control characters, and a reader believes what bidirectional
 * formatting shows; XML allows neither the first nor half a surrogate pair.
 */

/** Controls, formatting that is not seen, separators of lines, halves of pairs, what is no character. */
const unprintable = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}\ufffe\uffff]/u;
const allUnprintable = new RegExp(unprintable, 'gu');
/** The same but for ends of lines and tabs, and escape sequences that choose a colour or a weight. */
const allButLines = /(?![\n\t])[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}\ufffe\uffff]/gu;
const allButStyledLines =
  // biome-ignore lint/suspicious/noControlCharactersInRegex: it is what styles are made of
  /(?!\x1b\[(?:0|[1-4]|7|9|2[2-9]|3[0-79]|9[0-7])m)(?![\n\t])[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}\ufffe\uffff]/gu;

const short: Readonly<Record<string, string>> = { '\n': '\\n', '\r': '\\r', '\t': '\\t' };

function spelt(character: string): string {
  const known = short[character];
  if (known !== undefined) return known;
  const code = character.codePointAt(0)!.toString(16);
  if (code.length <= 2) return `\\x${code.padStart(2, '0')}`;
  return code.length <= 4 ? `\\u${code.padStart(4, '0')}` : `\\u{${code}}`;
}

/** Whether a text is one line, and shows all that it holds. */
export const isPrintable = (text: string): boolean => !unprintable.test(text);

/** A name or another piece of a line: what cannot be seen stands there as in a string of C, `\x1b`, `\n`, `\u202e`. */
export function printable(text: string): string {
  // Nearly all are.
  return unprintable.test(text) ? text.replace(allUnprintable, spelt) : text;
}

/** Lines: the same, but for ends of lines and tabs; `styled` leaves the colours that reports are painted with, too. */
export function printableLines(text: string, { styled = false } = {}): string {
  return text.replace(styled ? allButStyledLines : allButLines, spelt);
}

/** A piece of XML: escaped as above, and then what XML is made of. */
export function xmlText(text: string): string {
  return printable(text)
    .replace(/&/g, '&amp;')
    .replace(/</g, '&lt;')
    .replace(/>/g, '&gt;')
    .replace(/"/g, '&quot;');
}

/** JSON, indented, that means the same and is printable: `JSON.stringify` escapes the first 32 characters only. */
export function jsonText(value: unknown): string {
  return JSON.stringify(value, null, 2).replace(allButLines, (character) =>
    Array.from(
      { length: character.length },
      (_, i) => `\\u${character.charCodeAt(i).toString(16).padStart(4, '0')}`,
    ).join(''),
  );
}
