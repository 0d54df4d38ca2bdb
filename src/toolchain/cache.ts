// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { createHash } from 'node:crypto';
import { readdir, rm, stat, utimes } from 'node:fs/promises';
import { join } from 'node:path';
import cacache from 'cacache';
import envPaths from 'env-paths';
import { LostbitError } from '../errors.js';
import { makeDirectory } from '../make-directory.js';
import { printable } from '../printable.js';

/** Bytes and the text that belongs to them, kept under a key that names everything they were made from. */
export interface Entry {
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly diagnostics: string;
}

/** The directory for everything that can be made again: `LOSTBIT_CACHE`, or the user's own cache directory. */
export function cacheRoot(): string {
  return process.env.LOSTBIT_CACHE || envPaths('lostbit', { suffix: '' }).cache;
}

// A folder of its own, so that clearing it cannot take anything else along, whatever LOSTBIT_CACHE points to.
const buildsDirectory = () => join(cacheRoot(), '_cacache');

/** Raised whenever the same inputs would make something else, so that older entries are not found. */
const SCHEMA = 2;

/** Bytes of content that are kept at most: what was used least recently goes first. */
export const cacheBound = 2 * 1024 ** 3;

type Kind =
  | 'object'
  | 'lowered'
  | 'module'
  | 'hooked'
  | 'simulated'
  | 'accesses'
  | 'facts'
  | 'survey'
  | 'printed';

/** A cache key over everything an entry is made from. */
export function keyOf(kind: Kind, ...parts: readonly unknown[]): string {
  return `${kind}:${sha256(JSON.stringify([SCHEMA, ...parts]))}`;
}

/** Those kinds whose content is WebAssembly. */
const modules: readonly string[] = ['object', 'module', 'simulated'] satisfies Kind[];

/** Hexadecimal. */
export function sha256(content: string | Uint8Array): string {
  return createHash('sha256').update(content).digest('hex');
}

// A directory that cannot be written is reported once, however many builds use it.
const complainedAbout = new Set<string>();

/** An entry's content names its key: cacache's digest only proves that it is what was written, not for which key. */
interface Metadata {
  readonly diagnostics: string;
  readonly seal: string;
}

const sealOf = (key: string, { bytes, diagnostics }: Entry) =>
  sha256(`${key} ${sha256(bytes)} ${diagnostics}`);

/** Is it what was put there under this key, and of use? */
function isRight(key: string, entry: Entry, { seal }: Partial<Metadata>): boolean {
  const isModule = modules.includes(key.slice(0, key.indexOf(':')));
  return seal === sealOf(key, entry) && (!isModule || WebAssembly.validate(entry.bytes));
}

/**
 * A content-hash cache on disk. Lockless and verified on reading: two processes may use one directory, a writer may be
 * killed at any point, and what does not match its digest is dropped and made again. So is, with a warning, what
 * matches it but belongs to another key.
 */
export class Cache {
  /** Entries that were found damaged, and dropped. */
  repaired = 0;
  readonly #dir = buildsDirectory();
  readonly #warn: ((text: string) => void) | null;
  readonly #bound: number;

  /**
   * @param warn called once where the directory cannot be written (null: another cache's `warn` is), and for wrong entries.
   * @param bound bytes that it holds at most.
   */
  constructor(warn: ((text: string) => void) | null, bound = cacheBound) {
    this.#warn = warn;
    this.#bound = bound;
  }

