// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only

import { setUpOne } from '../src/engine/instance.js';
import { type ExploreOptions, Simulator } from '../src/engine/simulate/simulator.js';
import { isRace } from '../src/scenario/scenario.js';
import { buildModule } from '../src/toolchain/build.js';
import { openToolchain } from '../src/toolchain/find.js';
import type { Program, Toolchain } from '../src/toolchain/types.js';
import { catalogue } from '../subjects/vfio-pci/scenarios/index.js';
import { openAnswer, setUp } from './answers.js';
import { programAt } from './build-stages.js';

/** An exploration of all executions of a program. */
export interface SimulateRow {
  readonly program: string;
  /** How large it is, in its own terms; of a scenario, most preemptions. */
  readonly n: number | null;
  readonly strategy: 'dpor' | 'dfs';
  /** Of one exploration. */
  readonly executions: number;
  /** Of these, the ones that were given up half-way. */
  readonly blocked: number;
  /** Of the first exploration, which starts with cold code, and reports progress. */
  readonly seconds: number;
  /** Of explorations repeated with nothing around them. */
  readonly executionsPerSecond: number;
}

interface Subject {
  readonly name: string;
  readonly n: number | null;
  readonly options: Pick<ExploreOptions, 'actors' | 'observed' | 'strategy' | 'preemptions'> & {
    readonly strategy: 'dpor' | 'dfs';
  };
  /** How many executions there are; null: as many as are found. */
  readonly executions: number | null;
  open(toolchain: Toolchain): Promise<Simulator>;
}

function answer(
  name: string,
  program: string,
  n: number,
  actors: number,
  strategy: 'dpor' | 'dfs',
  executions: number,
): Subject {
  const open = async (toolchain: Toolchain) => {
    const simulator = await openAnswer(program, toolchain);
    await setUp(simulator, n);
    return simulator;
  };
  return { name, n, options: { actors, observed: 2, strategy }, executions, open };
}

const reduced = (program: string, n: number, actors: number, executions: number) =>
  answer(program, program, n, actors, 'dpor', executions);

const exhaustive = (name: string, program: string, n: number, actors: number, executions: number) =>
  answer(name, program, n, actors, 'dfs', executions);

/** A race of the driver at its base: the whole path of its calls. In a kernel's own sources, where a program of these is given. */
export function driver(
  name: string,
  strategy: 'dpor' | 'dfs',
  preemptions?: number,
  given?: () => Promise<Program>,
): Subject {
  const scenario = catalogue[name];
  if (scenario === undefined || !isRace(scenario)) throw new Error(`no race ${name}`);
  const open = async (toolchain: Toolchain) => {
    const program = await (given?.() ?? programAt({ subject: 'vfio-pci', stage: 'base' }));
    const { bytes } = await buildModule(program, toolchain, { bitfieldAccess: 'fine', optimize: '2' });
    const simulator = await Simulator.open(bytes);
    const { machine } = simulator;
    const { states } = await setUpOne(machine, scenario);
    await simulator.call('set_states', states, machine.debugInfo.struct('lab_simulated').size);
    return simulator;
  };
  const shape = {
    actors: Object.keys(scenario.actors).length,
    observed: Object.keys(scenario.observe).length,
  };
  const options = { ...shape, strategy, ...(preemptions === undefined ? {} : { preemptions }) };
  return { name, n: preemptions ?? null, options, executions: null, open };
}

const subjects: readonly Subject[] = [
  reduced('lost-update', 6, 2, 372_436),
  reduced('lastzero', 10, 11, 3_328),
  reduced('lastzero', 15, 16, 147_456),
  reduced('readers', 13, 14, 8_192),
  reduced('indexer', 15, 15, 4_096),
  reduced('fib-bench', 4, 3, 19_605),
  reduced('fib-bench', 5, 3, 218_243),
  // So many steps of each thread.
  exhaustive('2+2', 'bit-fields', 1, 2, 6),
  exhaustive('3+3', 'guarded-bits', 1, 2, 20),
  exhaustive('2+2+2', 'bit-fields', 1, 3, 90),
  exhaustive('6+6', 'bit-fields', 3, 2, 924),
  driver('intx-mask-vs-bar-write', 'dpor'),
  driver('intx-mask-vs-bar-write', 'dfs', 2),
];

/** Seconds that an exploration is repeated for. */
const long = 2;
const short = 0.02;
/** In brief: executions that take but a moment. */
const few = 1000;

/** How fast the simulator goes through programs whose executions are known to the last one, and through the driver. */
export async function benchSimulate(
  progress: (what: string) => void,
  brief: boolean,
): Promise<SimulateRow[]> {
  const toolchain = await openToolchain('llvm');
  try {
    const rows: SimulateRow[] = [];
    for (const subject of subjects) {
      if (brief && (subject.executions ?? 0) > few) continue;
      progress(`${subject.name} ${subject.n ?? ''} ${subject.options.strategy}`);
      rows.push(await measure(subject, toolchain, brief ? short : long));
    }
    return rows;
  } finally {
    await toolchain.close();
  }
}

/** Throws where executions are missing, or come twice: how fast a wrong answer came is of no interest. */
export async function measure(
  { name, n, options, executions: known, open }: Subject,
  toolchain: Toolchain,
  repeating: number,
): Promise<SimulateRow> {
  const simulator = await open(toolchain);
  try {
    const { executions, blocked, seconds } = await simulator.explore(options);
    if (known !== null && executions !== known)
      throw new Error(`${name} ${n}: ${executions} executions instead of ${known}`);
    const repeated = await simulator.repeat(repeating);
    if (repeated.executions % executions !== 0)
      throw new Error(`${name} ${n}: ${repeated.executions} executions, no multiple of ${executions}`);
    const { strategy } = options;
    const executionsPerSecond = repeated.executions / repeated.seconds;
    return { program: name, n, strategy, executions, blocked, seconds, executionsPerSecond };
  } finally {
    await simulator.close();
  }
}
