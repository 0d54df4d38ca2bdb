// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
// A command that prints so many MiB, in small pieces and a large one, and is as expected.
import { parentPort, workerData } from 'node:worker_threads';

const mebibytes = Number(workerData.args[1]);
const print = (/** @type {string} */ text) => parentPort?.postMessage({ kind: 'print', stream: 'out', text });
for (let i = 0; i < 16; i++) print(`${i}\n`);
print(`${'x'.repeat(mebibytes * 2 ** 20)}\n`);
// What somebody else prints is not the command's.
console.log('stray \x1b[2J');
parentPort?.postMessage({ kind: 'ended', status: 0 });
