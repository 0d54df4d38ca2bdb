// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { Worker } from 'node:worker_threads';
import { execute, onPath } from '../toolchain/execute.js';
import { Mailbox } from './mailbox.js';
import type { WorkerData, WorkerMessage, WorkerStart } from './protocol.js';

type Ready = Extract<WorkerMessage, { kind: 'ready' }>;

/** A machine on a thread. */
export interface Begun {
  /** Where the areas of threads begin. */
  readonly firstArea: number;
  /** Why the thread is not bound to its processor; `null` where it is. */
  readonly unpinned: string | null;
}

/**
 * A thread that machines are put onto, one after the other: to start one takes longer than most of them last. One that
 * is given back sleeps for a while, and is taken again where the same program is wanted on the same processor.
 */
export class Thread {
  readonly mailbox = new Mailbox();
  readonly #worker: Worker;
  readonly #entry: string;
  readonly #cpu: number | null;
  #unpinned: string | null | undefined;
  #starting: { resolve(ready: Ready): void; reject(error: Error): void } | null = null;
  #trap: (message: string, stack: string) => Error = (message) => new Error(message);
  #dead = false;
  #idle: NodeJS.Timeout | undefined;

  private constructor(entry: URL, cpu: number | null) {
    this.#entry = entry.href;
    this.#cpu = cpu;
    const workerData: WorkerData = { mailbox: this.mailbox.shared };
    // Nothing of how the program was started, as `node -e`.
    this.#worker = new Worker(entry, { workerData, execArgv: [] });
    this.#worker.on('error', (error: Error) => {
      this.#dead = true;
      this.#starting?.reject(error);
      this.mailbox.fail(error);
    });
    this.#worker.on('exit', () => {
      this.#dead = true;
    });
    this.#worker.on('message', (message: WorkerMessage) => {
      if (message.kind === 'ready') this.#starting?.resolve(message);
      else this.mailbox.settle(message, this.#trap);
    });
  }

  /**
   * A thread that runs this program.
   *
   * @param entry what serves machines (serve.js).
   * @param cpu the processor it is bound to; `null`: none.
   */
  static take(entry: URL, cpu: number | null): Thread {
    // One may have ended while it had nothing to do.
    const at = idle.findIndex((one) => !one.#dead && one.#entry === entry.href && one.#cpu === cpu);
    const [thread = new Thread(entry, cpu)] = at < 0 ? [] : idle.splice(at, 1);
    clearTimeout(thread.#idle);
    thread.#worker.ref();
    return thread;
  }

  /**
   * Puts a machine onto it.
   *
   * @param start what the thread's program makes it of.
   * @param trap what a call of it is rejected with.
   */
  async begin(start: WorkerStart, trap: (message: string, stack: string) => Error): Promise<Begun> {
    this.#trap = trap;
    const ready = new Promise<Ready>((resolve, reject) => {
      this.#starting = { resolve, reject };
    });
    this.#worker.postMessage(start);
    this.mailbox.assign();
    const { thread, firstArea } = await ready;
    if (this.#unpinned === undefined) this.#unpinned = await pin(thread, this.#cpu);
    this.#starting = null;
    return { firstArea, unpinned: this.#unpinned };
  }

  /** Takes its machine away. Where it is not at the end of what it was asked for, it ends itself. */
  async giveBack(): Promise<void> {
    const free = !this.#dead && this.#starting === null && idle.length < mostIdle && this.mailbox.release();
    if (!free) {
      this.#dead = true;
      await this.#worker.terminate();
      return;
    }
    this.#worker.unref();
    idle.push(this);
    this.#idle = setTimeout(() => {
      const at = idle.indexOf(this);
      if (at >= 0) idle.splice(at, 1);
      void this.#worker.terminate();
    }, patience).unref();
  }
}

/** Threads without a machine. */
const idle: Thread[] = [];
/** Each holds some 10 MB. */
const mostIdle = 8;
/** Milliseconds after which one is given up. */
const patience = 5000;

/**
 * Binds a thread to a processor: unpinned, racing threads often share one. There is no call for it in Node.
 *
 * @param thread what Linux knows it by.
 * @returns why it could not be done.
 */
async function pin(thread: string | null, cpu: number | null): Promise<string | null> {
  if (cpu === null) return 'not asked for';
  if (thread === null) return `not on ${process.platform}`;
  const taskset = onPath('taskset');
  if (taskset === undefined) return 'taskset: not on PATH';
  try {
    const { status, stderr } = await execute({ path: taskset }, ['-cp', String(cpu), thread]);
    return status === 0 ? null : `taskset: ${stderr.trim()}`;
  } catch (error) {
    return (error as Error).message;
  }
}