  async get(key: string): Promise<Entry | undefined> {
    const found = await cacache.get.info(this.#dir, key).catch(() => null);
    if (found === null) return undefined;
    try {
      const data = await cacache.get.byDigest(this.#dir, found.integrity, { memoize: false });
      const metadata = (found.metadata ?? {}) as Partial<Metadata>;
      const entry = { bytes: new Uint8Array(data), diagnostics: metadata.diagnostics ?? '' };
      if (isRight(key, entry, metadata)) {
        await touch(found.path);
        return entry;
      }
      const text = `an entry of the cache is not what it should be, and is made again: ${key.slice(0, 24)}…`;
      if (this.#warn === null) process.emitWarning(text);
      else this.#warn(`warning: ${text}\n`);
      this.repaired++;
      // Its content may be another entry's, too.
      await cacache.rm.entry(this.#dir, key);
    } catch (error) {
      // Whatever else is wrong with the directory, put() will report it.
      if (isDamage(error)) await this.#drop(found.integrity);
    }
    return undefined;
  }

  async put(key: string, entry: Entry): Promise<void> {
    try {
      await makeDirectory(this.#dir);
      const metadata: Metadata = { diagnostics: entry.diagnostics, seal: sealOf(key, entry) };
      await cacache.put(this.#dir, key, Buffer.from(entry.bytes), { metadata });
      await keepBound(this.#dir, this.#bound, entry.bytes.length);
    } catch (error) {
      if (this.#warn === null || complainedAbout.has(this.#dir)) return;
      complainedAbout.add(this.#dir);
      this.#warn(
        `warning: building without a cache: ${this.#dir} cannot be written (${(error as Error).message})\n`,
      );
    }
  }

  async #drop(integrity: string): Promise<void> {
    this.repaired++;
    // Writing again would keep the damaged content: cacache never overwrites what lies under a digest.
    await cacache.rm.content(this.#dir, integrity).catch(() => {});
  }
}

/** An entry's content was used just now: its time of modification says when, as nobody ever changes it. */
async function touch(path: string): Promise<void> {
  const now = new Date();
  // Of a cache that cannot be written nothing is ever taken away.
  await utimes(path, now, now).catch(() => {});
}

interface Content {
  readonly path: string;
  readonly bytes: number;
  /** Milliseconds since 1970. */
  readonly used: number;
}

/** All content there is; files that another process takes away meanwhile are none. */
async function contentsOf(dir: string): Promise<Content[]> {
  const options = { recursive: true, withFileTypes: true } as const;
  const files = await readdir(join(dir, 'content-v2'), options).catch(() => []);
  const contents = await Promise.all(
    files
      .filter((file) => file.isFile())
      .map(async (file) => {
        const path = join(file.parentPath, file.name);
        const { size, mtimeMs } = await stat(path).catch(() => ({ size: 0, mtimeMs: 0 }));
        return { path, bytes: size, used: mtimeMs };
      }),
  );
  return contents.filter(({ bytes }) => bytes > 0);
}

const bytesOf = (contents: readonly Content[]) => contents.reduce((sum, { bytes }) => sum + bytes, 0);

/** By directory, what this process has written since it last looked how much there is. */
const written = new Map<string, number>();
/** How much of the bound may be written until it looks again, and is then made free beyond what it takes. */
const slack = 1 / 16;

/** Takes away what was used least recently, where there is more than the bound. */
async function keepBound(dir: string, bound: number, more: number): Promise<void> {
  const since = (written.get(dir) ?? Number.POSITIVE_INFINITY) + more;
  written.set(dir, since);
  if (since < bound * slack) return;
  written.set(dir, 0);
  const contents = await contentsOf(dir);
  let over = bytesOf(contents) - bound;
  if (over <= 0) return;
  over += bound * slack;
  const gone = new Set<string>();
  for (const { path, bytes } of contents.sort((a, b) => a.used - b.used)) {
    if (over <= 0) break;
    await rm(path, { force: true });
    gone.add(path);
    over -= bytes;
  }
  for (const { key, path } of Object.values(await cacache.ls(dir)))
    if (gone.has(path)) await cacache.rm.entry(dir, key);
}

function isDamage(error: unknown): boolean {
  return ['EINTEGRITY', 'EBADSIZE'].includes((error as { code?: string }).code ?? '');
}

async function listEntries(dir: string) {
  try {
    return await cacache.ls(dir);
  } catch (error) {
    throw new LostbitError(
      'E_CACHE',
      `cannot read ${printable(dir)}: ${printable((error as Error).message)}`,
      {},
      error,
    );
  }
}

/** How much the cache holds, of how much it may; zero where there is none yet. */
export async function cacheInfo(): Promise<{ dir: string; bytes: number; bound: number; entries: number }> {
  const dir = buildsDirectory();
  const entries = Object.values(await listEntries(dir));
  return { dir, bytes: bytesOf(await contentsOf(dir)), bound: cacheBound, entries: entries.length };
}

/** Empties the cache and says how many bytes of entries that freed. */
export async function clearCache(): Promise<{ dir: string; bytes: number }> {
  const { dir, bytes } = await cacheInfo();
  try {
    // Retried, because another process may be writing.
    await rm(dir, { recursive: true, force: true, maxRetries: 3 });
  } catch (error) {
    throw new LostbitError(
      'E_CACHE',
      `cannot clear ${printable(dir)}: ${printable((error as Error).message)}`,
      {},
      error,
    );
  }
  return { dir, bytes };
}
