// A process of its own around npm's LLVM. Plain JavaScript, because Node 20 cannot start a TypeScript file.
import process from 'node:process';
import { Worker } from 'node:worker_threads';
import { commands, Exit, runLLVM } from '@yowasp/clang';

/**
 * @typedef {import('./backend.js').Job} Job
 * @typedef {import('./backend.js').JobResult} JobResult
 * @typedef {import('@yowasp/clang').Tree} Tree
 */

// The parent is gone, however it went.
process.on('disconnect', () => process.exit());

// While a unit compiles no event arrives: a thread of its own notices the parent's end then.
new Worker(
  `const parent = process.ppid;
  setInterval(() => {
    if (process.ppid !== parent) process.kill(process.pid, 'SIGKILL');
  }, 250);`,
  { eval: true },
).unref();

// Without a handler of our own the package prints its progress.
const loaded = runLLVM(undefined, {}, { fetchProgress: () => {} });

process.on('message', async (/** @type {Job} */ job) => {
  await loaded;
  try {
    process.send?.(await perform(job));
  } catch (error) {
    process.send?.({ crash: `failed with ${error}` });
  }
});

/**
 * @param {Job} job
 * @returns {Promise<JobResult>}
 */
async function perform(job) {
  /** @type {Buffer[]} */
  const printed = [];
  /** @param {Uint8Array | null} bytes */
  const print = (bytes) => {
    if (bytes) printed.push(Buffer.from(bytes));
  };
  const diagnostics = () => Buffer.concat(printed).toString();
  try {
    const made = await commands[job.tool]([...job.args], toTree(job.files), { stdout: print, stderr: print });
    return { bytes: fileIn(made, job.output), diagnostics: diagnostics() };
  } catch (error) {
    // Exit carries the whole file tree: only its being thrown says something.
    if (error instanceof Exit) return { bytes: null, diagnostics: diagnostics() };
    throw new Error(`${error}\n${diagnostics()}`);
  }
}

/**
 * @param {Job['files']} files
 * @returns {Tree}
 */
function toTree(files) {
  /** @type {Tree} */
  const root = {};
  for (const [path, content] of files) {
    const folders = path.split('/');
    const name = folders.pop() ?? path;
    let dir = root;
    for (const folder of folders) dir = /** @type {Tree} */ ((dir[folder] ??= {}));
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
  if (!(node instanceof Uint8Array)) throw new Error(`no ${path} was made`);
  return new Uint8Array(node);
}
