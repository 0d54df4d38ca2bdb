// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { memoized } from '../memoized.js';
import { uleb } from './leb.js';
import { customSections } from './sections.js';

/** What a module's build says of what it is made of. */
export interface ProgramFacts {
  /** The subject's own units. */
  readonly own: readonly string[];
  /** Those of its kernel modules, by the modules' names. */
  readonly modules: Readonly<Record<string, readonly string[]>>;
  /** Functions that something stands in for, since nobody defines them, and the units that use them. */
  readonly missing?: readonly { readonly name: string; readonly users: readonly string[] }[];
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
  const content = [...uleb(name.length), ...name, ...text];
  const section = Uint8Array.from([0, ...uleb(content.length), ...content]);
  const whole = new Uint8Array(module.length + section.length);
  whole.set(module);
  whole.set(section, module.length);
  return whole;
}
