import type { Machine } from '../../machine/machine.js';

/**
 * Do these threads wait for what only they could give? Each of them is in a wait whose condition does not hold, so
 * that none goes on unless another one does: where nobody else runs, this is for ever.
 */
export function isDeadlock(machine: Machine, threads: readonly number[]): boolean {
  const memory = new DataView(machine.memory.buffer);
  return (
    threads.length > 0 &&
    threads.every((thread) => {
      const worker = machine.global('lab_workers', thread);
      const word = worker.get('task.blocked_on');
      return word !== 0 && (memory.getUint32(word, true) & worker.get('task.blocked_by')) !== 0;
    })
  );
}
