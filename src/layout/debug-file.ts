// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { LostbitError } from '../errors.js';
import { customSections, isWasm } from '../wasm/sections.js';
import { Dwarf } from './dwarf/dwarf.js';
import { Elf } from './elf/elf.js';
import { debugSections } from './elf/relocate.js';
import type { LayoutTarget } from './types.js';

/** What a file holds of debug information, whatever kind of file it is. */
export interface DebugFile {
  readonly target: LayoutTarget;
  /** Those of DWARF by name, relocations applied; of what was split off with their suffix, `.dwo`. */
  readonly sections: ReadonlyMap<string, Uint8Array>;
  /** The file that has what it shares with others. */
  readonly alternate: AlternateLink | null;
  /** Its build ID, in hexadecimal; null where it has none. */
  readonly buildId: string | null;
}

export interface AlternateLink {
  readonly path: string;
  /** In hexadecimal. */
  readonly buildId: string;
}

/** Reads a file's sections. Throws `E_BAD_ELF` and `E_BAD_MODULE`. */
export function debugFileOf(file: Uint8Array | Elf): DebugFile {
  if (!(file instanceof Elf) && isWasm(file)) {
    const sections = customSections(file);
    const target: LayoutTarget = { name: 'wasm32', littleEndian: true, pointerSize: 4 };
    return { target, sections, alternate: null, buildId: null };
  }
  const elf = file instanceof Elf ? file : new Elf(file);
  return {
    target: elf.target,
    sections: debugSections(elf),
    alternate: alternateOf(elf),
    buildId: buildIdOf(elf),
  };
}

/** Whether there is anything that {@link entriesOf} reads. */
export const hasEntries = ({ sections }: Pick<DebugFile, 'sections'>): boolean =>
  ['.debug_info', '.debug_types', '.debug_info.dwo'].some((name) => sections.has(name));

/** Its sections of entries. Throws `E_NO_DEBUG_INFO` where it has none, and `E_BAD_DWARF`. */
export function entriesOf(file: DebugFile): Dwarf[] {
  const { sections, target } = file;
  if (!hasEntries(file)) {
    const what = target.name?.startsWith('wasm') ? 'the wasm module' : 'the ELF file';
    throw new LostbitError('E_NO_DEBUG_INFO', `${what} carries no debug information`, {
      hint: 'compile and link it with -g',
    });
  }
  return (['.debug_info', '.debug_types'] as const).flatMap((entries) =>
    [false, true].flatMap((isSplit) =>
      sections.has(isSplit ? `${entries}.dwo` : entries)
        ? [new Dwarf(sections, target.littleEndian, { entries, isSplit })]
        : [],
    ),
  );
}

/** The machine that a file is for. A module of 64-bit WebAssembly is known by its addresses only. */
export function machineOf({ target }: DebugFile, entries: readonly Dwarf[]): LayoutTarget {
  const is64 = entries.some(({ units }) => units.some(({ addressSize }) => addressSize === 8));
  return target.name === 'wasm32' && is64 ? { ...target, name: 'wasm64', pointerSize: 8 } : target;
}

/** `.gnu_debugaltlink` as `dwz -m` writes it, or `.debug_sup` (DWARF 5 §7.3.6). Throws `E_BAD_ELF`. */
function alternateOf(elf: Elf): AlternateLink | null {
  const gnu = elf.section('.gnu_debugaltlink');
  if (gnu !== undefined) {
    const reader = elf.readerOf(gnu, 'the link to another file,');
    const path = reader.cstring();
    return { path, buildId: hex(reader.take(reader.bytes.length - reader.position)) };
  }
  const standard = elf.section('.debug_sup');
  if (standard === undefined) return null;
  const reader = elf.readerOf(standard, 'the link to another file,');
  reader.skip(2);
  // It may be what others link to.
  const isSupplementary = reader.u8() !== 0;
  const path = reader.cstring();
  return isSupplementary ? null : { path, buildId: hex(reader.take(reader.uleb())) };
}

const NOTE_BUILD_ID = 3;

function buildIdOf(elf: Elf): string | null {
  const standard = elf.section('.debug_sup');
  if (standard !== undefined) {
    const reader = elf.readerOf(standard, 'the link to another file,');
    reader.skip(2);
    const isSupplementary = reader.u8() !== 0;
    reader.skipCstring();
    if (isSupplementary) return hex(reader.take(reader.uleb()));
  }
  const note = elf.section('.note.gnu.build-id');
  if (note === undefined) return null;
  const reader = elf.readerOf(note, 'the note');
  const nameSize = reader.u32();
  const size = reader.u32();
  if (reader.u32() !== NOTE_BUILD_ID) return null;
  reader.skip(Math.ceil(nameSize / 4) * 4);
  return hex(reader.take(size));
}

const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex');
