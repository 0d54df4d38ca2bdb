// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
/** Where a text stops being JSON. */
export interface JsonPlace {
  /** Both from 1. */
  readonly line: number;
  readonly column: number;
  /** What could have stood there: `a value`, `',' or '}'`. */
  readonly expected: string;
}

type State =
  | 'value'
  | 'value or ]'
  | 'key'
  | 'key or }'
  | 'colon'
  | 'next in object'
  | 'next in array'
  | 'end';

const words: Readonly<Record<State, string>> = {
  value: 'a value',
  'value or ]': "a value or ']'",
  key: 'a name in double quotes',
  'key or }': "a name in double quotes or '}'",
  colon: "':'",
  'next in object': "',' or '}'",
  'next in array': "',' or ']'",
  end: 'nothing more',
};

const blank = /[\t\n\r ]*/y;
const token =
  /[{}[\],:]|"(?:[^"\\\p{Cc}]|[\x7f-\x9f]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*"|-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null/uy;

/** Finds the first place at which a text is no JSON; `null` where it is. `JSON.parse` does not always say. */
export function jsonPlace(text: string): JsonPlace | null {
  const open: ('{' | '[')[] = [];
  let state: State = 'value';
  let at = 0;
  const afterValue = (): State =>
    open.length === 0 ? 'end' : open.at(-1) === '{' ? 'next in object' : 'next in array';
  for (;;) {
    blank.lastIndex = at;
    at += blank.exec(text)![0].length;
    if (at === text.length && state === 'end') return null;
    token.lastIndex = at;
    const [found = ''] = token.exec(text) ?? [];
    const next = follow(state, found, open, afterValue);
    if (next === null) {
      const before = text.slice(0, at).split('\n');
      return { line: before.length, column: before.at(-1)!.length + 1, expected: words[state] };
    }
    state = next;
    at += found.length;
  }
}

/** What may come after a token; `null`: it may not stand there. */
function follow(state: State, found: string, open: ('{' | '[')[], afterValue: () => State): State | null {
  const closes = (bracket: '}' | ']') => {
    if (found !== bracket) return null;
    open.pop();
    return afterValue();
  };
  switch (state) {
    case 'value':
    case 'value or ]':
      if (found === '{' || found === '[') {
        open.push(found);
        return found === '{' ? 'key or }' : 'value or ]';
      }
      if (found === ']' && state === 'value or ]') return closes(']');
      return found === '' || '}],:'.includes(found) ? null : afterValue();
    case 'key':
    case 'key or }':
      if (found.startsWith('"')) return 'colon';
      return state === 'key or }' ? closes('}') : null;
    case 'colon':
      return found === ':' ? 'value' : null;
    case 'next in object':
      return found === ',' ? 'key' : closes('}');
    case 'next in array':
      return found === ',' ? 'value' : closes(']');
    case 'end':
      return null;
  }
}
