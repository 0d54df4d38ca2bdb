// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { LostbitError } from '../../errors.js';
import { placeText } from '../../layout/source-place.js';
import { areaBytes, Machine } from '../../machine/machine.js';
import type { AddressRange } from '../instrument/hook-accesses.js';
import { type Site, sitesOf } from '../instrument/sites.js';
import type { Run } from '../schedule.js';
import { simulated } from './instrument.js';
import { checkShape } from './limits.js';
import { type MemoryFault, type MemoryFree, readFaults, readFrees } from './memory-faults.js';
import { threadAreas } from './private-memory.js';
import { isFrame } from './reported-steps.js';
import { loadScheduler } from './scheduler-module.js';
import { sharedPages } from './shared-memory.js';
import { siteTable } from './site-table.js';
import { StackNames } from './stack-names.js';
import { kindOf, StepKind } from './step.js';

/** How an exploration goes from one execution to the next. */
export const strategies = ['dpor', 'dfs', 'random', 'pct'] as const;
export type Strategy = (typeof strategies)[number];

export interface ExploreOptions {
  /** Logical threads, up to 64. */
  readonly actors: number;
  /** Values that the program's `sim_observe` writes, up to 8. */
  readonly observed: number;
  readonly strategy: Strategy;
  /** Most preemptions of an execution; with `dfs` alone. */
  readonly preemptions?: number;
  /** Most executions. */
  readonly executions?: number;
  /** Longest time. */
  readonly seconds?: number;
  /** Most events of an execution, beyond which it is cut short; up to 131,071. */
  readonly steps?: number;
  /** Of the random strategies; 32 bits. */
  readonly seed?: number;
  /** End as soon as this holds of what was found so far; called at every new outcome. */
  readonly until?: (outcomes: readonly ExploredOutcome[]) => boolean;
  readonly signal?: AbortSignal;
  /** Called several times a second. */
  readonly progress?: (progress: ExploreProgress) => void;
}

export interface ExploreProgress {
  readonly seconds: number;
  readonly executions: number;
  readonly outcomes: number;
  /**
   * How much of the exploration is done, from 0 to 1, as far as its tree is known: executions / done estimates how many
   * there are (Kilby, Slaney, Thiébaux, Walsh, "Estimating search tree size", AAAI 2006). By chance: 0.
   */
  readonly done: number;
}

/**
 * How executions end: `done`; or before that because no thread can go on (`deadlock`), a thread trapped (`trap`), it was cut
 * short after so many steps (`endless`), or a thread polls what no other thread will ever change (`livelock`). Where no
 * thread can go on, but a kernel would do something by itself, it is `unserved`: nothing is known of what follows.
 */
export const endings = ['done', 'deadlock', 'trap', 'endless', 'livelock', 'unserved'] as const;
export type Ending = (typeof endings)[number];

export interface ExploredOutcome {
  readonly ending: Ending;
  /** Zeroes where nothing was observed. */
  readonly values: readonly bigint[];
  /** A hash of the violations that the program's kernel found; 0: none. */
  readonly caught: number;
  readonly count: number;
  /** Of the schedule. */
  readonly preemptions: number;
  /** The schedule, among those that were run, with the fewest preemptions. */
  readonly runs: readonly Run[];
}

/** Two places in the code that race, by their `what` (site << 4 | kind). */
export interface ExploredRace {
  readonly what: readonly [number, number];
  readonly actors: readonly [number, number];
  /** Of the two accesses in the execution of `runs`: the ticks of their actors before them. */
  readonly ticks: readonly [number, number];
  /** Of a copy, what it writes. */
  readonly addresses: readonly [number, number];
  readonly bytes: readonly [number, number];
  /** How often it was met. */
  readonly count: number;
  readonly runs: readonly Run[];
}

