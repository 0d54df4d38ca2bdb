// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { memoized } from '../memoized.js';
import { customSections } from './wasm-sections.js';

/** What a module's build says of what it is made of. */
export interface ProgramFacts {
  /** The subject's own units. */
  readonly own: readonly string[];
  /** Those of its kernel modules, by the modules' names. */
  readonly modules: Readonly<Record<string, readonly string[]>>;
}

/** The custom section that has them, as JSON. */
export const programSection = 'lostbit.program';

/** The facts in a module; none in one that was not built from a subject. */
export const programOf = memoized((module: Uint8Array): ProgramFacts => {
  const section = customSections(module).get(programSection);
  if (section === undefined) return { own: [], modules: {} };
  return JSON.parse(new TextDecoder().decode(section.slice())) as ProgramFacts;
});

/** A module with these facts. */
export function withProgram(module: Uint8Array, facts: ProgramFacts): Uint8Array<ArrayBuffer> {
  const encoder = new TextEncoder();
  const [name, text] = [encoder.encode(programSection), encoder.encode(JSON.stringify(facts))];
  const content = [...leb(name.length), ...name, ...text];
  const section = Uint8Array.from([0, ...leb(content.length), ...content]);
  const whole = new Uint8Array(module.length + section.length);
  whole.set(module);
  whole.set(section, module.length);
  return whole;
}

function leb(value: number): number[] {
  const bytes: number[] = [];
  for (let left = value; ; ) {
    const low = left & 0x7f;
    left >>>= 7;
    bytes.push(left === 0 ? low : low | 0x80);
    if (left === 0) return bytes;
  }
}
