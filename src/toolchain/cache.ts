// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { createHash } from 'node:crypto';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import cacache from 'cacache';
import envPaths from 'env-paths';
import { LostbitError } from '../errors.js';
import { makeDirectory } from '../make-directory.js';

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
const SCHEMA = 1;

/** A cache key over everything an entry is made from. */
export function keyOf(
  kind: 'object' | 'lowered' | 'module' | 'hooked' | 'simulated' | 'accesses',
  ...parts: readonly unknown[]
): string {
  return `${kind}:${sha256(JSON.stringify([SCHEMA, ...parts]))}`;
}

/** Hexadecimal. */
export function sha256(content: string | Uint8Array): string {
  return createHash('sha256').update(content).digest('hex');
}

// A directory that cannot be written is said once, however many builds meet it.
const complainedAbout = new Set<string>();

/**
 * A content-hash cache on disk. Lockless and verified on reading: two processes may use one directory, a writer may be
 * killed at any point, and what does not match its digest is dropped and made again.
 */
export class Cache {
  /** Entries that were found damaged, and dropped. */
  repaired = 0;
  readonly #dir = buildsDirectory();
  readonly #warn: ((text: string) => void) | null;

  /** @param warn told once where the directory cannot be written; null: somebody else is. */
  constructor(warn: ((text: string) => void) | null) {
    this.#warn = warn;
  }

  async get(key: string): Promise<Entry | undefined> {
    try {
      const { data, metadata } = await cacache.get(this.#dir, key, { memoize: false });
      return { bytes: new Uint8Array(data), diagnostics: (metadata as { diagnostics: string }).diagnostics };
    } catch (error) {
      // Whatever else is wrong with the directory, put() will say it.
      if (isDamage(error)) await this.#drop(key);
      return undefined;
    }
  }

  async put(key: string, { bytes, diagnostics }: Entry): Promise<void> {
    try {
      await makeDirectory(this.#dir);
      await cacache.put(this.#dir, key, Buffer.from(bytes), { metadata: { diagnostics } });
    } catch (error) {
      if (this.#warn === null || complainedAbout.has(this.#dir)) return;
      complainedAbout.add(this.#dir);
      this.#warn(
        `warning: building without a cache: ${this.#dir} cannot be written (${(error as Error).message})\n`,
      );
    }
  }

  async #drop(key: string): Promise<void> {
    this.repaired++;
    const entry = await cacache.get.info(this.#dir, key).catch(() => null);
    // Writing again would keep the damaged content: cacache never overwrites what lies under a digest.
    if (entry) await cacache.rm.content(this.#dir, entry.integrity).catch(() => {});
  }
}

function isDamage(error: unknown): boolean {
  return ['EINTEGRITY', 'EBADSIZE'].includes((error as { code?: string }).code ?? '');
}

async function listEntries(dir: string) {
  try {
    return await cacache.ls(dir);
  } catch (error) {
    throw new LostbitError('E_CACHE', `cannot read ${dir}: ${(error as Error).message}`, {}, error);
  }
}

/** How much the cache holds; zero where there is none yet. */
export async function cacheInfo(): Promise<{ dir: string; bytes: number; entries: number }> {
  const dir = buildsDirectory();
  const entries = Object.values(await listEntries(dir));
  return { dir, bytes: entries.reduce((sum, { size }) => sum + size, 0), entries: entries.length };
}

/** Empties the cache and says how many bytes of entries that freed. */
export async function clearCache(): Promise<{ dir: string; bytes: number }> {
  const { dir, bytes } = await cacheInfo();
  try {
    // Retried, because another process may be writing.
    await rm(dir, { recursive: true, force: true, maxRetries: 3 });
  } catch (error) {
    throw new LostbitError('E_CACHE', `cannot clear ${dir}: ${(error as Error).message}`, {}, error);
  }
  return { dir, bytes };
}
