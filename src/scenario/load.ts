// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { stat } from 'node:fs/promises';
import { basename, extname, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { MessageChannel, receiveMessageOnPort, Worker } from 'node:worker_threads';
import { type ErrorAdvice, LostbitError } from '../errors.js';
import { offer } from '../nearest.js';
import { printable, printableLines } from '../printable.js';
import { checkRegular } from '../regular-file.js';
import { shortageOf } from '../shortage.js';
import { checkScenario } from './check.js';
import type { Scenario } from './scenario.js';

/** A scenario under the name it is asked for by. */
export interface NamedScenario<S extends Scenario = Scenario> {
  /** Printable. */
  readonly name: string;
  /** What it was asked for by: the name, or a file. */
  readonly origin: string;
  /** The file that it is in, if it was asked for by one. */
  readonly file?: string;
  readonly scenario: S;
}

export interface LoadOptions {
  /**
   * Called where a file was loaded and fails afterwards in its own thread: it throws, rejects, or ends its process. By
   * default that is an uncaught exception here.
   */
  readonly late?: (error: LostbitError) => void;
}

/** What was thrown in a file's thread; `code` is null where it is not an error of lostbit's. */
export interface Thrown {
  readonly code: string | null;
  readonly message: string;
  readonly advice: ErrorAdvice;
}

/** A message of a file's thread. */
export type FromFile =
  | { readonly kind: 'loaded'; readonly exported: unknown }
  | ({ readonly kind: 'failed' } & Thrown)
  | { readonly kind: 'idle' };

/** What the files end in that scenarios and subjects are written in. */
export const fileExtensions: readonly string[] = ['.ts', '.mts', '.js', '.mjs'];

/** Is it a scenario's file that is named, and not a scenario? */
export const isScenarioFile = (name: string): boolean => fileExtensions.includes(extname(name));

/** Seconds that a scenario file may take to load. */
const patience = 20;
/** Megabytes of objects that it may make meanwhile. */
const mostMegabytes = 1024;
const thread = fileURLToPath(new URL('./load-thread.js', import.meta.url));

/**
 * Finds a scenario: a catalogue name, or a user's file in TypeScript or JavaScript whose default export it
 * is. A file may import from 'lostbit' wherever it lies. It is run in a thread of its own, and what it exports comes
 * from there as plain data.
 *
 * @throws LostbitError `E_UNKNOWN_SCENARIO`, `E_SCENARIO_FILE` (it throws, or exports none), `E_BAD_SCENARIO`.
 */
export async function loadScenario(
  nameOrFile: string,
  catalogue: Readonly<Record<string, Scenario>>,
  options: LoadOptions = {},
): Promise<NamedScenario> {
  const known = Object.hasOwn(catalogue, nameOrFile) ? catalogue[nameOrFile] : undefined;
  if (known !== undefined)
    return { name: nameOrFile, origin: nameOrFile, scenario: checkScenario(known, nameOrFile) };

  const file = resolve(nameOrFile);
  const shown = printable(nameOrFile);
  if (!isScenarioFile(file)) {
    throw new LostbitError('E_UNKNOWN_SCENARIO', `unknown scenario '${shown}'`, {
      hint: `${offer(nameOrFile, Object.keys(catalogue))} (or name a file that ends in ${fileExtensions.join(', ')})`,
    });
  }
  const found = await stat(file).catch(() => null);
  if (found === null) throw new LostbitError('E_SCENARIO_FILE', `no such scenario file: ${shown}`);
  checkRegular(nameOrFile, found, 'E_SCENARIO_FILE');
  return {
    name: printable(basename(file, extname(file)).replace(/\.scenario$/, '')),
    origin: nameOrFile,
    file,
    scenario: checkScenario(await exportedBy(file, shown, 'scenario({ … })', options), nameOrFile),
  };
}

/**
 * What a TypeScript or JavaScript file exports by default, as plain data. It runs in a thread of its own.
 *
 * @param shown how the file is named in errors.
 * @param example what it is to export.
 * @throws LostbitError `E_SCENARIO_FILE`.
 */
export async function exportedBy(
  file: string,
  shown: string,
  example: string,
  { late }: LoadOptions,
): Promise<unknown> {
  const { port1: port, port2 } = new MessageChannel();
  const worker = new Worker(thread, {
    workerData: { file, port: port2 },
    transferList: [port2],
    resourceLimits: { maxOldGenerationSizeMb: mostMegabytes },
    argv: [],
    execArgv: [],
  });
  const refused = (why: string, cause?: unknown) =>
    new LostbitError('E_SCENARIO_FILE', `${shown} ${printableLines(why)}`, {}, cause);
  let loaded = false;
  let idle = false;
  const exported = await new Promise<unknown>((resolve, reject) => {
    const fail = (error: LostbitError) => {
      clearTimeout(timer);
      if (!loaded) reject(error);
      else if (late !== undefined) late(error);
      else
        queueMicrotask(() => {
          throw error;
        });
    };
    const timer = setTimeout(
      () => fail(refused(`could not be loaded: it did not finish within ${patience} s`)),
      patience * 1000,
    );
    const heard = (message: FromFile) => {
      if (message.kind === 'idle') {
        idle = true;
        if (!loaded) fail(refused('could not be loaded: its top-level await never settles'));
      } else if (message.kind === 'loaded') {
        clearTimeout(timer);
        loaded = true;
        // What it has left running does not keep the process alive.
        worker.unref();
        port.unref();
        resolve(message.exported);
      } else if (message.code !== null)
        reject(
          new LostbitError(message.code, `${shown}: ${printableLines(message.message)}`, message.advice),
        );
      else fail(refused(`could not be loaded:\n${message.message}`));
    };
    port.on('message', heard);
    const when = () => (loaded ? 'after it was loaded' : 'while it was loaded');
    worker.on('error', (error: unknown) => {
      idle = true;
      const shortage = shortageOf(error);
      if (shortage !== null && !loaded) return reject(shortage);
      fail(refused(`failed ${when()}:\n${spelt(error)}`, error));
    });
    worker.on('exit', () => {
      // What it said last may come after its end.
      for (let last = receiveMessageOnPort(port); last !== undefined; last = receiveMessageOnPort(port))
        heard(last.message as FromFile);
      port.close();
      if (!idle) fail(refused(`ended the process ${when()}`));
    });
  }).catch(async (error: unknown) => {
    idle = true;
    await worker.terminate();
    throw error;
  });
  if (exported === undefined) {
    throw new LostbitError('E_SCENARIO_FILE', `${shown} has no default export`, {
      hint: `write: export default ${example}`,
    });
  }
  return exported;
}

/** What came from the thread is a copy: no code of the file can run. */
const spelt = (error: unknown): string =>
  error instanceof Error ? (error.stack ?? error.message) : String(error);