export interface Explored {
  readonly executions: number;
  /** Executions that turned out redundant half-way: with `dpor` there are none. */
  readonly blocked: number;
  /**
   * Executions given up because a polling thread, or a step that does what is due, looked too early, which other executions
   * cover; with `dpor` alone.
   */
  readonly inVain: number;
  /** What was due in executions that are `unserved`: a mask of the program's. */
  readonly unserved: number;
  /** Why there may be more than was found; `null`: this is all. */
  readonly bounded: string | null;
  readonly seconds: number;
  readonly outcomes: readonly ExploredOutcome[];
  readonly races: readonly ExploredRace[];
  /** How many races there is room for, where there were more; `null`: they are all there. */
  readonly mostRaces: number | null;
  /** Executions that ended in a deadlock. */
  readonly deadlocks: number;
  /** Events of all executions, and of the longest one. */
  readonly events: number;
  readonly longest: number;
}

/** How long a slice should take: progress is reported between slices. */
const sliceSeconds = 0.05;
const unbounded = 0xffff_ffff;
const mostSteps = () => loadScheduler().constant('EVENTS_MAX') - 1;
/** What a timer can wait for at most: 24 days. */
const longestTimer = 2 ** 31 - 1;

/** What a slice of an exploration comes to, in the order of the scheduler's (and worker.js's) numbers. */
const slices = ['more', 'all', 'stopped', 'full', 'strayed'] as const;

/** One step of an execution that was followed, as the scheduler has it. */
export interface FollowedEvent {
  readonly actor: number;
  readonly what: number;
  readonly failed: boolean;
  readonly address: number;
  readonly bytes: number;
  /** Of a copy: where it reads. */
  readonly source: number;
  /** Of a lock's step: the bits that must be clear. */
  readonly busy: number;
  readonly ticks: number;
  /** Of the execution, up to here. */
  readonly preemptions: number;
  readonly before: bigint;
  readonly after: bigint;
  /** Address of a copy of the actor's state right before. */
  readonly state: number;
}

export interface Followed {
  readonly ending: Ending;
  readonly values: readonly bigint[];
  /** Without accesses of a thread's own stack. */
  readonly events: readonly FollowedEvent[];
  /** Faulty accesses of memory. */
  readonly faults: readonly MemoryFault[];
  /** What was freed, first in the set-up, then in the execution. */
  readonly frees: readonly MemoryFree[];
  /** 1 + the run where the program did not do what the schedule says; 0: none. */
  readonly strayed: number;
}

/** What executions were cut short by; null: none was. */
function whatCuts(cuts: number, steps: number): string | null {
  const { constant } = loadScheduler();
  const reasons: readonly [name: string, reason: string][] = [
    ['Cut_STEPS', `${steps} step${steps === 1 ? '' : 's'}`],
    ['Cut_ROOM', 'the room for what one execution writes'],
    ['Cut_ALONE', 'an actor that runs by itself forever, or nearly so'],
    ['Cut_CALLS', 'the room for calls nested this deeply'],
  ];
  const found = reasons.filter(([name]) => (cuts & constant(name)) !== 0).map(([, reason]) => reason);
  return found.length === 0 ? null : found.join(', and ');
}

/**
 * A program and the scheduler, in a thread of their own. The program exports `sim_actor(actor)`, a logical thread's
 * body, and `sim_observe(values)`, which writes the observed values. Each execution starts from the state that the program
 * is in before the exploration (after any {@link call}).
 */
export class Simulator {
  readonly machine: Machine;
  readonly #names: StackNames;
  readonly #areas: AddressRange;

  readonly #bytes: Uint8Array;

  private constructor(machine: Machine, bytes: Uint8Array, names: StackNames, areas: AddressRange) {
    this.machine = machine;
    this.#bytes = bytes;
    this.#names = names;
    this.#areas = areas;
  }

  /**
   * @param shared tasks share processors.
   * @throws LostbitError `E_HOOK`, `E_INSTRUCTION`: the module cannot be simulated.
   */
  static async open(
    module: Uint8Array<ArrayBuffer>,
    { shared = false, warn }: { readonly shared?: boolean; readonly warn?: (text: string) => void } = {},
  ): Promise<Simulator> {
    const { bytes } = await simulated(module, shared, warn);
    const machine = new Machine(
      module,
      { bytes, original: (offset) => offset },
      {
        pages: sharedPages,
        entry: new URL('./worker.js', import.meta.url),
        extra: { scheduler: loadScheduler().module },
      },
    );
    await machine.start(1, []);
    const table = siteTable(module);
    new Uint16Array(machine.memory.buffer, loadScheduler().constant('SITES'), table.length).set(table);
    return new Simulator(machine, module, new StackNames(module, bytes), threadAreas(module));
  }

