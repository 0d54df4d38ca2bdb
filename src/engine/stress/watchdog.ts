import type { Machine } from '../../machine/machine.js';
import type { RaceScenario } from '../../scenario/scenario.js';
import { locate } from '../locate.js';
import { isDeadlock } from './deadlock.js';

/** Watches that every thread begins new batches; barks when none has for too long. */
export class Watchdog {
  /** What {@link bark} rejects with. */
  readonly hung = new Error('the race hangs');
  /** Never fulfilled; rejected when the race makes no progress. */
  readonly bark: Promise<never>;
  readonly #timer: NodeJS.Timeout;
  #patience: number;

  constructor(machine: Machine, workers: number, patience: number) {
    const turns = () =>
      Array.from({ length: workers }, (_, i) => machine.global('lab_workers', i).get('turns'));
    let bark: (error: Error) => void;
    this.bark = new Promise((_, reject) => {
      bark = reject;
    });
    this.#patience = patience;
    const threads = Array.from({ length: workers }, (_, i) => i);
    const running = () => threads.filter((i) => machine.global('lab_workers', i).get('running') !== 0);
    let seen = turns();
    let deadlocked = false;
    let since = performance.now();
    this.#timer = setInterval(() => {
      const now = turns();
      if (now.some((count, i) => count !== seen[i])) {
        seen = now;
        since = performance.now();
        deadlocked = false;
        return;
      }
      // Looked at twice: a thread that has just left its actor says so a moment later.
      const before = deadlocked;
      deadlocked = isDeadlock(machine, running());
      if ((before && deadlocked) || performance.now() - since > this.#patience * 1000) bark(this.hung);
    }, 100);
  }

  /** Somebody waits for the end: no more than a second from now without progress. */
  hurry(): void {
    this.#patience = Math.min(this.#patience, 1);
  }

  stop(): void {
    clearInterval(this.#timer);
  }
}

/** Says for each thread that is inside an actor where it is, and what it waits for. */
export function describeHang(machine: Machine, scenario: RaceScenario, workers: number): string {
  const actors = Object.entries(scenario.actors);
  const stuck = new Set<string>();
  for (let i = 0; i < workers; i++) {
    const worker = machine.global('lab_workers', i);
    if (worker.get('running') === 0) continue;
    const [name, steps] = actors[worker.get('actor')]!;
    const step = worker.get('step');
    const where = worker.get('task.blocked_on');
    const doing =
      where === 0
        ? 'running'
        : `waiting for ${locate(machine, scenario.devices, worker.get('instance'), where)}`;
    stuck.add(`'${name}' never returned from step ${step} (${steps[step]?.op}): ${doing}`);
  }
  return [...stuck].join('; ') || 'no progress';
}
