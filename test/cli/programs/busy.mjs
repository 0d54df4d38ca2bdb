// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
// A command that is busy with its input, and hears nothing; `quietly`: one that has not announced that it ends by itself.
import { mkdirSync } from 'node:fs';
import { parentPort, workerData } from 'node:worker_threads';

const [, leftover, quietly] = workerData.args;
if (!quietly) parentPort?.postMessage({ kind: 'ends by signal' });
parentPort?.postMessage({ kind: 'leftover', path: leftover, there: true });
mkdirSync(leftover);
parentPort?.postMessage({ kind: 'print', stream: 'error', text: 'busy\n' });
for (;;);