  get memory(): WebAssembly.Memory {
    return this.machine.memory;
  }

  /** Calls an export of the program. */
  call(name: string, ...args: number[]): Promise<number> {
    return this.machine.call(0, name, ...args);
  }

  /** Address of a global of the program's C. */
  address(name: string): number {
    return this.machine.debugInfo.variable(name).address;
  }

  async close(): Promise<void> {
    await this.machine.stop();
  }

  /**
   * Explores the program's executions. Which memory threads share is remembered from earlier explorations until
   * `forget_sharing` is called: that changes no outcome, but which executions there are, and so what is left out where
   * they are cut short.
   */
  async explore(options: ExploreOptions): Promise<Explored> {
    const {
      actors,
      observed,
      strategy,
      preemptions = unbounded,
      seed = 1,
      steps = mostSteps(),
      signal,
    } = options;
    checkShape(options);
    const started = performance.now();
    const elapsed = () => (performance.now() - started) / 1000;
    await this.call('configure', actors, observed, strategies.indexOf(strategy), preemptions, seed, steps);

    // In the middle of an execution, too.
    const stop = () => this.#stop();
    const timer =
      options.seconds === undefined
        ? undefined
        : setTimeout(stop, Math.min(options.seconds * 1000, longestTimer));
    if (signal?.aborted) stop();
    signal?.addEventListener('abort', stop);
    try {
      return await this.#explore(options, elapsed);
    } finally {
      clearTimeout(timer);
      signal?.removeEventListener('abort', stop);
    }
  }

