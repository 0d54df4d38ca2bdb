// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { readdir, stat } from 'node:fs/promises';
import { basename, join, parse, resolve } from 'node:path';
import { LostbitError } from '../errors.js';
import { printable } from '../printable.js';
import { mostText, readRegularFile } from '../regular-file.js';
import { readStandardInput } from '../standard-input.js';
import { treePath } from '../toolchain/tree-path.js';
import type { Strip } from './diff.js';
import { mostMails, postedIn, tooMany } from './drafts.js';
import { commitsIn, isRange } from './git-range.js';
import type { MadeFor } from './made-for.js';
import { inOrder, isLetter, type Posted } from './order.js';
import { type Patch, patchOf } from './patch.js';

/** Patches in order. */
export interface Series {
  /** Of its file, without the extension, or of its directory, e.g. `v2`; `stdin` for standard input; printable. */
  readonly name: string;
  /** The subject of its cover letter, where there is one; one printable line. */
  readonly title: string | null;
  readonly patches: readonly Patch[];
  readonly madeFor?: MadeFor;
  /** For people: what of it is not as it may seem. */
  readonly notes?: readonly string[];
}

/**
 * Reads a series of patches. `where` is one of
 * - an mbox, one mail or patch (`git format-patch`, `git diff`, `diff -u`), or `-`: the same from standard input;
 * - a quilt directory: its file `series` lists patch files in order, one a line, `-p0` or `-p1` after the name, `#` begins
 *   a comment;
 * - a maildir;
 * - a directory of files `*.patch` and `*.diff`;
 * - commits of a work tree of git's, `A..B`, where no file has that name.
 *
 * But for quilt's, patches are ordered by their `[PATCH n/m]` if all have it, otherwise as they come, files by name. Several
 * series or versions in one place, and one that is not all there, are refused.
 *
 * @param repository the work tree.
 * @throws LostbitError `E_SERIES`, or `E_PATCH` for a patch that cannot be read.
 */
export async function readSeries(where: string, repository?: string): Promise<Series> {
  if (where === '-') {
    const bytes = await readStandardInput('E_SERIES', mostText);
    return seriesOf('stdin', 'standard input', [{ path: 'stdin', bytes }]);
  }
  if (await isDirectory(where)) return seriesInDirectory(where);
  if (isRange(where) && !(await isThere(where))) return seriesInRange(where, repository);
  const bytes = await readRegularFile(where, 'E_SERIES', mostText);
  return seriesOf(parse(where).name, quoted(where), [{ path: basename(where), bytes }]);
}

const quoted = (path: string) => `'${printable(path)}'`;

async function isDirectory(path: string): Promise<boolean> {
  try {
    return (await stat(path)).isDirectory();
  } catch {
    // Reading it says why.
    return false;
  }
}

const isThere = (path: string): Promise<boolean> =>
  stat(path).then(
    () => true,
    () => false,
  );

async function seriesInRange(range: string, repository: string | undefined): Promise<Series> {
  if (repository === undefined)
    throw new LostbitError(
      'E_SERIES',
      `there is no file ${quoted(range)}, nor a repository that it is a range of`,
      {
        hint: 'a range of commits is one of the sources that --linux names; for others: git format-patch --stdout A..B > fix.mbox',
      },
    );
  const { mbox, begins, count } = await commitsIn(repository, range);
  const series = await seriesOf(range, quoted(range), [{ path: range, bytes: mbox }]);
  const empty = count - series.patches.length;
  const notes = [
    ...(series.notes ?? []),
    ...(empty > 0
      ? [`${empty} of the ${count} commits of ${quoted(range)} change no file, and are left out`]
      : []),
  ];
  return { ...series, notes, madeFor: { commit: begins, prerequisites: [] } };
}

async function seriesInDirectory(dir: string): Promise<Series> {
  const name = basename(resolve(dir));
  const entries = await namesIn(dir);
  if (entries.includes('series')) return quiltSeries(name, dir);
  const patches = entries.filter((entry) => /\.(?:patch|diff)$/.test(entry)).sort(byName);
  const paths = patches.length > 0 ? patches : await mailsInMaildir(dir);
  if (paths.length === 0) {
    throw new LostbitError('E_SERIES', `${quoted(dir)} is not a patch series`, {
      hint: "a series is an mbox, a maildir, a patch, a directory of *.patch, or one with quilt's file 'series'",
    });
  }
  if (paths.length > mostMails) throw tooMany(quoted(dir));
  const sources = await readAll(dir, paths);
  return seriesOf(name, quoted(dir), sources, { everyOne: patches.length > 0 });
}

async function namesIn(dir: string): Promise<string[]> {
  try {
    return await readdir(dir);
  } catch (cause) {
    throw new LostbitError(
      'E_SERIES',
      `cannot read ${quoted(dir)}: ${printable((cause as Error).message)}`,
      {},
      cause,
    );
  }
}

