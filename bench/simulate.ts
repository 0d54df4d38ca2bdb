import { openToolchain } from '../src/toolchain/find.js';
import type { Toolchain } from '../src/toolchain/types.js';
import { openAnswer, setUp } from './answers.js';

/** An exploration of all executions of a program; small ones are repeated, and their figures added up. */
export interface SimulateRow {
  readonly program: string;
  /** How large it is, in its own terms. */
  readonly n: number;
  readonly strategy: 'dpor' | 'dfs';
  readonly executions: number;
  /** Of these, the ones that were given up half-way. */
  readonly blocked: number;
  readonly seconds: number;
}

interface Subject {
  readonly name: string;
  /** File in `c-src/answers`. */
  readonly program: string;
  readonly n: number;
  readonly actors: number;
  readonly strategy: 'dpor' | 'dfs';
  /** How many executions there are. */
  readonly executions: number;
}

function reduced(program: string, n: number, actors: number, executions: number): Subject {
  return { name: program, program, n, actors, strategy: 'dpor', executions };
}

function exhaustive(name: string, program: string, n: number, actors: number, executions: number): Subject {
  return { name, program, n, actors, strategy: 'dfs', executions };
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
];

/** Seconds that an exhaustive exploration is repeated for: of exploring, and of the clock on the wall at most. */
const exploring = 1;
const waiting = 20;

/** How fast the simulator goes through programs whose executions are known to the last one. */
export async function benchSimulate(tell: (what: string) => void): Promise<SimulateRow[]> {
  const toolchain = await openToolchain('llvm');
  try {
    const rows: SimulateRow[] = [];
    for (const subject of subjects) {
      tell(`${subject.name} ${subject.n} ${subject.strategy}`);
      rows.push(await measure(subject, toolchain));
    }
    return rows;
  } finally {
    await toolchain.close();
  }
}

/** Throws where executions are missing, or come twice: how fast a wrong answer came is of no interest. */
async function measure(
  { name, program, n, actors, strategy, executions: known }: Subject,
  toolchain: Toolchain,
): Promise<SimulateRow> {
  const simulator = await openAnswer(program, toolchain);
  try {
    await setUp(simulator, n);
    let [executions, blocked, seconds] = [0, 0, 0];
    const started = performance.now();
    do {
      const explored = await simulator.explore({ actors, observed: 2, strategy });
      if (explored.executions !== known || explored.bounded !== null)
        throw new Error(`${name} ${n}: ${explored.executions} executions instead of ${known}`);
      executions += explored.executions;
      blocked += explored.blocked;
      seconds += explored.seconds;
    } while (strategy === 'dfs' && seconds < exploring && performance.now() - started < 1000 * waiting);
    return { program: name, n, strategy, executions, blocked, seconds };
  } finally {
    await simulator.close();
  }
}
