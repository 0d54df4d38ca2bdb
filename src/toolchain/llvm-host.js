// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
// A process of its own around npm's LLVM. Plain JavaScript, because Node 20 cannot start a TypeScript file.
import process from 'node:process';
import { Worker } from 'node:worker_threads';
import { commands, Exit, runLLVM } from '@yowasp/clang';

/**
 * @typedef {import('./backend.js').Job} Job
 * @typedef {import('./llvm.js').HostJob} HostJob
 * @typedef {import('./backend.js').JobResult} JobResult
 * @typedef {import('@yowasp/clang').Tree} Tree
 */

// The parent is gone, however it went.
process.on('disconnect', () => process.exit());

// While a unit compiles no event arrives: a thread of its own notices the parent's end then, even one that came first.
new Worker(
  `const { workerData: parent } = require('node:worker_threads');
  setInterval(() => {
    if (process.ppid !== parent) process.kill(process.pid, 'SIGKILL');
  }, 250);`,
  { eval: true, workerData: Number(process.argv[2]) },
).unref();

// The package reads its own files as a page does, through streams, which copy 100 MB more than once and have them compiled
// piece by piece: half of the three seconds that it takes to load. Here a response is the bytes of a file.
class FileBytes {
  /** @param {Uint8Array<ArrayBuffer> | { bytes: Uint8Array<ArrayBuffer> }} body of a file, or of a response to one. */
  constructor(body) {
    this.bytes = 'bytes' in body ? body.bytes : body;
  }
  get body() {
    return { pipeThrough: () => this };
  }
  async arrayBuffer() {
    const { buffer, byteOffset, byteLength } = this.bytes;
    return byteLength === buffer.byteLength ? buffer : buffer.slice(byteOffset, byteOffset + byteLength);
  }
}
Object.assign(globalThis, { Response: FileBytes });
Object.assign(WebAssembly, {
  compileStreaming: (/** @type {FileBytes} */ { bytes }) => WebAssembly.compile(bytes),
});

/** What the tool that runs prints: one runs at a time. */
let printed = Buffer.alloc(1 << 20);
let printedBytes = 0;

/** @param {Uint8Array} piece */
function print(piece) {
  if (printedBytes + piece.length > printed.length) {
    const longer = Buffer.alloc(2 * (printedBytes + piece.length));
    longer.set(printed.subarray(0, printedBytes));
    printed = longer;
  }
  printed.set(piece, printedBytes);
  printedBytes += piece.length;
}

// Text comes word by word, in most of a million pieces for a driver's unit, and through the package's streams each takes several
// microseconds. Here they are copied out of the tool's memory.
const STDOUT = 1;
const { instantiate } = WebAssembly;
Object.assign(WebAssembly, {
  /**
   * @param {WebAssembly.Module} module
   * @param {WebAssembly.Imports} [imports]
   */
  async instantiate(module, imports) {
    const wasi = imports?.wasi_snapshot_preview1;
    const write = wasi?.fd_write;
    if (typeof write !== 'function') return instantiate(module, imports);
    /** @type {WebAssembly.Memory} */
    let memory;
    /** @type {(fd: number, pieces: number, count: number, written: number) => number} */
    const written = (fd, pieces, count, written) => {
      if (fd !== STDOUT) return write(fd, pieces, count, written);
      const view = new DataView(memory.buffer);
      let bytes = 0;
      for (let at = pieces; at < pieces + 8 * count; at += 8) {
        const length = view.getUint32(at + 4, true);
        print(new Uint8Array(memory.buffer, view.getUint32(at, true), length));
        bytes += length;
      }
      view.setUint32(written, bytes, true);
      return 0;
    };
    const wrapped = { ...imports, wasi_snapshot_preview1: { ...wasi, fd_write: written } };
    const instance = await instantiate(module, wrapped);
    memory = /** @type {WebAssembly.Memory} */ (instance.exports.memory);
    return instance;
  },
});

// Without a handler of our own the package prints its progress.
const loaded = runLLVM(undefined, {}, { fetchProgress: () => {} });

/** The text of files of this and earlier jobs, by the numbers that stand for it. */
const texts = /** @type {Map<number, string>} */ (new Map());
/** Those of them that include a file by way of a folder above. */
const climbing = /** @type {Set<number>} */ (new Set());
/** @param {Uint8Array} bytes */
const latin1 = (bytes) => Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1');
const CLIMBS = /^[ \t]*#[ \t]*include[^\n]*\.\.\//m;

