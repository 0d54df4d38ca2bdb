// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
// A command that hears of the interruption, and goes on all the same.
import { mkdirSync } from 'node:fs';
import { parentPort, workerData } from 'node:worker_threads';

const [, leftover] = workerData.args;
parentPort?.postMessage({ kind: 'ends by signal' });
parentPort?.postMessage({ kind: 'leftover', path: leftover, there: true });
mkdirSync(leftover);
parentPort?.on('message', (message) => {
  parentPort?.postMessage({ kind: 'alive' });
  if (message === 'interrupt') parentPort?.postMessage({ kind: 'print', stream: 'error', text: 'heard\n' });
});
parentPort?.postMessage({ kind: 'print', stream: 'error', text: 'busy\n' });
