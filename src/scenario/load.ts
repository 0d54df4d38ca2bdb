// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { existsSync, statSync } from 'node:fs';
import { basename, extname, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createJiti } from 'jiti';
import { ExitStatus, LostbitError } from '../errors.js';
import { offer } from '../nearest.js';
import { checkScenario } from './check.js';
import type { Scenario } from './scenario.js';

/** A scenario under the name it is asked for by. */
export interface NamedScenario<S extends Scenario = Scenario> {
  readonly name: string;
  /** What it was asked for by: the name, or a file. */
  readonly origin: string;
  readonly scenario: S;
}

/** Seconds that a scenario file may take to load. */
const patience = 20;
const extensions = ['.ts', '.mts', '.js', '.mjs'];

/**
 * Finds a scenario: a catalogue name, or a user's file in TypeScript or JavaScript whose default export it
 * is. A file may import from 'lostbit' wherever it lies.
 *
 * @throws LostbitError `E_UNKNOWN_SCENARIO`, `E_SCENARIO_FILE` (it throws, or exports none), `E_BAD_SCENARIO`.
 */
export async function loadScenario(
  nameOrFile: string,
  catalogue: Readonly<Record<string, Scenario>>,
): Promise<NamedScenario> {
  const known = Object.hasOwn(catalogue, nameOrFile) ? catalogue[nameOrFile] : undefined;
  if (known !== undefined)
    return { name: nameOrFile, origin: nameOrFile, scenario: checkScenario(known, nameOrFile) };

  const file = resolve(nameOrFile);
  const extension = extname(file);
  if (!extensions.includes(extension)) {
    throw new LostbitError('E_UNKNOWN_SCENARIO', `unknown scenario '${nameOrFile}'`, {
      hint: `${offer(nameOrFile, Object.keys(catalogue))} (or name a file that ends in ${extensions.join(', ')})`,
    });
  }
  if (!existsSync(file)) throw new LostbitError('E_SCENARIO_FILE', `no such scenario file: ${nameOrFile}`);
  if (!statSync(file).isFile()) throw new LostbitError('E_SCENARIO_FILE', `${nameOrFile} is no file`);
  return {
    name: basename(file, extension).replace(/\.scenario$/, ''),
    origin: nameOrFile,
    scenario: checkScenario(await importDefault(file, nameOrFile), nameOrFile),
  };
}

/** Several, each once and one after the other: what a file does while it is loaded, ending the process too, is its own. */
export async function loadScenarios(
  names: Iterable<string>,
  catalogue: Readonly<Record<string, Scenario>>,
): Promise<NamedScenario[]> {
  const loaded: NamedScenario[] = [];
  for (const name of new Set(names)) loaded.push(await loadScenario(name, catalogue));
  return loaded;
}

/** What a step function has refused; the file may have got a copy of lostbit of its own, whose errors are of another class. */
function asLostbitError(error: unknown, shown: string): LostbitError | null {
  const { code, message, advice } = (error ?? {}) as Partial<LostbitError>;
  if (typeof code !== 'string' || typeof message !== 'string' || typeof advice !== 'object') return null;
  return new LostbitError(code, `${shown}: ${message}`, advice, error);
}

async function importDefault(file: string, shown: string): Promise<unknown> {
  // The user's file need not have lostbit in its node_modules; it gets the one that is running.
  const self = fileURLToPath(new URL('../index.js', import.meta.url));
  const source = fileURLToPath(new URL('../index.ts', import.meta.url));
  const jiti = createJiti(import.meta.url, {
    interopDefault: false,
    alias: { lostbit: existsSync(self) ? self : source },
  });
  let module: unknown;
  // A file can end the process, or await what never comes; neither may pass for a verdict.
  const ended = () => {
    process.stderr.write(`error E_SCENARIO_FILE: ${shown} ended the process while it was loaded\n`);
    process.exitCode = ExitStatus.refused;
  };
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`not loaded within ${patience} s`)), patience * 1000);
  });
  process.on('exit', ended);
  try {
    module = await Promise.race([jiti.import(file), late]);
  } catch (error) {
    const known = asLostbitError(error, shown);
    if (known !== null) throw known;
    const reason = error instanceof Error ? (error.stack ?? error.message) : String(error);
    throw new LostbitError('E_SCENARIO_FILE', `${shown} could not be loaded:\n${reason}`, {}, error);
  } finally {
    clearTimeout(timer);
    process.off('exit', ended);
  }
  const exported = (module as { default?: unknown } | undefined)?.default;
  if (exported === undefined) {
    throw new LostbitError('E_SCENARIO_FILE', `${shown} has no default export`, {
      hint: 'write: export default scenario({ … })',
    });
  }
  return exported;
}
