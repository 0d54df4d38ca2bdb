import type { Machine } from '../machine/machine.js';
import type { Violation } from './engine.js';

const meanings: Readonly<Record<string, string>> = {
  STUB_LOCK_NOT_HELD: 'a lock was released, or asserted, that is not held',
  STUB_LOCK_HELD_TWICE: 'a lock was acquired by the task that holds it',
  STUB_LOCK_LEFT_HELD: 'a lock was still held when the step returned',
  STUB_SLEEP_IN_ATOMIC: 'a sleeping lock was taken in atomic context',
  STUB_USAGE_UNDERFLOW: 'a PM usage count dropped below zero',
  STUB_DOUBLE_FREE: 'an object was freed twice',
  STUB_BAD_FREE: 'something was freed that was never allocated',
  STUB_REFERENCE_UNDERFLOW: 'a reference count dropped below zero',
  STUB_WARNED: 'the driver warned (WARN_ON)',
  STUB_RESET_WHILE_SUSPENDED: 'a device was reset that runtime PM had put to sleep',
  STUB_RESET_UNHELD: 'a bus was reset under a device that nothing keeps awake',
  STUB_CONFIG_WHILE_SUSPENDED: 'a config access reached a device that runtime PM had put to sleep',
  STUB_STALE_CALLBACK: 'a driver was called back for a device that it has left',
  STUB_FREED_CODE: 'a callback led into a module that was unloaded',
  STUB_NULL_DEREFERENCE: 'driver data was used where there is none',
};

/** Forgets what was caught so far. */
export function clearViolations(machine: Machine): void {
  machine.global('stub_violations').set('count', 0);
}

/**
 * What the stub kernel caught, one entry a kind and task, in the order of their first occurrence. Beyond the
 * ones it keeps, it only counts; those are added to the last entry.
 *
 * @throws Error where an arena was too small: lostbit's defect, not the driver's.
 */
export function readViolations(machine: Machine): Violation[] {
  const caught = machine.global('stub_violations');
  const count = caught.get('count');
  const found = new Map<string, { kind: string; message: string; count: number }>();
  let kept = 0;
  for (; kept < count && caught.has(`first[${kept}].kind`); kept++) {
    const name = machine.enumeratorName('stub_violation_kind', caught.get(`first[${kept}].kind`));
    if (name === 'STUB_OUT_OF_MEMORY') throw new Error('an instance of the machine has outgrown its arena');
    const task = caught.getText(`first[${kept}].task`, 16);
    const key = `${name} ${task}`;
    const known = found.get(key);
    if (known !== undefined) known.count++;
    else
      found.set(key, {
        kind: name
          .replace(/^STUB_/, '')
          .toLowerCase()
          .replaceAll('_', '-'),
        message: `${meanings[name] ?? name}, by ${task === '' ? 'the set-up' : `'${task}'`}`,
        count: 1,
      });
  }
  const last = [...found.values()].at(-1);
  if (last !== undefined) last.count += count - kept;
  return [...found.values()];
}