  async #explore(options: ExploreOptions, elapsed: () => number): Promise<Explored> {
    const { observed, preemptions = unbounded, steps = mostSteps() } = options;
    const { signal, progress, until, executions: most = Number.POSITIVE_INFINITY } = options;
    let slice = 16;
    let bounded: string | null = null;
    for (;;) {
      const before = elapsed();
      const executed = await this.call('get_executions');
      // Restarts count from 0 again, so that this many is never too many.
      const came = await this.#slice(Math.max(1, Math.min(slice, most - executed)), until !== undefined);
      const took = elapsed() - before;
      slice = Math.max(1, Math.min(slice * 4, Math.round((slice * sliceSeconds) / Math.max(took, 1e-6))));
      progress?.({
        seconds: elapsed(),
        executions: await this.call('get_executions'),
        outcomes: await this.call('get_outcomes'),
        done: await this.call('get_progress'),
      });
      if (came === 'all') break;
      if (came === 'strayed') throw await this.#strayed();
      if (came === 'full') bounded = 'the room for executions this long, of which fewer --steps need less';
      else if (signal?.aborted) bounded = 'interrupted';
      else if ((await this.call('get_executions')) >= most)
        bounded = `${most} execution${most === 1 ? '' : 's'}`;
      else if (came === 'stopped' || (options.seconds !== undefined && elapsed() >= options.seconds))
        bounded = `${options.seconds} s`;
      else if (until?.(await this.#outcomes(observed))) bounded = 'enough was found';
      if (bounded !== null) break;
    }
    const outcomes = await this.#outcomes(observed);
    if (bounded === null && preemptions !== unbounded)
      bounded = `at most ${preemptions} preemption${preemptions === 1 ? '' : 's'}`;
    if (bounded === null && (await this.call('is_full'))) bounded = 'more outcomes than there is room for';
    const cut = whatCuts(await this.call('get_cuts'), steps);
    if (bounded === null) bounded = cut;
    else if (cut !== null) bounded = `${bounded}, and ${cut}`;
    return {
      executions: await this.call('get_executions'),
      blocked: await this.call('get_blocked'),
      inVain: await this.call('get_in_vain'),
      unserved: await this.call('get_unserved'),
      bounded,
      seconds: elapsed(),
      outcomes,
      races: await this.#races(),
      mostRaces: (await this.call('get_data_races_left_out')) ? await this.call('get_data_races') : null,
      deadlocks: outcomes.reduce((sum, { ending, count }) => sum + (ending === 'deadlock' ? count : 0), 0),
      events: await this.call('get_events'),
      longest: await this.call('get_longest'),
    };
  }

  /**
   * Repeats the exploration that was done last, from its start to its end, for about so many seconds, and nothing else:
   * how fast it is once the code is warm and nothing is reported.
   */
  async repeat(seconds: number): Promise<{ readonly executions: number; readonly seconds: number }> {
    let times = 1;
    for (;;) {
      const started = performance.now();
      const executions = await this.call('explore_times', times);
      const took = (performance.now() - started) / 1000;
      if (took >= seconds / 2) return { executions, seconds: took };
      times = Math.ceil(times * Math.min(100, seconds / Math.max(took, 1e-6)));
    }
  }

  /** What a schedule leads to. */
  async outcomeOf(
    runs: readonly Run[],
    shape: Pick<ExploreOptions, 'actors' | 'observed'>,
  ): Promise<ExploredOutcome> {
    await this.follow(runs, shape);
    const [outcome] = await this.#outcomes(shape.observed);
    return outcome!;
  }

  /** Follows a schedule; every access is an event, whether threads share it or not. */
  async follow(
    runs: readonly Run[],
    { actors, observed }: Pick<ExploreOptions, 'actors' | 'observed'>,
  ): Promise<Followed> {
    const { constant } = loadScheduler();
    await this.call('configure', actors, observed, constant('Strategy_FOLLOW'), unbounded, 1, mostSteps());
    const view = new DataView(this.memory.buffer);
    for (const [i, { actor, ticks }] of runs.entries()) {
      const at = constant('RUNS_END') - (i + 1) * 8;
      view.setUint32(at, actor, true);
      view.setUint32(at + 4, ticks, true);
    }
    await this.call('follow', runs.length, 1, 1);
    await this.#slice(1, false);
    const [outcome] = await this.#outcomes(observed);
    const recordBytes = await this.call('get_record_bytes');
    const events = Array.from({ length: await this.call('get_depth') }, (_, i): FollowedEvent => {
      const event = constant('EVENTS') + i * constant('EVENT_BYTES');
      const record = constant('TRACE') + i * recordBytes;
      const word = (field: string) => view.getUint32(event + constant(field), true);
      return {
        actor: view.getUint8(event + constant('EVENT_THREAD')),
        what: word('EVENT_WHAT'),
        failed: view.getUint8(event + constant('EVENT_FAILED')) !== 0,
        address: word('EVENT_ADDRESS'),
        bytes: word('EVENT_WIDTH'),
        source: word('EVENT_SOURCE'),
        busy: word('EVENT_BUSY'),
        ticks: word('EVENT_TICKS'),
        preemptions: word('EVENT_PREEMPTIONS'),
        before: view.getBigUint64(record, true),
        after: view.getBigUint64(record + 8, true),
        state: record + constant('RECORD_VALUES'),
      };
    });
    return {
      ending: outcome!.ending,
      values: outcome!.values,
      events: withoutPrivate(events, this.#areas),
      faults: await readFaults(this, this.#names),
      frees: await readFrees(this, this.#names),
      strayed: await this.call('get_strayed'),
    };
  }

  /** Runs at most so many executions, as long as there are more, and room and time for them. */
  async #slice(executions: number, untilNew: boolean): Promise<(typeof slices)[number]> {
    return slices[await this.call('explore', executions, Number(untilNew))]!;
  }

  /** Ends the execution at hand. */
  #stop(): void {
    new DataView(this.memory.buffer).setUint32(loadScheduler().constant('STOP'), 1, true);
  }

  /** The error of a program that does not do the same in each execution. */
  async #strayed(): Promise<LostbitError> {
    const [actor, index, from, fromAddress, to, toAddress] = await Promise.all(
      [0, 1, 2, 3, 4, 5].map((which) => this.call('get_strayed_access', which)),
    );
    const execution = await this.call('get_executions');
    const place = (what: number, address: number) => {
      const frames = what >>> 4 === 0 ? [] : (this.#sites()[what >>> 4]?.stack ?? []);
      const [frame] = frames;
      const where = frame === undefined ? '' : ` in ${frame.function} (${placeText(frame)})`;
      return `0x${(address >>> 0).toString(16)}${where}`;
    };
    return new LostbitError(
      'E_NOT_REPEATABLE',
      `the program does not do the same thing twice: in execution ${execution + 1}, access ${index! + 1}, actor ${actor} accesses ${place(to!, toAddress!)}; with the same order of accesses it was ${place(from!, fromAddress!)} before`,
      {
        hint: 'something it does depends on what an execution does not start with: memory outside of the machine, an address, a counter that is not put back',
      },
    );
  }

  #knownSites: readonly Site[] | undefined;
  #sites(): readonly Site[] {
    this.#knownSites ??= sitesOf(this.#bytes);
    return this.#knownSites;
  }

  async #outcomes(observed: number): Promise<ExploredOutcome[]> {
    const { constant } = loadScheduler();
    const view = new DataView(this.memory.buffer);
    return Array.from({ length: await this.call('get_outcomes') }, (_, i) => {
      const at = constant('OUTCOMES') + i * constant('OUTCOME_BYTES');
      const word = (field: string) => view.getUint32(at + constant(field), true);
      return {
        values: Array.from({ length: observed }, (_, name) => view.getBigInt64(at + name * 8, true)),
        count: Number(view.getBigUint64(at + constant('OUTCOME_COUNT'), true)),
        ending: endings[word('OUTCOME_ENDING')]!,
        caught: word('OUTCOME_CAUGHT'),
        runs: this.#runs(word('OUTCOME_RUNS'), word('OUTCOME_RUN_COUNT')),
        preemptions: word('OUTCOME_PREEMPTIONS'),
      };
    });
  }

