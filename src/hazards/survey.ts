// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { availableParallelism } from 'node:os';
import { LostbitError } from '../errors.js';
import { Cache, keyOf } from '../toolchain/cache.js';
import { closureDigests } from '../toolchain/closure-digest.js';
import { programDigest } from '../toolchain/program-digest.js';
import { Slots } from '../toolchain/slots.js';
import type { Toolchain } from '../toolchain/types.js';
import type { Summary, UnitFacts } from './facts.js';
import { type PackedFacts, packedFacts, unpackedFacts } from './packed-facts.js';
import { relevantFacts } from './relevant.js';
import type { HazardSource, SurveyedUnit } from './source.js';
import { unitFacts } from './unit-facts.js';

/** A unit that nothing is known of. */
export interface Refused {
  readonly path: string;
  readonly code: string;
  readonly why: string;
  readonly hint: string | null;
}

/** What the units of a source were found to do. */
export interface Survey {
  readonly facts: readonly UnitFacts[];
  readonly refused: readonly Refused[];
}

export interface SurveyOptions {
  readonly signal?: AbortSignal;
  /** Called with how many of the units are done. */
  readonly progress?: (done: number, total: number, unit: string) => void;
  /** Called with what is wrong with the cache, and with what a compiler printed where it refused a unit. */
  readonly warn?: (text: string) => void;
  readonly verbose?: boolean;
}

/**
 * The front end's code before any optimisation, for x86-64, with the names of values and the types of the source: by these, stores of
 * bit-fields are known. Bit-fields are taken whole runs at once, which says what a run is.
 */
const FLAGS: readonly string[] = [
  '--target=x86_64-linux-gnu',
  '-O1',
  '-g',
  '-ffile-compilation-dir=.',
  '-fno-discard-value-names',
  '-fno-fine-grained-bitfield-accesses',
  '-Xclang',
  '-disable-llvm-passes',
  '-w',
];

/** How far in a row functions of different units that do something to locks may call each other. */
const mostRounds = 32;

/**
 * Looks through all units, several at a time; each is kept by the content of all that it is made from. What a function of one unit does
 * to locks is told to those that call it, round by round, until there is nothing new.
 *
 * @throws the signal's reason, and what is a defect; what is wrong with a unit costs that unit alone.
 */
export async function survey(
  source: HazardSource,
  toolchain: Toolchain,
  { signal, progress, warn = () => {}, verbose = false }: SurveyOptions = {},
): Promise<Survey> {
  const cache = new Cache(warn);
  const refused: Refused[] = [];
  const found = new Map<string, Looked>();
  const slots = new Slots(availableParallelism());

  const look = async (path: string, externs: ReadonlyMap<string, Summary>) => {
    signal?.throwIfAborted();
    let unit: SurveyedUnit | undefined;
    try {
      unit = source.unit(path);
      found.set(path, lookedAt(await factsOf(unit, source, toolchain, externs, cache, signal)));
    } catch (error) {
      signal?.throwIfAborted();
      if (!(error instanceof LostbitError)) throw error;
      const told = unit?.explain(error) ?? error;
      if (!/^E_(?:TREE|COMPILE|PATH|BAD_IR|SOURCE)$/.test(told.code)) throw error;
      if (verbose) warn(`${error.message}\n`);
      // What a compiler says comes behind who says it.
      const [head = '', first = ''] = told.message.split('\n', 2);
      const why = head.endsWith(':') ? `${head} ${first}` : head;
      refused.push({ path, code: told.code, why, hint: told.advice.hint ?? null });
    }
  };
  const round = async (
    paths: readonly string[],
    externsOf: (path: string) => ReadonlyMap<string, Summary>,
  ) => {
    let done = 0;
    const working = paths.map((path) =>
      slots.run(async () => {
        if (signal?.aborted) return;
        progress?.(done, paths.length, path);
        await look(path, externsOf(path));
        done++;
      }),
    );
    await Promise.allSettled(working);
    await Promise.all(working);
    signal?.throwIfAborted();
  };

  await round(source.units, () => new Map());
  function* all(): Generator<UnitFacts> {
    for (const path of [...found.keys()].sort())
      yield unpackedFacts(JSON.parse(found.get(path)!.facts.toString('utf8')) as PackedFacts);
  }
  /** What each unit was told of the others, as JSON. */
  const told = new Map<string, string>();
  for (let rounds = 1; rounds <= mostRounds; rounds++) {
    const units = [...found].sort(([a], [b]) => (a < b ? -1 : 1));
    const summaries = new Map(units.flatMap(([, unit]) => Object.entries(unit.summaries)));
    const again = new Map<string, ReadonlyMap<string, Summary>>();
    for (const [path, { calls }] of units) {
      const externs = new Map(
        calls.flatMap((name) => {
          const summary = summaries.get(name);
          return summary === undefined ? [] : [[name, summary] as const];
        }),
      );
      const text = JSON.stringify([...externs]);
      if (text !== (told.get(path) ?? '[]')) again.set(path, externs);
      told.set(path, text);
    }
    if (again.size === 0) break;
    await round([...again.keys()], (path) => again.get(path)!);
  }
  return {
    facts: relevantFacts(all),
    refused: refused.sort((a, b) => (a.path < b.path ? -1 : 1)),
  };
}

/** A unit that has been looked at, and what has to be at hand of it. */
interface Looked {
  /** As JSON: of hundreds of units, facts take gigabytes as objects. */
  readonly facts: Buffer;
  /** Functions that it calls and does not have, sorted. */
  readonly calls: readonly string[];
  readonly summaries: UnitFacts['summaries'];
}

function lookedAt(bytes: Buffer): Looked {
  const { functions, summaries } = JSON.parse(bytes.toString('utf8')) as PackedFacts;
  const own = new Set(functions.map(({ name }) => name));
  const called = functions.flatMap(({ calls }) =>
    calls.flatMap(({ callee }) => ('name' in callee ? [callee.name] : [])),
  );
  const calls = [...new Set(called)].filter((name) => !own.has(name)).sort();
  return { facts: bytes, calls, summaries };
}

async function factsOf(
  { path, tree, dialect }: SurveyedUnit,
  source: HazardSource,
  toolchain: Toolchain,
  externs: ReadonlyMap<string, Summary>,
  cache: Cache,
  signal: AbortSignal | undefined,
): Promise<Buffer> {
  const maker = [programDigest(), toolchain.name, toolchain.version, FLAGS, dialect ?? null, [...externs]];
  const key = keyOf('facts', path, maker, closureDigests(path, tree, dialect));
  const kept = await cache.get(key);
  if (kept !== undefined) return Buffer.from(kept.bytes);
  const lowered = await toolchain.lower(path, tree, FLAGS, signal, dialect, false);
  const facts = unitFacts(
    { unit: path, text: source.text(path) },
    Buffer.from(lowered.bytes).toString('utf8'),
    externs,
  );
  // Names in them are parts of the module's text, which would be kept with them.
  const bytes = Buffer.from(JSON.stringify(packedFacts(facts)));
  await cache.put(key, { bytes: new Uint8Array(bytes), diagnostics: '' });
  return bytes;
}
