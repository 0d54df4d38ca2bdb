// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { parentPort, workerData } from 'node:worker_threads';
import { onLeftovers } from '../leftovers.js';
import { execute } from './execute.js';
import type { CommandStart, FromCommand, ToCommand } from './protocol.js';
import { interrupt, onEndBySignal } from './signals.js';
import { connectTerminal } from './terminal.js';

// The command's thread: see supervise.ts, which starts it.

const { args, terminal } = workerData as CommandStart;
const say = (message: FromCommand) => parentPort!.postMessage(message);

connectTerminal((stream, text) => say({ kind: 'print', stream, text }), terminal);
onLeftovers((path, there) => say({ kind: 'leftover', path, there }));
onEndBySignal(() => say({ kind: 'ends by signal' }));
parentPort!.on('message', (message: ToCommand) => {
  if (message === 'interrupt') interrupt();
  else say({ kind: 'alive' });
});

say({ kind: 'ended', status: await execute(args) });
