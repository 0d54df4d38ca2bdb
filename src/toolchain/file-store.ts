// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { linkSync, mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { temporaryDirectory } from './execute.js';
import { treePath } from './tree-path.js';

/** Errors of a file system that has no further names for a file. */
const noLinks = ['EPERM', 'EMLINK', 'ENOTSUP', 'EOPNOTSUPP', 'EXDEV', 'ENOSYS'];

/**
 * The text that many jobs have in common, each in one file. In the directory of a job, a file is a further name of it: to give it
 * one takes a tenth of the time that writing takes. Compilers do not write to what they read.
 */
export class FileStore {
  readonly #made = new Map<string, string>();
  #opened: ReturnType<typeof temporaryDirectory> | undefined;

  /**
   * Puts files into an empty directory, folders included.
   *
   * @throws LostbitError `E_PATH` for a path that does not stay in there; `E_TMPDIR`.
   */
  async place(dir: string, files: ReadonlyMap<string, string | Uint8Array>): Promise<void> {
    const store = await this.#directory();
    const folders = new Set<string>();
    for (const [path, content] of files) {
      const file = join(dir, treePath(path, 'the tree'));
      const folder = dirname(file);
      if (!folders.has(folder)) mkdirSync(folder, { recursive: true });
      folders.add(folder);
      if (typeof content !== 'string') writeFileSync(file, content);
      else this.#link(store, content, file);
    }
  }

  /** Removes it; what is in the directories of jobs stays. */
  async close(): Promise<void> {
    const opened = this.#opened;
    this.#opened = undefined;
    this.#made.clear();
    // Where it could not be made, a job has said so.
    await (await opened?.catch(() => null))?.remove();
  }

  async #directory(): Promise<string> {
    this.#opened ??= temporaryDirectory();
    try {
      return (await this.#opened).dir;
    } catch (error) {
      this.#opened = undefined;
      throw error;
    }
  }

  #link(store: string, text: string, file: string): void {
    let known = this.#made.get(text);
    if (known === undefined) {
      known = join(store, String(this.#made.size));
      writeFileSync(known, text, { mode: 0o444 });
      this.#made.set(text, known);
    }
    try {
      linkSync(known, file);
    } catch (error) {
      if (!noLinks.includes((error as NodeJS.ErrnoException).code ?? '')) throw error;
      writeFileSync(file, text);
    }
  }
}
