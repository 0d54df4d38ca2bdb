// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { createTwoFilesPatch } from 'diff';
import type { GuardedField } from './guarded-by.js';

/** Where in the text of a struct's definition a declaration is annotated. */
export interface Annotation {
  readonly guarded: GuardedField;
  readonly path: string;
  /** Counted from 1. */
  readonly line: number;
  /** Characters from the start of the file to where the annotation goes. */
  readonly at: number;
}

export interface NotAnnotated {
  readonly guarded: GuardedField;
  readonly why: string;
}

/**
 * Finds the declarations of fields, by name, in the definitions of their structs.
 *
 * @param textOf a file's text; undefined where there is none.
 */
export function annotationsOf(
  fields: readonly GuardedField[],
  textOf: (path: string) => string | undefined,
): { readonly annotations: readonly Annotation[]; readonly leftOut: readonly NotAnnotated[] } {
  const annotations: Annotation[] = [];
  const leftOut: NotAnnotated[] = [];
  for (const guarded of fields) {
    const { defined } = guarded;
    const text = defined === null ? undefined : textOf(defined.file);
    const found =
      defined === null || text === undefined
        ? 'the definition of the struct is not among the sources'
        : declarationIn(text, defined.line, guarded);
    if (typeof found === 'string') leftOut.push({ guarded, why: found });
    else annotations.push({ guarded, path: defined!.file, ...found });
  }
  return { annotations, leftOut };
}

/** The text of a file with annotations of it. */
export function annotated(
  text: string,
  annotations: readonly Annotation[],
  lockOf: (guarded: GuardedField) => string = ({ lock }) => lock,
): string {
  const fromEnd = [...annotations].sort((a, b) => b.at - a.at);
  return fromEnd.reduce(
    (now, { at, guarded }) => `${now.slice(0, at)} __guarded_by(&${lockOf(guarded)})${now.slice(at)}`,
    text,
  );
}

/** A diff that `patch -p1` applies at the root of the sources; empty where there is nothing to annotate. */
export function annotationDiff(
  annotations: readonly Annotation[],
  textOf: (path: string) => string | undefined,
): string {
  return [...byPath(annotations)]
    .map(([path, of]) => {
      const before = textOf(path)!;
      const made = createTwoFilesPatch(
        `a/${path}`,
        `b/${path}`,
        before,
        annotated(before, of),
        undefined,
        undefined,
        { context: 3 },
      );
      return made.replace(/^=+\n/, '').replace(/^(--- |\+\+\+ )(.*)\t$/gm, '$1$2');
    })
    .join('');
}

/** Annotations by the file that they are in, sorted. */
export function byPath(annotations: readonly Annotation[]): Map<string, Annotation[]> {
  const files = new Map<string, Annotation[]>();
  for (const one of [...annotations].sort((a, b) => (a.path < b.path ? -1 : a.path > b.path ? 1 : 0)))
    files.set(one.path, [...(files.get(one.path) ?? []), one]);
  return files;
}

/** Comments, texts and lines of the preprocessor as blanks, so that every character stays where it is. */
const blanked = (text: string): string =>
  text.replace(
    /\/\*[\s\S]*?\*\/|\/\/.*|"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*'|^[ \t]*#(?:\\\r?\n|.)*/gm,
    (match) => match.replace(/[^\n]/g, ' '),
  );

/** Where the annotation of a field goes, or why there is no such place. */
function declarationIn(
  text: string,
  definedAt: number,
  { struct, field, isMember }: GuardedField,
): { readonly line: number; readonly at: number } | string {
  const code = blanked(text);
  const from = lineStart(code, definedAt);
  const open = code.indexOf('{', from);
  const head = open < 0 ? '' : code.slice(from, open);
  if (!/\b(?:struct|union|typedef)\b/.test(head) && !new RegExp(`\\b${struct}\\b`).test(head))
    return `line ${definedAt} does not begin the struct's definition: a macro makes it`;
  const name = field.slice(field.lastIndexOf('.') + 1);
  const places = declarationsOf(code, open, name);
  const [place] = places;
  if (place === undefined) return 'no declaration in the definition of the struct names it: a macro makes it';
  if (places.length > 1) return 'it is declared more than once in the definition of the struct';
  const { at, declaration, braces, parens } = place;
  if (parens > 0) return "it is declared in a macro's argument";
  if (isMember && (braces > 1 || field.includes('.')))
    return 'it is declared in a struct within the struct, from where the lock has no name';
  if (/\bguarded_by|__guarded_by\b/.test(declaration)) return 'it is annotated already';
  if (/,/.test(declaration.replace(/\([^()]*\)/g, ''))) return 'one declaration declares several fields';
  return { line: code.slice(0, at).split('\n').length, at };
}

interface Declaration {
  /** Behind its last character before the semicolon. */
  readonly at: number;
  readonly declaration: string;
  /** How deep it is in braces, and in parentheses. */
  readonly braces: number;
  readonly parens: number;
}

/** The declarations of bit-fields of a name, from a brace to the one that closes it. */
function declarationsOf(code: string, open: number, name: string): Declaration[] {
  const isBitField = new RegExp(`\\b${name}\\s*:(?!:)`);
  const found: Declaration[] = [];
  let [braces, parens, begin] = [0, 0, open];
  for (let i = open; i < code.length; i++) {
    const character = code[i]!;
    if (character === '{') braces++;
    else if (character === '}') braces--;
    else if (character === '(') parens++;
    else if (character === ')') parens--;
    else if (character === ';') {
      const declaration = code.slice(begin, i);
      if (isBitField.test(declaration))
        found.push({ at: begin + declaration.trimEnd().length, declaration, braces, parens });
    }
    if (character === '{' || character === '}' || character === ';') begin = i + 1;
    if (braces === 0) break;
  }
  return found;
}

/** Where a line begins, counted from 1. */
function lineStart(text: string, line: number): number {
  let at = 0;
  for (let i = 1; i < line; i++) {
    const next = text.indexOf('\n', at);
    if (next < 0) return text.length;
    at = next + 1;
  }
  return at;
}