/** `2-b` before `10-a`. */
const byName = new Intl.Collator('en', { numeric: true }).compare;

/** The mails that have been read and those that have not, none where it is no maildir. Their names begin with the time. */
async function mailsInMaildir(dir: string): Promise<string[]> {
  const inFolder = async (folder: string) => {
    const names = (await isDirectory(join(dir, folder))) ? await namesIn(join(dir, folder)) : [];
    return names.map((name) => ({ name, path: join(folder, name) }));
  };
  return (await Promise.all(['cur', 'new'].map(inFolder)))
    .flat()
    .filter(({ name }) => !name.startsWith('.'))
    .sort((a, b) => byName(a.name, b.name))
    .map(({ path }) => path);
}

/** A file of mails or patches. */
interface Source {
  readonly path: string;
  readonly bytes: Buffer;
}

/** Together they may have as many bytes as one file. */
async function readAll(dir: string, paths: readonly string[]): Promise<Source[]> {
  const sources: Source[] = [];
  let left = mostText;
  for (const path of paths) {
    const bytes = await readRegularFile(join(dir, path), 'E_SERIES', left);
    left -= bytes.length;
    sources.push({ path, bytes });
  }
  return sources;
}

/** @param everyOne of the files is a patch, or the letter that introduces them. */
async function seriesOf(
  name: string,
  of: string,
  sources: readonly Source[],
  { everyOne = false } = {},
): Promise<Series> {
  const posted: Posted[] = [];
  for (const { path, bytes } of sources) {
    const inside = await postedIn(bytes, quoted(path), { subject: parse(path).name, body: '' });
    const patches = inside.flatMap(({ drafts }) => drafts).length;
    if (everyOne && patches === 0 && !inside.some(({ subject }) => isLetter(subject)))
      throw new LostbitError('E_PATCH', `patch ${quoted(path)} holds no diff`);
    // What holds one patch gives it its name, but for a file of a maildir.
    const named = patches === 1 && (everyOne || sources.length === 1);
    posted.push(
      ...(named
        ? inside.map((one) => ({ ...one, drafts: one.drafts.map((draft) => ({ ...draft, file: path })) }))
        : inside),
    );
  }
  const { title, drafts, madeFor, notes } = inOrder(of, posted);
  return {
    name: printable(name),
    title,
    patches: drafts.map((draft, i) => patchOf(draft, i + 1)),
    madeFor,
    notes: notes.map((note) => `${of} is ${note}`),
  };
}

/** The file `series` lists patch files in order. */
async function quiltSeries(name: string, dir: string): Promise<Series> {
  const list = await readListed(join(dir, 'series'), `${printable(dir)} is not a patch series`, mostText);
  const lines = list
    .toString('utf8')
    .split('\n')
    .map((line) => line.replace(/(?:^|\s)#.*/, '').trim())
    .filter((line) => line !== '');
  if (lines.length === 0)
    throw new LostbitError('E_SERIES', `${quoted(dir)} holds no patch`, {
      hint: "its file 'series' lists patch files, one a line",
    });
  if (lines.length > mostMails) throw tooMany(quoted(dir));
  const patches: Patch[] = [];
  let left = mostText;
  for (const line of lines) {
    const [file = '', ...options] = line.split(/\s+/);
    const path = join(dir, treePath(file, `${printable(dir)}/series`, 'E_SERIES'));
    const bytes = await readListed(path, `${printable(dir)}/series lists '${file}'`, left);
    left -= bytes.length;
    const drafts = (await postedIn(bytes, quoted(file), { subject: parse(file).name, body: '' })).flatMap(
      (posted) => posted.drafts,
    );
    if (drafts.length !== 1) {
      throw new LostbitError(
        'E_PATCH',
        drafts.length === 0
          ? `patch ${quoted(file)} holds no diff`
          : `patch ${quoted(file)} holds ${drafts.length} patches: '${printable(dir)}/series' lists one a line`,
      );
    }
    patches.push(patchOf({ ...drafts[0]!, file, ...stripOf(options, dir, file) }, patches.length + 1));
  }
  return { name: printable(name), title: null, patches };
}

function stripOf(options: readonly string[], dir: string, file: string): { strip?: Strip } {
  const [option, ...more] = options;
  if (option === undefined) return {};
  if (more.length === 0 && option === '-p0') return { strip: 0 };
  if (more.length === 0 && option === '-p1') return { strip: 1 };
  throw new LostbitError(
    'E_SERIES',
    `${printable(dir)}/series: '${printable(options.join(' '))}' after '${printable(file)}' is not known`,
    { hint: '-p0 takes the paths of a patch as they are, -p1 without the first folder' },
  );
}

async function readListed(path: string, complaint: string, most: number): Promise<Buffer> {
  try {
    return await readRegularFile(path, 'E_SERIES', most);
  } catch (cause) {
    throw new LostbitError('E_SERIES', `${complaint}, but ${(cause as Error).message}`, {}, cause);
  }
}
