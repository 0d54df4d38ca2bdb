// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { availableParallelism } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { LostbitError } from '../errors.js';
import type { Backend, Job, JobResult } from './backend.js';
import { compilerLimit } from './execute.js';
import { compilerSlots, Slots } from './slots.js';

/** What one host may grow to, measured with units of some thousand lines. */
const HOST_BYTES = 600 * 1024 * 1024;

const hostFile = fileURLToPath(new URL('./llvm-host.js', import.meta.url));

/** Where npm's LLVM is and which one it is. Throws `E_NO_TOOLCHAIN`. */
export async function locateLlvm(): Promise<{ version: string; where: string }> {
  try {
    const where = dirname(dirname(createRequire(import.meta.url).resolve('@yowasp/clang')));
    const { version } = JSON.parse(await readFile(join(where, 'package.json'), 'utf8')) as {
      version: string;
    };
    return { version: `clang ${version.split('.')[0]} (npm @yowasp/clang ${version})`, where };
  } catch (cause) {
    throw new LostbitError(
      'E_NO_TOOLCHAIN',
      `toolchain 'llvm': the npm package @yowasp/clang cannot be loaded from ${hostFile}`,
      { hint: 'run npm install; it is one of lostbit’s own dependencies' },
      cause,
    );
  }
}

/** npm's LLVM, compiled to WebAssembly, in persistent child processes that start when first needed. */
export function llvmBackend({ version }: { version: string }): Backend {
  const idle: Host[] = [];
  const hosts = new Set<Host>();
  // A runner with many cores may have little memory.
  const fitting = Math.max(1, Math.floor(process.availableMemory() / HOST_BYTES));
  const hostSlots = new Slots(Math.min(availableParallelism(), fitting));

  async function onSomeHost(job: Job, signal: AbortSignal): Promise<JobResult> {
    let host = idle.pop();
    // One may have been killed from outside while it had nothing to do.
    while (host && !host.alive) host = idle.pop();
    const wasIdle = host !== undefined;
    host ??= new Host();
    hosts.add(host);
    try {
      const result = await host.run(job, signal);
      idle.push(host);
      return result;
    } catch (error) {
      const died = !host.alive;
      hosts.delete(host);
      await host.kill();
      // ... which has not been noticed yet.
      if (wasIdle && died && !signal.aborted) return onSomeHost(job, signal);
      throw error;
    }
  }

  return {
    name: 'llvm',
    version,
    capabilities: { emscriptenModule: false },
    run: (job, signal) =>
      hostSlots.run(() => compilerSlots.run(() => onSomeHost(job, signal), signal), signal),
    close: async () => {
      idle.length = 0;
      await Promise.all([...hosts].map((host) => host.kill()));
    },
  };
}

/** A job as a host takes it: text that it has had before is a number. */
export interface HostJob extends Omit<Job, 'files'> {
  readonly files: ReadonlyMap<string, number | string | Uint8Array>;
  /** Text that it has not had, by the number that stands for it from here on. */
  readonly texts: ReadonlyMap<number, string>;
}

/** One child process; runs one job at a time and keeps the parent alive only while it does. */
class Host {
  readonly #child: ChildProcess = fork(hostFile, [String(process.pid)], {
    // The optimizing tier compiles for longer than a build lasts: without it a first unit takes a third of the time. And the
    // package's code is npm's: what of it never runs need not be checked.
    execArgv: ['--liftoff-only', '--wasm-lazy-validation'],
    // A loader or an inspector meant for the parent has no business in the compiler.
    env: { ...process.env, NODE_OPTIONS: '' },
    serialization: 'advanced',
    stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
  });

  /** The numbers of all text that it has had. */
  readonly #sent = new Map<string, number>();

  get alive(): boolean {
    return this.#child.connected && this.#child.exitCode === null && this.#child.signalCode === null;
  }

  #numbered({ files, ...job }: Job): HostJob {
    const texts = new Map<number, string>();
    if (job.once === true) return { ...job, files, texts };
    const numbered = Array.from(files, ([path, content]): [string, number | Uint8Array] => {
      if (typeof content !== 'string') return [path, content];
      const known = this.#sent.get(content) ?? this.#sent.size;
      if (!this.#sent.has(content)) texts.set(known, content);
      this.#sent.set(content, known);
      return [path, known];
    });
    return { ...job, files: new Map(numbered), texts };
  }

  async run(job: Job, signal: AbortSignal): Promise<JobResult> {
    const child = this.#child;
    const listening = new AbortController();
    let timer: NodeJS.Timeout | undefined;
    child.ref();
    child.channel?.ref();
    try {
      const reply = await Promise.race([
        once(child, 'message', listening).then(([message]) => message as JobResult | { crash: string }),
        once(child, 'exit', listening).then(([code, name]) => ({
          crash: `ended with ${name ?? `status ${code}`}`,
        })),
        new Promise<{ crash: string }>((resolve) => {
          timer = setTimeout(resolve, compilerLimit * 1000, {
            crash: `was ended after ${compilerLimit} s`,
          });
        }),
        once(signal, 'abort', listening).then(() => Promise.reject(signal.reason)),
        new Promise<never>((_, reject) => child.send(this.#numbered(job), (error) => error && reject(error))),
      ]);
      if (!('crash' in reply)) return reply;
      const command = [job.tool, ...job.args].join(' ');
      throw new LostbitError('E_TOOLCHAIN', `npm's LLVM ${reply.crash}, running: ${command}`);
    } finally {
      listening.abort();
      clearTimeout(timer);
      child.unref();
      child.channel?.unref();
    }
  }

  /** Ends the process at once: it holds nothing that could be lost. */
  async kill(): Promise<void> {
    const child = this.#child;
    if (child.exitCode !== null || child.signalCode !== null || child.pid === undefined) return;
    const gone = once(child, 'exit');
    child.ref();
    child.kill('SIGKILL');
    await gone;
  }
}
