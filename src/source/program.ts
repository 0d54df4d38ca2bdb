// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { LostbitError } from '../errors.js';
import { offer } from '../nearest.js';
import { printable } from '../printable.js';
import type { FileTree, Program } from '../toolchain/types.js';
import { type Call, codeOfCalls } from './calls.js';
import { functionsOf } from './functions.js';
import { kernelUnits } from './kernel-units.js';
import { readOwnC } from './own-c.js';

/** What of a subject is compiled. */
export interface ProgramParts {
  /** The subject's files, at a stage. */
  readonly tree: FileTree;
  /** Its `.c` files to compile; those that a patch has added are among them. */
  readonly units: readonly string[];
  readonly defines: Readonly<Record<string, string | number>>;
  readonly modules: Readonly<Record<string, readonly string[]>>;
  /** Functions that scenarios call. */
  readonly calls: readonly Call[];
}

/** A program in which some units make calls besides what their files say. */
export interface CallingProgram extends Program {
  readonly calling: readonly CallingUnit[];
}

export interface CallingUnit {
  readonly unit: string;
  /** Its file's text. */
  readonly text: string;
  /** What stands before that in what is compiled, without changing the numbers of its lines. */
  readonly head: string;
  readonly calls: readonly Call[];
}

/** As in a kernel's build: the configuration, which every unit of the subject includes. */
const autoconf = 'include/generated/autoconf.h';

/**
 * A subject's C with the parts of lostbit's own that it needs.
 *
 * @throws LostbitError `E_SOURCE` where a path is lostbit's own; `E_UNKNOWN_FUNCTION`.
 */
export async function programOf({
  tree,
  units,
  defines,
  modules,
  calls,
}: ProgramParts): Promise<CallingProgram> {
  const own = await readOwnC();
  for (const path of tree.keys())
    if (own.has(path))
      throw new LostbitError('E_SOURCE', `'${printable(path)}' is a file of lostbit's own`, {
        hint: 'name the directory above the C, or give the file another name',
      });
  const whole = new Map([...own, ...tree]);
  whole.set(autoconf, codeOfDefines(defines));
  const isConfigured = Object.keys(defines).length > 0;
  const head = isConfigured ? '#include <generated/autoconf.h>\n' : '';
  const { texts, calling } = withCalls(tree, units, calls, () => head);
  for (const [unit, text] of texts) whole.set(unit, text);
  return {
    tree: whole,
    units: [...units, ...kernelUnits(whole, units, own.keys())].sort(),
    own: units,
    modules,
    calling,
  };
}

/** What is compiled of units that make calls. */
export interface CallingUnits {
  /** Of those that are compiled otherwise than their files say. */
  readonly texts: ReadonlyMap<string, string>;
  readonly calling: readonly CallingUnit[];
}

/**
 * Puts text in front of units, which keeps the numbers of their lines, and the calls that they are to make behind them.
 *
 * @throws LostbitError `E_UNKNOWN_FUNCTION`.
 */
export function withCalls(
  tree: FileTree,
  units: readonly string[],
  calls: readonly Call[],
  front: (unit: string) => string,
): CallingUnits {
  const called = callsByUnit(tree, units, calls);
  const texts = new Map<string, string>();
  const calling: CallingUnit[] = [];
  for (const unit of units) {
    const before = front(unit);
    const head = before === '' ? '' : `${before}#line 1 "${unit}"\n`;
    const made = called.get(unit) ?? [];
    // The mark of the byte order is one at the beginning only.
    const text = (tree.get(unit) ?? '').replace(/^\ufeff/, '');
    const code = codeOfCalls(made);
    if (head !== '' || code !== '') texts.set(unit, `${head}${text}${code}`);
    if (made.length > 0) calling.push({ unit, text, head, calls: made });
  }
  return { texts, calling };
}

function codeOfDefines(defines: Readonly<Record<string, string | number>>): string {
  const lines = Object.entries(defines).map(([name, value]) => `#define ${name} ${value}\n`);
  return `/* SPDX-License-Identifier: GPL-2.0-only */\n${lines.join('')}`;
}

/** The calls that each unit's code is to make: those of the functions that it defines. */
function callsByUnit(tree: FileTree, units: readonly string[], calls: readonly Call[]): Map<string, Call[]> {
  const byUnit = new Map<string, Call[]>();
  if (calls.length === 0) return byUnit;
  const functions = functionsOf(tree, units);
  for (const call of calls) {
    const [unit, other] = functions.get(call.function) ?? [];
    if (unit === undefined)
      throw new LostbitError(
        'E_UNKNOWN_FUNCTION',
        `the C defines no function '${printable(call.function)}'`,
        {
          hint:
            functions.size > 0
              ? offer(call.function, functions.keys())
              : 'it defines none, unless by macros: declare an op there, LAB_OP(name, …)',
        },
      );
    if (other !== undefined)
      throw new LostbitError(
        'E_UNKNOWN_FUNCTION',
        `the C defines '${printable(call.function)}' twice: in ${unit} and in ${other}`,
        { hint: 'declare an op in the file that is meant: LAB_OP(name, …)' },
      );
    byUnit.set(unit, [...(byUnit.get(unit) ?? []), call]);
  }
  return byUnit;
}