  async #races(): Promise<ExploredRace[]> {
    const { constant } = loadScheduler();
    const view = new DataView(this.memory.buffer);
    return Array.from({ length: await this.call('get_data_races') }, (_, i) => {
      const at = constant('DATA_RACES') + i * constant('DATA_RACE_BYTES');
      const word = (field: string) => view.getUint32(at + constant(field), true);
      const thread = (field: string) => view.getUint8(at + constant(field));
      return {
        what: [word('DATA_RACE_ONE'), word('DATA_RACE_OTHER')],
        actors: [thread('DATA_RACE_ONE_THREAD'), thread('DATA_RACE_OTHER_THREAD')],
        ticks: [word('DATA_RACE_ONE_TICKS'), word('DATA_RACE_OTHER_TICKS')],
        count: word('DATA_RACE_COUNT'),
        runs: this.#runs(word('DATA_RACE_RUNS'), word('DATA_RACE_RUN_COUNT')),
        addresses: [word('DATA_RACE_ONE_ADDRESS'), word('DATA_RACE_OTHER_ADDRESS')],
        bytes: [word('DATA_RACE_ONE_WIDTH'), word('DATA_RACE_OTHER_WIDTH')],
      };
    });
  }

  #runs(first: number, count: number): Run[] {
    const view = new DataView(this.memory.buffer);
    return Array.from({ length: count }, (_, i) => ({
      actor: view.getUint32(first + i * 8, true),
      ticks: view.getUint32(first + i * 8 + 4, true),
    }));
  }
}

/** Without frames, and without accesses of an actor's own stack, unless others access it. */
function withoutPrivate(events: readonly FollowedEvent[], { start, bytes }: AddressRange): FollowedEvent[] {
  const ownerOf = (address: number) =>
    address >= start && address < start + bytes ? Math.floor((address - start) / areaBytes) : null;
  const visited = new Set<number>();
  for (const { actor, address, what, source } of events)
    for (const end of kindOf({ what }) === StepKind.copy ? [address, source] : [address]) {
      const owner = ownerOf(end);
      if (owner !== null && owner !== actor) visited.add(owner);
    }
  return events.filter(({ actor, address, what, source }) => {
    if (isFrame(what)) return false;
    const ends = kindOf({ what }) === StepKind.copy ? [address, source] : [address];
    return visited.has(actor) || ends.some((end) => ownerOf(end) !== actor);
  });
}
