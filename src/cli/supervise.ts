// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { rmSync } from 'node:fs';
import { isatty } from 'node:tty';
import { Worker } from 'node:worker_threads';
import pc from 'picocolors';
import { ExitStatus, LostbitError } from '../errors.js';
import { printableLines } from '../printable.js';
import { type Failure, failureOf } from './failure.js';
import type { CommandStart, FromCommand, ToCommand } from './protocol.js';
import { interruptedStatus } from './signals.js';
import { StandardStreams } from './standard-streams.js';
import { terminalFacts } from './terminal.js';

// The command runs in a thread, so that the main one handles signals whatever that one is busy with, notices when it is
// out of memory, and knows whether all that was printed was written. Nothing here takes long.

/**
 * A command that was interrupted is asked at this interval (milliseconds) whether it is responsive, and is given up after
 * so many questions without an answer. Questions, and not time: on a busy machine both threads are late.
 */
const askEvery = 150;
const patience = 5;
/** Milliseconds for the thread to end, and for the last words to go out, to a reader who may have stopped to read. */
const lastWords = 1000;

const leftovers = new Set<string>();
const streams = new StandardStreams();
let endsBySignal = false;
let signalled: NodeJS.Signals | null = null;
let unanswered = 0;
let leaving = false;

/**
 * Runs a command to the process's end, whatever ends it.
 *
 * @param command the file that its thread starts with; it speaks the protocol of protocol.ts.
 */
export function supervise(command: URL): void {
  const start: CommandStart = { args: process.argv.slice(2), terminal: terminalFacts() };
  // What paints text looks for a terminal, which a thread has not.
  const painted = isatty(1) && process.env.TERM !== 'dumb' ? ['--color'] : [];
  try {
    watch(new Worker(command, { workerData: start, argv: painted, stdout: true, stderr: true }));
  } catch (error) {
    void fail(null, failureOf(error));
  }
}

function watch(thread: Worker): void {
  const send = (message: ToCommand) => thread.postMessage(message);
  streams.onFailure = () => void leave(thread, ExitStatus.refused);
  thread.on('message', (message: FromCommand) => {
    unanswered = 0;
    if (message.kind === 'print') streams.write(message.stream, message.text);
    else if (message.kind === 'ends by signal') endsBySignal = true;
    else if (message.kind === 'leftover') {
      if (message.there) leftovers.add(message.path);
      else leftovers.delete(message.path);
    } else if (message.kind === 'ended') void leave(thread, message.status);
  });
  // What libraries print may neither send control sequences to a terminal nor mix with JSON.
  for (const stream of [thread.stdout, thread.stderr])
    stream.setEncoding('utf8').on('data', (text: string) => streams.write('error', printableLines(text)));
  thread.on('error', (error) => void fail(thread, failureOf(error)));
  thread.on('exit', () => void fail(thread, failureOf(new Error('the command ended without a status'))));

  // A closed terminal ends a command, too.
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const)
    process.on(signal, () => {
      if (signalled !== null) die(signal);
      signalled = signal;
      const interrupted: Failure = { text: 'interrupted', status: interruptedStatus };
      if (!endsBySignal) return void fail(thread, interrupted);
      unanswered = 0;
      send('interrupt');
      setInterval(() => {
        if (unanswered++ === patience) void fail(thread, interrupted);
        else send('are you there');
      }, askEvery);
    });
}

/** Ends a command that cannot end by itself. */
function fail(thread: Worker | null, failure: Failure): Promise<void> {
  return leave(thread, failure.status, wordsOf(failure));
}

const wordsOf = ({ text }: Failure): string => printableLines(`${text}\n`, { styled: pc.isColorSupported });

async function leave(thread: Worker | null, status: number, text = ''): Promise<void> {
  if (leaving) return;
  leaving = true;
  if (text !== '') streams.write('error', text);
  const ending = thread?.terminate();
  const limited = signalled === null && streams.failure === null ? [] : [after(lastWords)];
  const ended = await Promise.race([
    Promise.all([streams.flushed(), ending]).then(() => true),
    ...limited.map((late) => late.then(() => false)),
  ]);
  if (!ended && signalled !== null) die(signalled);
  removeLeftovers();
  if (streams.failure === null) process.exit(status);
  streams.write('error', wordsOf(failureOf(streams.failure)));
  await Promise.race([streams.flushed(), after(lastWords)]);
  process.exit(ExitStatus.refused);
}

/** By the signal itself: nothing that is still busy can keep the process from it. */
function die(signal: NodeJS.Signals): never {
  removeLeftovers();
  process.removeAllListeners(signal);
  process.kill(process.pid, signal);
  throw new LostbitError('E_INTERRUPTED', `${signal} did not end the process`);
}

function removeLeftovers(): void {
  for (const path of leftovers)
    try {
      rmSync(path, { recursive: true, force: true });
    } catch {
      // Nothing more can be done.
    }
}

function after(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
