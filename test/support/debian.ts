// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { createReadStream, createWriteStream, statSync } from 'node:fs';
import { open, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { setTimeout as later } from 'node:timers/promises';
import envPaths from 'env-paths';
import xz from 'xz-decompress';
import { makeDirectory } from '../../src/make-directory.js';

/** Where Debian's packages are, and what is made of them: beside what lostbit itself keeps, so that a test's own cache shares it. */
export const debianCache = (folder: string): string =>
  join(envPaths('lostbit', { suffix: '' }).cache, folder);

/** A package, wherever it can be had. */
export interface Package {
  /** Addresses, the best first. */
  readonly urls: readonly string[];
  /** In hexadecimal; what is not it is not taken. */
  readonly sha256?: string;
  readonly bytes?: number;
}

/** Called now and then. */
export type Progress = (text: string) => void;

/** Milliseconds that a mirror has to begin with an answer, and then to go on with it. */
const patience = { answer: 15_000, more: 30_000 };

/** Hosts that did not answer, which are not asked again in this process. */
const silent = new Map<string, string>();

/**
 * Downloads a package. What of it came before an interruption is kept beside the file, and not asked for again.
 *
 * @throws Error with a line for each address that it could not be had from; the signal's reason.
 */
export async function download(
  { urls, sha256, bytes }: Package,
  file: string,
  progress: Progress = () => {},
  signal?: AbortSignal,
): Promise<void> {
  await makeDirectory(dirname(file));
  const partial = `${file}.part`;
  const failures: string[] = [];
  for (const url of urls) {
    try {
      await fetchInto(url, partial, bytes, progress, signal);
      const got = sha256 === undefined ? sha256 : await digest(partial);
      if (got !== sha256) throw new Error(`it is not what was there: its SHA-256 is ${got}, not ${sha256}`);
      await rename(partial, file);
      return;
    } catch (error) {
      signal?.throwIfAborted();
      if (!isPart(partial, bytes)) await rm(partial, { force: true });
      failures.push(`${new URL(url).host}: ${reasonOf(error)}`);
    }
  }
  throw new Error(failures.join('; '));
}

/** Is it the beginning of something longer? Of what is whole, and wrong, nothing is kept. */
const isPart = (file: string, bytes: number | undefined): boolean =>
  bytes !== undefined && (statSync(file, { throwIfNoEntry: false })?.size ?? bytes) < bytes;

async function fetchInto(
  url: string,
  file: string,
  bytes: number | undefined,
  progress: Progress,
  signal: AbortSignal | undefined,
): Promise<void> {
  const { host } = new URL(url);
  const before = silent.get(host);
  if (before !== undefined) throw new Error(before);
  let have = statSync(file, { throwIfNoEntry: false })?.size ?? 0;
  if (have > 0 && have === bytes) return;
  const stalled = new AbortController();
  let timer = setTimeout(() => stalled.abort(new Error('no answer')), patience.answer);
  const ending = AbortSignal.any([stalled.signal, ...(signal === undefined ? [] : [signal])]);
  try {
    const headers: Record<string, string> = have > 0 ? { range: `bytes=${have}-` } : {};
    const answer = await fetch(url, { headers, signal: ending }).catch((error: unknown) => {
      signal?.throwIfAborted();
      silent.set(host, reasonOf(error));
      throw error;
    });
    if (!answer.ok) throw new Error(`${answer.status} ${answer.statusText}`);
    // A server may send all of it again.
    if (answer.status !== 206) have = 0;
    let told = performance.now();
    const counted = async function* (parts: AsyncIterable<Uint8Array>) {
      for await (const part of parts) {
        clearTimeout(timer);
        timer = setTimeout(() => stalled.abort(new Error('it went silent half-way')), patience.more);
        have += part.length;
        if (performance.now() - told > 1000) {
          told = performance.now();
          progress(`${megabytes(have)}${bytes === undefined ? '' : ` of ${megabytes(bytes)}`} MB of ${url}`);
        }
        yield part;
      }
    };
    const into = createWriteStream(file, { flags: have > 0 ? 'a' : 'w' });
    await pipeline(answer.body as unknown as AsyncIterable<Uint8Array>, counted, into, { signal: ending });
  } finally {
    clearTimeout(timer);
  }
}

const megabytes = (bytes: number): string => (bytes / 1e6).toFixed(0);

/** What fetch says is only that it failed; why is the cause's to say. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.cause instanceof Error ? reasonOf(error.cause) : error.message || error.name;
}

async function digest(file: string): Promise<string> {
  const hash = createHash('sha256');
  for await (const part of createReadStream(file)) hash.update(part as Buffer);
  return hash.digest('hex');
}

/** A file in an archive. Its content can be read until the next one is asked for. */
export interface Packed {
  /** Without the `./` that it may begin with. */
  readonly path: string;
  readonly content: AsyncIterable<Buffer>;
}

/**
 * The files in a Debian package, in their order: an archive by ar, one of whose members is one by tar.
 *
 * @throws Error where it is none.
 */
export async function* filesIn(deb: string): AsyncGenerator<Packed> {
  const { name, start, end } = await dataOf(deb);
  yield* untar(unpacked(name, createReadStream(deb, { start, end })));
}

/** Where in a package the files are. */
async function dataOf(deb: string): Promise<{ name: string; start: number; end: number }> {
  const file = await open(deb);
  try {
    const head = Buffer.alloc(60);
    let at = 8;
    for (;;) {
      const { bytesRead } = await file.read(head, 0, head.length, at);
      const [name, size] = [head.toString('latin1', 0, 16), head.toString('latin1', 48, 58)];
      if (bytesRead < head.length || !/^\d+ *$/.test(size)) throw new Error('this is no Debian package');
      const start = at + head.length;
      if (name.startsWith('data.tar'))
        return { name: name.trimEnd().replace(/\/$/, ''), start, end: start + Number(size) - 1 };
      // Members begin at even places.
      at = start + Number(size) + (Number(size) % 2);
    }
  } finally {
    await file.close();
  }
}

/** What is packed as the end of a name says. xz unpacks by its command, where there is one: on several processors, and faster. */
export async function* unpacked(name: string, packed: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  const [, packing = 'tar'] = /\.(tar|xz|zst)$/.exec(name) ?? [];
  if (packing === 'tar') return yield* packed;
  try {
    return yield* byCommand(packing === 'xz' ? 'xz' : 'zstd', packed);
  } catch (error) {
    if (packing !== 'xz' || (error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  }
  const stream = Readable.toWeb(Readable.from(packed)) as ReadableStream<Uint8Array>;
  const reader = new xz.XzReadableStream(stream).getReader();
  for (let part = await reader.read(); !part.done; part = await reader.read()) yield Buffer.from(part.value!);
}

async function* byCommand(command: string, packed: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  const child = spawn(command, ['-d', '-c', '-T0'], { stdio: ['pipe', 'pipe', 'pipe'] });
  const closed = once(child, 'close');
  closed.catch(() => {});
  let said = '';
  child.stderr.on('data', (text) => {
    said += text;
  });
  try {
    // Nothing of what is packed may be read before it is known that there is such a command.
    await once(child, 'spawn');
    const feeding = pipeline(packed, child.stdin);
    feeding.catch(() => {});
    for await (const part of child.stdout) yield part as Buffer;
    const [status] = await closed;
    if (status !== 0) throw new Error(`${command}: ${said.trim() || `it ended with ${status}`}`);
    await feeding;
  } finally {
    child.kill();
  }
}

const block = 512;

/** The regular files in an archive by tar. */
export async function* untar(bytes: AsyncIterable<Buffer>): AsyncGenerator<Packed> {
  const input = new Input(bytes);
  let longName: string | null = null;
  try {
    for (;;) {
      const head = await input.read(block);
      if (head === null || head.every((byte) => byte === 0)) return;
      const text = (from: number, to: number) => head.toString('utf8', from, to).split('\0', 1)[0]!;
      const size = Number.parseInt(text(124, 136), 8);
      if (!text(257, 262).startsWith('ustar') || !(size >= 0)) throw new Error('this is no archive by tar');
      const type = text(156, 157);
      const padding = -size & (block - 1);
      if (type === 'L' || type === 'x') {
        const long = (await input.read(size + padding))?.toString('utf8', 0, size) ?? '';
        longName = type === 'L' ? long.split('\0', 1)[0]! : (/^\d+ path=(.*)$/m.exec(long)?.[1] ?? longName);
        continue;
      }
      const prefix = text(257, 265) === 'ustar' ? text(345, 500) : '';
      const path = longName ?? (prefix === '' ? text(0, 100) : `${prefix}/${text(0, 100)}`);
      longName = null;
      const content = input.some(size);
      if (type === '0' || type === '') yield { path: path.replace(/^\.\//, ''), content };
      // What of it nobody has read.
      for await (const _ of content);
      await input.read(padding);
    }
  } finally {
    await input.close();
  }
}

/** Bytes that come in pieces, read by the number. */
class Input {
  readonly #pieces: AsyncIterator<Buffer>;
  #piece: Buffer = Buffer.alloc(0);

  constructor(bytes: AsyncIterable<Buffer>) {
    this.#pieces = bytes[Symbol.asyncIterator]();
  }

  /** Null at the end. */
  async read(size: number): Promise<Buffer | null> {
    const parts: Buffer[] = [];
    for await (const part of this.some(size, parts.length === 0)) parts.push(part);
    return parts.length === 0 && size > 0 ? null : Buffer.concat(parts);
  }

  /** @param mayEnd before the first of them. */
  async *some(size: number, mayEnd = false): AsyncGenerator<Buffer> {
    for (let left = size; left > 0; ) {
      if (this.#piece.length === 0) {
        const { done, value } = await this.#pieces.next();
        if (done === true) {
          if (mayEnd && left === size) return;
          throw new Error('it ends too early');
        }
        this.#piece = value;
        continue;
      }
      const part = this.#piece.subarray(0, left);
      this.#piece = this.#piece.subarray(part.length);
      left -= part.length;
      yield part;
    }
  }

  async close(): Promise<void> {
    await this.#pieces.return?.();
  }
}

/**
 * Does the work alone, whichever processes want to: the others wait. Where the one that did it has ended without saying so, another
 * takes its place.
 */
export async function alone<T>(lock: string, work: () => Promise<T>, signal?: AbortSignal): Promise<T> {
  await makeDirectory(dirname(lock));
  for (;;) {
    try {
      await writeFile(lock, String(process.pid), { flag: 'wx' });
      break;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    }
    const owner = Number(await readFile(lock, 'utf8').catch(() => ''));
    if (owner > 0 && !isRunning(owner)) await rm(lock, { force: true });
    else await later(200, undefined, signal === undefined ? {} : { signal });
  }
  try {
    return await work();
  } finally {
    await rm(lock, { force: true });
  }
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

/** Where a package lies while it is needed. */
export const packageFile = (folder: string, { urls }: Package): string =>
  join(folder, basename(new URL(urls[0]!).pathname));
