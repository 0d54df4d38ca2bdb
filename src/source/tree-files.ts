// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { type BigIntStats, readdirSync, realpathSync, statSync } from 'node:fs';
import { join, posix, sep } from 'node:path';
import { LostbitError } from '../errors.js';
import { isPrintable, printable } from '../printable.js';
import { readRegularFileSync } from '../regular-file.js';
import { treePath } from '../toolchain/tree-path.js';
import type { FolderTree } from '../toolchain/types.js';

/** A file may have as many bytes: the longest headers of kernels have half of it. */
const mostBytes = 32 * 1024 * 1024;
/** Changed files that an error names. */
const mostNamed = 5;

/** What a file or a folder was known by when it was read. */
type Stamp = Pick<BigIntStats, 'ino' | 'size' | 'mtimeNs'>;

/** What files and folders were known by, so that it can be said later whether they are the same: by path. */
export type Stamps = readonly (readonly [path: string, stamp: string])[];

interface ReadFile {
  readonly text: string;
  readonly stamp: Stamp;
}

interface Folder {
  readonly files: ReadonlySet<string>;
  readonly folders: readonly string[];
  readonly stamp: Stamp;
  /** What was asked for, there or not. */
  readonly asked: Set<string>;
}

/**
 * The files below a directory, each read when it is first asked for, and kept. Nothing is written there, and nothing outside is
 * read: a link that leads out, a FIFO or a device is refused where its text is asked for.
 */
export class TreeFiles implements FolderTree {
  readonly #dir: string;
  readonly #real: string;
  readonly #folders = new Map<string, Folder | null>();
  readonly #files = new Map<string, ReadFile>();

  /** Throws `E_TREE` where there is no such directory. */
  constructor(dir: string) {
    this.#dir = dir;
    this.#real = orRefuse(dir, () => realpathSync(dir));
  }

  /** How many files have been read. */
  get readCount(): number {
    return this.#files.size;
  }

  has(path: string): boolean {
    const folder = this.#folder(folderOf(path));
    if (folder === null) return false;
    const name = posix.basename(path);
    folder.asked.add(name);
    return folder.files.has(name);
  }

  /** Throws `E_TREE` where the file cannot be read, is none, or leads out of the tree. */
  get(path: string): string | undefined {
    const known = this.#files.get(path);
    if (known !== undefined) return known.text;
    if (!this.has(path)) return undefined;
    const read = this.#read(path);
    this.#files.set(path, read);
    return read.text;
  }

  inFolder(folder: string): string[] {
    const found = this.#folder(folder);
    return found === null ? [] : [...found.files].map((name) => posix.join(folder, name)).sort();
  }

  foldersIn(folder: string): string[] {
    const found = this.#folder(folder);
    return found === null ? [] : found.folders.map((name) => posix.join(folder, name)).reverse();
  }

  /** Reads all folders, which takes a second for a whole kernel. */
  *keys(): MapIterator<string> {
    const left = [''];
    for (let folder = left.pop(); folder !== undefined; folder = left.pop()) {
      yield* this.inFolder(folder);
      const { folders = [] } = this.#folder(folder) ?? {};
      for (const name of folders) left.push(posix.join(folder, name));
    }
  }

  get size(): number {
    return [...this.keys()].length;
  }

  *entries(): MapIterator<[string, string]> {
    for (const path of this.keys()) yield [path, this.get(path)!];
  }

  *values(): MapIterator<string> {
    for (const path of this.keys()) yield this.get(path)!;
  }

  [Symbol.iterator](): MapIterator<[string, string]> {
    return this.entries();
  }

  forEach(visit: (text: string, path: string, tree: ReadonlyMap<string, string>) => void): void {
    for (const [path, text] of this) visit(text, path, this);
  }

