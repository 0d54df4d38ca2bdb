// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
// @ts-check
// A scenario file's thread: whatever the file does, it does not do it to the command. Plain JavaScript, because Node 20
// cannot run TypeScript in a worker. What the file exports goes back as plain data: no proxy and no getter of it is
// ever run anywhere else.
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import process from 'node:process';
import { setImmediate } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { workerData } from 'node:worker_threads';
import { createJiti } from 'jiti';

/** @typedef {import('./load.js').FromFile} FromFile */

/** @type {{ file: string, port: import('node:worker_threads').MessagePort }} */
const { file, port } = workerData;
// The file must not speak in our place.
delete workerData.port;
// It is no reason to go on.
port.unref();

/** @param {FromFile} message */
const send = (message) => port.postMessage(message);

/** Deeper, or of more parts, no scenario is. */
const deepest = 12;
const mostParts = 2_000_000;

// Sent only where the file has nothing more to do; not where it ends its process.
process.once('beforeExit', () => send({ kind: 'idle' }));

try {
  const exported = await load();
  // What it has left to reject at once fails here.
  await setImmediate();
  send({ kind: 'loaded', exported });
} catch (error) {
  send({ kind: 'failed', ...described(error) });
}

async function load() {
  // The user's file need not have lostbit in its node_modules; it gets the one that is running.
  const jiti = createJiti(import.meta.url, { interopDefault: false, alias: aliases() });
  const module = /** @type {{ default?: unknown }} */ (await jiti.import(file));
  return plain(module.default, 'the default export', 0, { parts: 0 });
}

/**
 * What lostbit's package exports, by the names that files import it by; from its source where it is not built. The longer names
 * come first: an alias stands for what begins with it, too.
 */
function aliases() {
  const here = fileURLToPath(import.meta.url);
  let root = dirname(here);
  while (!existsSync(join(root, 'package.json'))) root = dirname(root);
  const isBuilt = here.startsWith(join(root, 'dist'));
  const { exports } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  const found = Object.entries(exports).flatMap(([name, { default: file }]) => {
    if (typeof file !== 'string') return [];
    // Of the package itself, what files are written with: the engines take a while to load.
    const needed = name === '.' ? file.replace('/index.js', '/language.js') : file;
    const path = isBuilt ? needed : needed.replace('./dist/', './').replace(/\.js$/, '.ts');
    return [[`lostbit${name.slice(1)}`, join(root, path)]];
  });
  return Object.fromEntries(found.sort((one, other) => (other[0] ?? '').length - (one[0] ?? '').length));
}

/**
 * A copy that is data and nothing else.
 *
 * @param {unknown} value
 * @param {string} place
 * @param {number} depth
 * @param {{ parts: number }} count
 * @returns {unknown}
 */
function plain(value, place, depth, count) {
  if (++count.parts > mostParts) throw refusal(`it has more than ${mostParts} parts`);
  if (typeof value === 'function' || typeof value === 'symbol')
    throw refusal(`${place} is a ${typeof value}, and no data`);
  if (typeof value !== 'object' || value === null) return value;
  if (depth === deepest) throw refusal(`${place} is nested too deep`);
  if (Array.isArray(value)) {
    const copies = [];
    for (let i = 0; i < value.length; i++) copies.push(plain(value[i], `${place}[${i}]`, depth + 1, count));
    return copies;
  }
  const copy = {};
  for (const key of Object.keys(value)) {
    const part = plain(Reflect.get(value, key), `${place}.${key}`, depth + 1, count);
    // An own property, whatever its name means to others.
    Object.defineProperty(copy, key, { value: part, enumerable: true, configurable: true, writable: true });
  }
  return copy;
}

/** @param {string} why */
function refusal(why) {
  return Object.assign(new Error(`not a scenario: ${why}`), { code: 'E_BAD_SCENARIO', advice: {} });
}

/**
 * What was thrown. A step function's refusal has a code and advice; the file may have got a copy of lostbit of its own,
 * whose errors are of another class. Of anything else all is suspect.
 *
 * @param {unknown} error
 * @returns {import('./load.js').Thrown}
 */
function described(error) {
  try {
    const { code, message, advice } = /** @type {import('../errors.js').LostbitError} */ (error ?? {});
    if (typeof code === 'string' && typeof message === 'string' && typeof advice === 'object') {
      const { reproduce, hint } = advice;
      return {
        code,
        message,
        advice: { ...(reproduce && { reproduce: String(reproduce) }), ...(hint && { hint: String(hint) }) },
      };
    }
    return {
      code: null,
      message: error instanceof Error ? String(error.stack ?? error.message) : String(error),
      advice: {},
    };
  } catch {
    return { code: null, message: 'what it has thrown cannot be shown', advice: {} };
  }
}
