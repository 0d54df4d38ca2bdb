// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { basename, dirname, resolve } from 'node:path';
import { LostbitError } from '../errors.js';
import { printable } from '../printable.js';
import { readIfRegular } from '../regular-file.js';
import { type DebugFile, debugFileOf, entriesOf, hasEntries, machineOf } from './debug-file.js';
import { DebugInfo, type Unread } from './debug-info.js';
import { At } from './dwarf/constants.js';
import type { Dwarf } from './dwarf/dwarf.js';
import { DwarfParts } from './dwarf/parts.js';
import type { Unit } from './dwarf/unit.js';

/** Bytes of all files together that one refers to. */
const LARGEST = 2 ** 30;
/** After that many units without their files, the others are not looked for. */
const PATIENCE = 256;

const SPLIT_HINT =
  'leave the .dwo files where the compiler put them, or put them or a .dwp (by `llvm-dwp`) beside it, or compile without -gsplit-dwarf';

/** A skeleton: a unit that only says where the actual unit is. */
interface Skeleton {
  readonly id: bigint;
  readonly name: string;
  readonly folder: string;
}

/**
 * A file's debug information, with the parts that are in other files: units that were split off (`-gsplit-dwarf`), in a
 * package beside it or in the `.dwo` files that it names, and what it shares with others (`dwz -m`). A file that is missing,
 * not a regular file or of another build is not read, and reported where it may be needed.
 *
 * @param path of the file; null where only its content is known, and so nothing beside it.
 * @throws LostbitError `E_NO_DEBUG_INFO`, `E_BAD_DWARF`.
 */
export async function openDebugInfo(file: DebugFile, path: string | null): Promise<DebugInfo> {
  const own = entriesOf(file);
  const reader = new CompanionReader(file, path);
  const split = await reader.split(own);
  const alternate = file.alternate === null ? null : await reader.alternate(file.alternate);
  const parts = new DwarfParts([...own, ...split], alternate, file.alternate?.path ?? null);
  return new DebugInfo(parts, machineOf(file, own), reader.unread);
}

class CompanionReader {
  readonly unread: Unread[] = [];
  readonly #file: DebugFile;
  readonly #path: string | null;
  #left = LARGEST;

  constructor(file: DebugFile, path: string | null) {
    this.#file = file;
    this.#path = path;
  }

  /** The units that were split off, as far as they are there. */
  async split(own: readonly Dwarf[]): Promise<Dwarf[]> {
    const found: Dwarf[] = [];
    const ids = new Set(own.flatMap(idsOf));
    const add = (dwarfs: readonly Dwarf[]) => {
      found.push(...dwarfs);
      for (const id of dwarfs.flatMap(idsOf)) ids.add(id);
    };
    const all = own.flatMap(skeletonsOf);
    if (this.#path !== null && all.some(({ id }) => !ids.has(id)))
      add(await this.#entries(`${this.#path}.dwp`));
    const missing: Skeleton[] = [];
    for (const skeleton of all) {
      if (ids.has(skeleton.id)) continue;
      if (missing.length < PATIENCE)
        for (const path of this.#candidates(skeleton)) {
          const entries = await this.#entries(path);
          if (!entries.flatMap(idsOf).includes(skeleton.id)) continue;
          add(entries);
          break;
        }
      if (!ids.has(skeleton.id)) missing.push(skeleton);
    }
    const [first] = missing;
    if (first !== undefined) {
      const which = `${missing.length} of ${all.length} units that are split off`;
      this.unread.push({ what: `${which}, as '${resolve(first.folder, first.name)}'`, hint: SPLIT_HINT });
    }
    return found;
  }

  /** What the file shares with others; null where it is not there. */
  async alternate({ path, buildId }: NonNullable<DebugFile['alternate']>): Promise<Dwarf | null> {
    const full = this.#path === null ? path : resolve(dirname(this.#path), path);
    const file = this.#path === null ? null : await this.#read(full);
    const isIt = file !== null && (file.buildId === buildId || file.buildId === null);
    if (isIt && file.sections.has('.debug_info')) return entriesOf(file)[0]!;
    this.unread.push({
      what: `'${full}'${file === null ? '' : ', which is of another build'}`,
      hint: '`dwz -m` has moved there what several files share: put it there, or take a file from before dwz',
    });
    return null;
  }

  #candidates({ name, folder }: Skeleton): string[] {
    if (this.#path === null) return [];
    const beside = dirname(this.#path);
    return [
      ...new Set([resolve(beside, folder, name), resolve(beside, name), resolve(beside, basename(name))]),
    ];
  }

  /** The split units of a file; none where it is not there. Throws what is wrong with it. */
  async #entries(path: string): Promise<Dwarf[]> {
    const file = await this.#read(path);
    return file !== null && hasEntries(file) ? entriesOf(file) : [];
  }

  async #read(path: string): Promise<DebugFile | null> {
    const bytes = await readIfRegular(path, this.#left);
    if (bytes === null) return null;
    this.#left -= bytes.length;
    const { target } = this.#file;
    try {
      const file = debugFileOf(bytes);
      return file.target.littleEndian === target.littleEndian ? file : null;
    } catch (error) {
      if (!(error instanceof LostbitError)) throw error;
      // A file that is no object at all is not the right one.
      if (!isObject(bytes)) return null;
      throw new LostbitError(error.code, `'${printable(path)}': ${error.message}`, error.advice, error);
    }
  }
}

const isObject = (bytes: Uint8Array) =>
  /^(?:\x7fELF|\0asm)/.test(Buffer.from(bytes.subarray(0, 4)).toString('latin1'));

/** By what the units of a section are known to their skeletons. */
function idsOf(dwarf: Dwarf): bigint[] {
  return dwarf.units.flatMap((unit) => {
    if (unit.isSkeleton || unit.type !== null || isSkeleton(dwarf, unit)) return [];
    const id = unit.dwoId ?? oldId(dwarf, unit);
    return id === null ? [] : [id];
  });
}

function skeletonsOf(dwarf: Dwarf): Skeleton[] {
  return dwarf.units.flatMap((unit) => {
    if (unit.type !== null || !isSkeleton(dwarf, unit)) return [];
    const root = dwarf.root(unit);
    const name = root.text(At.dwoName) ?? root.text(At.gnuDwoName);
    const id = unit.dwoId ?? oldId(dwarf, unit);
    return name === null || id === null ? [] : [{ id, name, folder: root.text(At.compDir) ?? '' }];
  });
}

/** Before DWARF 5 a skeleton is a unit like others but for an attribute, which the unit itself may have too. */
function isSkeleton(dwarf: Dwarf, unit: Unit): boolean {
  return unit.isSkeleton || (unit.version < 5 && !dwarf.isSplit && dwarf.root(unit).has(At.gnuDwoName));
}

function oldId(dwarf: Dwarf, unit: Unit): bigint | null {
  if (unit.version >= 5) return null;
  const id = dwarf.root(unit).constant(At.gnuDwoId);
  return id === null ? null : BigInt(id);
}
