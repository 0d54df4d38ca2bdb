// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { posix } from 'node:path';
import { LostbitError } from '../errors.js';
import { printable } from '../printable.js';
import { foldersIn } from '../toolchain/includes.js';
import type { FileTree } from '../toolchain/types.js';
import type { TreeUnit, TreeUnits } from './tree-unit.js';
import { otherThanUnit } from './units-below.js';

/** What was found to be in the way, as one line, and what would help. */
interface Explanation {
  readonly code: 'E_TREE' | 'E_COMPILE';
  readonly what: string;
  readonly hint: string;
}

/**
 * What it means that a unit of a kernel's sources does not compile by itself. Its cause is the compiler's own error, with all that was
 * printed. Any other error than `E_COMPILE` is left as it is.
 */
export function unitError(error: LostbitError, unit: TreeUnit, units: TreeUnits): LostbitError {
  if (error.code !== 'E_COMPILE') return error;
  const { code, what, hint } = explained(error.message, unit, units);
  return new LostbitError(code, `${printable(unit.path)} does not compile alone: ${what}`, { hint }, error);
}

/** The first error: where it is, and what it says. */
const firstError = /^(\S+?):(\d+):\d+: (?:fatal )?error: (.*)$/m;

function explained(diagnostics: string, unit: TreeUnit, units: TreeUnits): Explanation {
  const [, file = unit.path, line = '1', raw = 'the compiler refuses it'] =
    firstError.exec(diagnostics) ?? [];
  const text = raw.replace(/; ISO C.*$| \[-W[^\]]*\]$/, '');
  const place = `${printable(file)}:${line}`;
  const other = otherThanUnit(units, unit.path);
  if (other?.kind === 'included') {
    const includer = units.includerOf(unit.path) ?? '';
    return { code: 'E_TREE', what: other.why, hint: `take ${printable(includer)} instead` };
  }
  const [, header] = /^'([^'\n]+)' file not found/.exec(text) ?? [];
  if (header !== undefined) return missing(header, place, unit, units);
  const compile = (what: string, hint: string): Explanation => ({ code: 'E_COMPILE', what, hint });
  const said = `${place}: ${printable(text)}`;
  if (other !== null) return compile(`${other.why}, and ${said}`, 'take files that a kernel is made of');
  const lacking = lackedBy(unit);
  if (lacking !== null) return compile(`${said}; ${lacking}`, elsewhere);
  if (/^static assertion|^static_assert/.test(text))
    return compile(
      `${place} asserts sizes that the made-up architecture and its configuration do not have: ${printable(text)}`,
      'take files whose structs do not follow from the configuration',
    );
  if (isDirective(units, unit, file, Number(line)))
    return compile(
      `${place} refuses the configuration: ${printable(text)}`,
      'it asks for an architecture or options that lostbit’s has not',
    );
  if (unit.makefiles.length === 0)
    return compile(`${said}; no makefile makes it`, 'take files that a kernel is made of');
  return compile(said, `${hintOfName(text)}; --verbose shows all that the compiler says`);
}

const elsewhere = 'take files that all architectures have';

/** The first of what is asked for and the configuration has not. */
function lackedBy({ unmet: [first] }: TreeUnit): string | null {
  if (first === undefined) return null;
  return `${printable(first.by)} needs ${printable(first.what)} (${printable(first.why)})`;
}

function isDirective(units: TreeUnits, unit: TreeUnit, file: string, line: number): boolean {
  const text = file === unit.path ? units.files.get(file) : unit.tree.get(file);
  return /^\s*#\s*error\b/.test(text?.split('\n')[line - 1] ?? '');
}

const hintOfName = (text: string): string =>
  /undeclared|unknown type|no member named|incomplete/.test(text)
    ? 'an architecture’s own headers may have it, or an option that its Kconfig does not ask for'
    : 'it may be written for gcc, or for an architecture of its own';

function missing(header: string, place: string, unit: TreeUnit, units: TreeUnits): Explanation {
  const includes = `${place} includes '${printable(header)}'`;
  const architectures = architecturesWith(header, units.files);
  if (architectures.length > 0)
    return {
      code: 'E_TREE',
      what: `${includes}, which only ${architectures.slice(0, 4).map(printable).join(', ')}${architectures.length > 4 ? ' …' : ''} has`,
      hint: elsewhere,
    };
  const maker = [...unit.makefiles, ...units.makefilesAbove(unit.path)].find((path) =>
    wordsOf(units.files.get(path) ?? '').has(posix.basename(header)),
  );
  if (maker !== undefined || /(?:^|\/)generated\//.test(header))
    return {
      code: 'E_TREE',
      what: `${includes}, which a build generates${maker === undefined ? '' : ` by ${printable(maker)}`}`,
      hint: 'lostbit generates only those headers that all units need: take files that do not include it',
    };
  if (/^(?:asm|uapi\/asm|mach|plat)\//.test(header))
    return {
      code: 'E_TREE',
      what: `${includes}, which no architecture of these sources has`,
      hint: elsewhere,
    };
  const lacking = lackedBy(unit);
  if (lacking !== null)
    return { code: 'E_TREE', what: `${includes}, which is not there; ${lacking}`, hint: elsewhere };
  return {
    code: 'E_TREE',
    what: `${includes}, which is not there`,
    hint: 'are the sources complete? In a clone by git: git status; in an archive: unpack it again',
  };
}

/** Names of files in a makefile, without their folders. */
const wordsOf = (makefile: string): ReadonlySet<string> => new Set(makefile.match(/[\w.-]+/g));

/** Architectures that have a header of that name where their own code looks for it. */
function architecturesWith(header: string, files: FileTree): string[] {
  const isIn = (folder: string) => files.has(posix.join(folder, header));
  return [...foldersIn(files, 'arch')]
    .filter((arch) => {
      const includes = `${arch}/include`;
      if ([includes, `${includes}/uapi`, `${includes}/asm`].some(isIn)) return true;
      const inner = [...foldersIn(files, `${includes}/asm`), ...foldersIn(files, includes)];
      const machines = [...foldersIn(files, arch)].filter((one) => /\/(?:mach|plat)-[^/]+$/.test(one));
      return [...inner, ...machines.map((one) => `${one}/include`), ...machines].some(isIn);
    })
    .map((arch) => posix.basename(arch));
}