process.on('message', async (/** @type {HostJob} */ { files, texts: fresh, ...rest }) => {
  for (const [number, text] of fresh) {
    texts.set(number, text);
    if (CLIMBS.test(text)) climbing.add(number);
  }
  const climbs = Array.from(files.values()).some((content) =>
    typeof content === 'number'
      ? climbing.has(content)
      : rest.tool === 'clang' && CLIMBS.test(typeof content === 'string' ? content : latin1(content)),
  );
  const whole = Array.from(
    files,
    ([path, content]) =>
      /** @type {const} */ ([path, typeof content === 'number' ? (texts.get(content) ?? '') : content]),
  );
  const job = { ...rest, files: new Map(whole) };
  await loaded;
  try {
    process.send?.(await perform(climbs ? withFoldersAbove(job) : job));
  } catch (error) {
    process.send?.({ crash: `failed with ${error}` });
  }
});

/**
 * The package's file system takes `a/../b.h` for `a/b.h`. The compiler's own, in front of it, knows better of the files that it
 * is told of.
 *
 * @param {Job} job
 * @returns {Job}
 */
function withFoldersAbove(job) {
  const roots = Array.from(job.files.keys(), (path) => ({
    name: `/${path}`,
    type: 'file',
    'external-contents': `/${path}`,
  }));
  const overlay = { version: 0, 'case-sensitive': 'true', 'use-external-names': 'false', roots };
  return {
    ...job,
    args: [...job.args, '-ivfsoverlay', OVERLAY],
    files: new Map([...job.files, [OVERLAY, JSON.stringify(overlay)]]),
  };
}
const OVERLAY = '.lostbit-overlay';

/**
 * @param {Job} job
 * @returns {Promise<JobResult>}
 */
async function perform(job) {
  const stderr = collector();
  printedBytes = 0;
  const all = () => Buffer.from(printed.subarray(0, printedBytes));
  const output = (text = all()) => ({ diagnostics: stderr.bytes().toString(), printed: text.toString() });
  const isText = job.args.includes('-emit-llvm') && job.args.includes('-S');
  // The package copies a file for each piece that is written to it, and text is written word by word.
  const args = job.args.map((arg) => (isText && arg === job.output ? '-' : arg));
  try {
    const files = toTree(job.files);
    const made = await commands[job.tool](args, files, { stderr: stderr.take });
    const [text, bytes] = isText ? splitAt(all(), IR_START) : [all(), fileIn(made, job.output)];
    return { bytes, ...output(text) };
  } catch (error) {
    // Exit carries the whole file tree, which is not needed.
    if (error instanceof Exit) return { bytes: null, ...output() };
    throw new Error(`${error}\n${stderr.bytes()}`);
  }
}

/** How LLVM's textual IR begins; what the front end prints comes before. */
const IR_START = '; ModuleID = ';

/**
 * @param {Buffer<ArrayBuffer>} bytes
 * @param {string} start of the second part
 * @returns {[Buffer<ArrayBuffer>, Buffer<ArrayBuffer>]}
 */
function splitAt(bytes, start) {
  const at = bytes.indexOf(start);
  if (at < 0) throw new Error(`the compiler printed nothing that begins with '${start}'`);
  return [bytes.subarray(0, at), bytes.subarray(at)];
}

/** Collects what a tool writes to a stream. */
function collector() {
  /** @type {Buffer[]} */
  const pieces = [];
  return {
    /** @param {Uint8Array | null} bytes */
    take(bytes) {
      if (bytes) pieces.push(Buffer.from(bytes));
    },
    bytes: () => Buffer.concat(pieces),
  };
}

/**
 * @param {Job['files']} files
 * @returns {Tree}
 */
function toTree(files) {
  // A name of a file is a name, whatever it means to an object with a prototype.
  /** @type {Tree} */
  const root = Object.create(null);
  for (const [path, content] of files) {
    const folders = path.split('/');
    const name = folders.pop() ?? path;
    let dir = root;
    for (const folder of folders) dir = /** @type {Tree} */ ((dir[folder] ??= Object.create(null)));
    dir[name] = content;
  }
  return root;
}

/**
 * @param {Tree | undefined} tree
 * @param {string} path
 * @returns {Uint8Array<ArrayBuffer>}
 */
function fileIn(tree, path) {
  let node = /** @type {Tree[string] | undefined} */ (tree);
  for (const name of path.split('/')) node = /** @type {Tree | undefined} */ (node)?.[name];
  // What is all ASCII comes as a string.
  if (typeof node === 'string') return new Uint8Array(Buffer.from(node));
  if (!(node instanceof Uint8Array)) throw new Error(`no ${path} was made`);
  return new Uint8Array(node);
}
