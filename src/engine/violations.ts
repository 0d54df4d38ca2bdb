import type { Machine } from '../machine/machine.js';
import type { StructView } from '../machine/struct-view.js';
import type { Devices } from './encode.js';
import { taskContexts, type Violation } from './engine.js';
import { instanceAt, locate } from './locate.js';

const meanings: Readonly<Record<string, string>> = {
  STUB_LOCK_NOT_HELD: 'a lock was released, or asserted, that is not held',
  STUB_LOCK_HELD_TWICE: 'a lock was acquired by the task that holds it',
  STUB_LOCK_LEFT_HELD: 'a lock was still held when the step returned',
  STUB_SLEEP_IN_ATOMIC: 'something that sleeps was done in atomic context',
  STUB_USAGE_UNDERFLOW: 'a PM usage count dropped below zero',
  STUB_DOUBLE_FREE: 'an object was freed twice',
  STUB_BAD_FREE: 'something was freed that was never allocated',
  STUB_REFERENCE_UNDERFLOW: 'a reference count dropped below zero',
  STUB_WARNED: 'the driver warned (WARN_ON)',
  STUB_RESET_WHILE_SUSPENDED: 'a device was reset while it was asleep',
  STUB_RESET_UNHELD: 'a bus was reset under a device that nothing keeps awake',
  STUB_CONFIG_WHILE_SUSPENDED: 'a config access reached a device that runtime PM had put to sleep',
  STUB_STALE_CALLBACK: 'a driver was called back for a device that it has left',
  STUB_FREED_CODE: 'a callback led into a module that was unloaded',
  STUB_NULL_DEREFERENCE: 'driver data was used where there is none',
  STUB_LOCK_ORDER: 'two locks are acquired in both orders, and can deadlock',
  STUB_NULL_ACCESS: 'a NULL pointer was followed',
  STUB_USE_AFTER_FREE: 'memory was used that is freed',
  STUB_OUT_OF_BOUNDS: 'memory was used that belongs to no object',
  STUB_LEAKED: 'an object was never freed',
  STUB_UNBALANCED_ENABLE: 'a device was not enabled as often as disabled',
  STUB_UNBALANCED_USAGE: 'a PM usage count is not what it was before the driver came',
  STUB_UNBALANCED_IRQ: 'an interrupt was not freed as often as requested, or enabled as often as disabled',
  STUB_UNBALANCED_NOTIFIER: 'a notifier is still registered',
  STUB_UNBALANCED_VGA_CLIENT: 'the VGA arbiter still calls back for a device that has no driver',
  STUB_UNBALANCED_EVENTFD: 'references to an eventfd were not given back',
  STUB_UNBALANCED_MODULE: 'references to a module were not given back',
  STUB_CONFIG_LEFT_BLOCKED: 'config accesses were left blocked',
};

/** Forgets what was caught so far. */
export function clearViolations(machine: Machine): void {
  machine.global('stub_violations').set('count', 0);
}
/** Those whose object is a name. */
const named: readonly string[] = ['STUB_WARNED', 'STUB_UNBALANCED_MODULE'];
const accesses: readonly string[] = ['STUB_NULL_ACCESS', 'STUB_USE_AFTER_FREE', 'STUB_OUT_OF_BOUNDS'];
/** What the C side calls `enum stub_access`. */
const accessWords = ['a load', 'a store', 'an atomic access'];

/**
 * What the stub kernel caught, in the order of their first occurrence. What has the same kind, task, object
 * and call stack is one entry; addresses differ from one instance of the machine to the next and are not
 * compared. Beyond the ones it keeps, the stub kernel only counts; those are added to the last entry.
 *
 * @throws Error where an arena was too small: lostbit's defect, not the driver's.
 */
export function readViolations(machine: Machine, devices: Devices): Violation[] {
  const caught = machine.global('stub_violations');
  const count = caught.get('count');
  const found = new Map<string, { -readonly [K in keyof Violation]: Violation[K] }>();
  let kept = 0;
  for (; kept < count && caught.has(`first[${kept}].kind`); kept++) {
    const violation = readOne(machine, devices, caught, `first[${kept}]`);
    const { object, ...rest } = violation;
    const key = JSON.stringify([rest, object?.startsWith('0x') ? null : object]);
    const known = found.get(key);
    if (known !== undefined) known.count++;
    else found.set(key, violation);
  }
  const last = [...found.values()].at(-1);
  if (last !== undefined) last.count += count - kept;
  return [...found.values()];
}

const plural = (count: number, noun: string) => `${count} ${noun}${count === 1 ? '' : 's'}`;

function readOne(machine: Machine, devices: Devices, caught: StructView, path: string): Violation {
  const field = (name: string) => caught.get(`${path}.${name}`);
  const name = machine.enumeratorName('stub_violation_kind', field('kind'));
  if (name === 'STUB_OUT_OF_MEMORY') throw new Error('an instance of the machine has outgrown its arena');
  const spell = (address: number) =>
    named.includes(name)
      ? machine.text(address)
      : locate(machine, devices, instanceAt(machine, address), address);

  const task = caught.getText(`${path}.task`, 16);
  const object = spell(field('object'));
  const detail =
    name === 'STUB_LOCK_ORDER'
      ? ` (${object} under ${spell(field('other'))})`
      : accesses.includes(name)
        ? ` (${accessWords[field('access')]} of ${plural(field('bytes'), 'byte')})`
        : '';
  return {
    kind: name
      .replace(/^STUB_/, '')
      .toLowerCase()
      .replaceAll('_', '-'),
    message: `${meanings[name] ?? name}${detail}, by ${task === '' ? 'the set-up' : `'${task}'`}`,
    count: 1,
    object,
    task,
    context: taskContexts[field('context')] ?? null,
    stack: machine.stack(Array.from({ length: field('frames') }, (_, i) => field(`frame[${i}]`))),
  };
}