  /** Throws `E_TREE_CHANGED` where anything that was read, or was not there, is another now. */
  checkUnchanged(): void {
    const changed = [...this.#files].flatMap(([path, read]) => (this.#isSame(path, read) ? [] : [path]));
    for (const [path, folder] of this.#folders)
      if (folder !== null) changed.push(...this.#otherwiseIn(path, folder));
    if (changed.length === 0) return;
    const named = [...new Set(changed)].sort();
    const more = named.length > mostNamed ? ` and ${named.length - mostNamed} more` : '';
    throw new LostbitError(
      'E_TREE_CHANGED',
      `${printable(this.#dir)} changed while it was read: ${named.slice(0, mostNamed).map(printable).join(', ')}${more}`,
      { hint: 'wait until nothing writes there (a checkout, a build, an editor), and start again' },
    );
  }

  /** Of all that was read or looked through, and of what was not there. */
  stamps(): Stamps {
    const files = [...this.#files].map(([path, { stamp }]) => [path, stampText(stamp)] as const);
    const folders = [...this.#folders]
      .filter(([path]) => isInside(path))
      .map(([path, folder]) => [path, folder === null ? absent : stampText(folder.stamp)] as const);
    return [...files, ...folders];
  }

  #isSame(path: string, { text, stamp }: ReadFile): boolean {
    try {
      return (
        sameStamp(stamp, statSync(join(this.#dir, path), { bigint: true })) || this.#read(path).text === text
      );
    } catch {
      return false;
    }
  }

  /** What of a folder was asked for, and would be answered otherwise now. */
  #otherwiseIn(path: string, { files, stamp, asked }: Folder): string[] {
    let now: Folder | null;
    try {
      if (sameStamp(stamp, statSync(join(this.#dir, path), { bigint: true }))) return [];
      now = this.#list(path);
    } catch {
      now = null;
    }
    return [...asked]
      .filter((name) => files.has(name) !== (now?.files.has(name) ?? false))
      .map((name) => posix.join(path, name));
  }

  #read(path: string): ReadFile {
    const file = join(this.#dir, treePath(path, printable(this.#dir), 'E_TREE'));
    this.#confine(path);
    const { bytes, found } = readRegularFileSync(file, 'E_TREE', mostBytes);
    return { text: bytes.toString('utf8'), stamp: found };
  }

  /** Refuses what leads out of the tree by a link. */
  #confine(path: string): void {
    const file = join(this.#dir, path);
    const real = orRefuse(file, () => realpathSync(file));
    if (real === this.#real || real.startsWith(this.#real.endsWith(sep) ? this.#real : this.#real + sep))
      return;
    throw new LostbitError(
      'E_TREE',
      `'${printable(file)}' is a link that leads out of the tree, to ${printable(real)}`,
      { hint: 'copy what it leads to into its place' },
    );
  }

  #folder(path: string): Folder | null {
    let known = this.#folders.get(path);
    if (known === undefined) {
      known = isInside(path) ? this.#list(path) : null;
      this.#folders.set(path, known);
    }
    return known;
  }

  /** Null where there is none. */
  #list(path: string): Folder | null {
    const dir = join(this.#dir, path);
    try {
      const stamp = statSync(dir, { bigint: true });
      if (!stamp.isDirectory()) return null;
      this.#confine(path);
      const entries = readdirSync(dir, { withFileTypes: true }).filter(({ name }) => isPrintable(name));
      return {
        // A link to a folder is taken for a file, which nobody asks for.
        files: new Set(entries.filter((entry) => !entry.isDirectory()).map(({ name }) => name)),
        folders: entries
          .filter((entry) => entry.isDirectory() && entry.name !== '.git')
          .map(({ name }) => name)
          .sort()
          .reverse(),
        stamp,
        asked: new Set(),
      };
    } catch (error) {
      if (['ENOENT', 'ENOTDIR', 'ELOOP'].includes((error as NodeJS.ErrnoException).code ?? '')) return null;
      if (error instanceof LostbitError) throw error;
      throw refused(dir, error as Error);
    }
  }
}

const absent = '';
const stampText = ({ ino, size, mtimeNs }: Stamp): string => `${ino} ${size} ${mtimeNs}`;

/** Undefined for what is not there, or cannot be asked for. */
function statOf(path: string): BigIntStats | undefined {
  try {
    return statSync(path, { bigint: true, throwIfNoEntry: false });
  } catch {
    return undefined;
  }
}

/** Is everything below a directory what it was when these stamps were taken? */
export function areAsStamped(dir: string, stamps: Stamps): boolean {
  return stamps.every(([path, stamp]) => {
    const found = isPrintable(path) ? statOf(`${dir}/${path}`) : undefined;
    // What was looked for as a folder, and is a file, was not there.
    if (stamp === absent) return found === undefined || !found.isDirectory();
    return found !== undefined && stampText(found) === stamp;
  });
}

const folderOf = (path: string): string => {
  const folder = posix.dirname(path);
  return folder === '.' ? '' : folder;
};

/** What an #include names may lead anywhere. */
const isInside = (folder: string): boolean =>
  folder === '' ||
  (isPrintable(folder) && folder.split('/').every((part) => !['', '.', '..'].includes(part)));

const sameStamp = (a: Stamp, b: Stamp): boolean =>
  a.ino === b.ino && a.size === b.size && a.mtimeNs === b.mtimeNs;

function orRefuse<T>(path: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    throw refused(path, error as Error);
  }
}

const refused = (path: string, error: Error): LostbitError =>
  new LostbitError('E_TREE', `cannot read '${printable(path)}': ${printable(error.message)}`, {}, error);
