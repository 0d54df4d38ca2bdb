// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only

import { LostbitError } from '../errors.js';
import type { CodeFrame } from '../layout/code-map.js';
import type { Machine } from '../machine/machine.js';
import type { StructView } from '../machine/struct-view.js';
import { processors } from '../scenario/limits.js';
import { ownPath } from '../source/own-path.js';
import type { Violation } from './engine.js';
import { type AccessWord, accessWordOf, taskContextOf } from './kernel-names.js';
import { instanceAt, namesNow } from './locate.js';
import type { MemoryNames } from './memory-names.js';
import { missingText } from './missing-function.js';
import type { Names } from './variables.js';

/** What the stub kernel reports, by the names that its enumerators have. */
export const meanings: Readonly<Record<string, string>> = {
  STUB_LOCK_NOT_HELD: 'a lock that is not held was released or asserted',
  STUB_LOCK_HELD_TWICE: 'a lock was acquired by the task that holds it',
  STUB_LOCK_LEFT_HELD: 'a lock was still held when the step returned',
  STUB_TOO_MANY_LOCKS: 'a task acquired more locks than can be followed',
  STUB_LEAKED_ATOMIC: 'a step ended with interrupts, softirqs or preemption off, or inside of an RCU section',
  STUB_SLEEP_IN_ATOMIC: 'a function that may sleep was called in atomic context',
  STUB_USAGE_UNDERFLOW: 'a PM usage count dropped below zero',
  STUB_DOUBLE_FREE: 'an object was freed twice',
  STUB_BAD_FREE: 'something was freed that was never allocated',
  STUB_REFERENCE_UNDERFLOW: 'a reference count dropped below zero',
  STUB_REFERENCE_REVIVED: 'a reference was taken where all references were gone',
  STUB_REFERENCE_SATURATED: 'a reference count was about to wrap, or dropped to zero unseen',
  STUB_WARNED: 'the driver warned (WARN_ON)',
  STUB_RESET_WHILE_SUSPENDED: 'a device was reset while it was asleep',
  STUB_RESET_UNHELD: 'a bus was reset while nothing kept one of its devices awake',
  STUB_CONFIG_WHILE_SUSPENDED: 'a config access reached a device that runtime PM had put to sleep',
  STUB_STALE_CALLBACK: 'a callback ran for a device that the driver has already released',
  STUB_FREED_CODE: 'a callback led into a module that was unloaded',
  STUB_NULL_DEREFERENCE: 'driver data was used for a device that has none',
  STUB_LOCK_ORDER: 'two locks are acquired in both orders, and can deadlock',
  STUB_NULL_ACCESS: 'a NULL pointer was dereferenced',
  STUB_USE_AFTER_FREE: 'memory was used after it was freed',
  STUB_OUT_OF_BOUNDS: 'memory outside of any object was accessed',
  STUB_STACK_OVERFLOW: 'the stack has no room for another call',
  STUB_USE_AFTER_RETURN: 'a stack frame was used after its function had returned',
  STUB_UNINITIALISED_READ: 'memory was read that was never written since it was allocated',
  STUB_LEAKED: 'an object was never freed',
  STUB_UNBALANCED_ENABLE: 'a device was not enabled as often as disabled',
  STUB_UNBALANCED_USAGE: 'a PM usage count differs from its value before the driver was bound',
  STUB_UNBALANCED_IRQ: 'an interrupt was not freed as often as requested, or enabled as often as disabled',
  STUB_UNBALANCED_NOTIFIER: 'a notifier is still registered',
  STUB_UNBALANCED_CLIENT: 'a callback is left that was registered for a device without a driver',
  STUB_UNBALANCED_EVENTFD: 'references to an eventfd were not given back',
  STUB_UNBALANCED_FILE: 'references to a file were not given back',
  STUB_UNBALANCED_MODULE: 'references to a module were not given back',
  STUB_CONFIG_LEFT_BLOCKED: 'config accesses were left blocked',
  STUB_MISSING_FUNCTION: 'a function of the kernel was called that the stub kernel does not have',
};

/** Forgets the violations so far. */
export function clearViolations(machine: Machine): void {
  machine.global('stub_violations').set('count', 0);
}
/** Those whose object is a name. */
const named: readonly string[] = [
  'STUB_WARNED',
  'STUB_UNBALANCED_MODULE',
  'STUB_LEAKED_ATOMIC',
  'STUB_MISSING_FUNCTION',
];
/** Those whose object is a lock, or what would be waited for. */
const aboutLocks: readonly string[] = [
  'STUB_LOCK_NOT_HELD',
  'STUB_LOCK_HELD_TWICE',
  'STUB_LOCK_LEFT_HELD',
  'STUB_LOCK_ORDER',
  'STUB_TOO_MANY_LOCKS',
  'STUB_SLEEP_IN_ATOMIC',
];
const accesses: readonly string[] = [
  'STUB_NULL_ACCESS',
  'STUB_USE_AFTER_FREE',
  'STUB_OUT_OF_BOUNDS',
  'STUB_USE_AFTER_RETURN',
  'STUB_UNINITIALISED_READ',
];
const accessWords = { load: 'a load', store: 'a store', atomic: 'an atomic access' };

export const meaningOf = (name: string): string => meanings[name] ?? name;

/** The kind of a violation that the stub kernel has an enumerator for: `use-after-free` for `STUB_USE_AFTER_FREE`. */
export const violationKind = (name: string): string =>
  name
    .replace(/^STUB_/, '')
    .toLowerCase()
    .replaceAll('_', '-');

/** `a load of 4 bytes`. */
export const accessText = (access: AccessWord, bytes: number): string =>
  `${accessWords[access]} of ${plural(bytes, 'byte')}`;

/** Most functions that are named of a way to where something was freed. */
const namedCalls = 4;

/** `freed by 'admin' in put_tracker (tracker.c:12) < drop`: the allocator's own functions and the lab's are left out. */
export function freedText(task: string, stack: readonly CodeFrame[]): string {
  const calls = stack
    .filter(({ file }) => !/^(?:kernel\/slab\.c$|lab\/)/.test(ownPath(file) ?? ''))
    .slice(0, namedCalls);
  const names = calls.map(({ function: name, file, line }) =>
    line === null ? name : `${name} (${file}:${line})`,
  );
  const where = names.length === 0 ? '' : ` in ${names.join(' < ')}`;
  return `freed by ${task === '' ? 'the set-up' : `'${task}'`}${where}`;
}

/**
 * The violations that the stub kernel found, in the order of their first occurrence. Those with the same kind, task, object
 * and call stack are one entry; addresses differ between instances of the machine and are not compared. The stub kernel
 * keeps the first few and counts the rest, which are added to the last entry.
 *
 * @param scenarioNames what paths can begin with besides the C's variables.
 * @param freed says which task freed an object, where the stub kernel has not recorded that.
 * @param names of an instance's memory; what it is like now, where that is left out.
 * @throws LostbitError `E_LIMIT` where a machine had no room for what the C allocates.
 */
export function readViolations(
  machine: Machine,
  scenarioNames: Names,
  freed: (address: number) => string | null = () => null,
  names: (instance: number) => MemoryNames = (instance) => namesNow(machine, scenarioNames, instance),
): Violation[] {
  const caught = machine.global('stub_violations');
  const known = new Map<number, MemoryNames>();
  const nameOf = (address: number, isLock: boolean) => {
    const instance = instanceAt(machine, address);
    const own = known.get(instance) ?? names(instance);
    known.set(instance, own);
    return isLock ? own.lockNameOf(address) : own.nameOf(address);
  };
  const count = caught.get('count');
  const found = new Map<string, { -readonly [K in keyof Violation]: Violation[K] }>();
  let kept = 0;
  for (; kept < count && caught.has(`first[${kept}].kind`); kept++) {
    const violation = readOne(machine, caught, `first[${kept}]`, freed, nameOf);
    const { object, ...rest } = violation;
    const key = JSON.stringify([rest, withoutPlace(object)]);
    const before = found.get(key);
    if (before !== undefined) before.count++;
    else found.set(key, violation);
  }
  const last = [...found.values()].at(-1);
  if (last !== undefined) last.count += count - kept;
  return [...found.values()];
}

/**
 * Of the set-up: whatever comes after it shows nothing where that was not the kernel's.
 *
 * @throws LostbitError `E_LIMIT` where a machine had no room for what the C allocates; `E_MISSING_FUNCTION`.
 */
export function checkSetup(machine: Machine): void {
  const caught = machine.global('stub_violations');
  const count = caught.get('count');
  for (let i = 0; i < count && caught.has(`first[${i}].kind`); i++) {
    const kind = machine.enumeratorName('stub_violation_kind', caught.get(`first[${i}].kind`));
    if (kind === 'STUB_OUT_OF_MEMORY') throw outOfMemory(machine);
    if (kind !== 'STUB_MISSING_FUNCTION') continue;
    const stack = machine.stack(
      Array.from({ length: caught.get(`first[${i}].frames`) }, (_, f) =>
        caught.get(`first[${i}].frame[${f}]`),
      ),
    );
    const object = machine.text(caught.get(`first[${i}].object`));
    throw new LostbitError('E_MISSING_FUNCTION', missingText({ object, stack }), {
      hint: 'lostbit tree DIR --missing lists all that these sources want and the stub kernel does not have',
    });
  }
}

function outOfMemory(machine: Machine): LostbitError {
  const kib = Math.floor(machine.global('lab_instances').get('bytes') / 1024);
  return new LostbitError(
    'E_LIMIT',
    `the C allocates more than a machine has room for: ${kib} KiB in all, of which each actor has a share`,
    { hint: 'make its buffers smaller; memory that it frees is not used a second time' },
  );
}

/**
 * What several addresses have in common that code does the same to: the name of what they lie in without the index, nothing
 * where that has none.
 */
export function withoutPlace(object: string | null): string | null {
  if (object === null || object.startsWith('0x')) return null;
  return object.replace(/(?<=\w|\])\[\d+\]|#\d+|\+0x[0-9a-f]+$/g, '');
}

const plural = (count: number, noun: string) => `${count} ${noun}${count === 1 ? '' : 's'}`;

function readOne(
  machine: Machine,
  caught: StructView,
  path: string,
  freed: (address: number) => string | null,
  nameOf: (address: number, isLock: boolean) => string,
): Violation {
  const field = (name: string) => caught.get(`${path}.${name}`);
  const name = machine.enumeratorName('stub_violation_kind', field('kind'));
  if (name === 'STUB_OUT_OF_CPUS')
    throw new LostbitError(
      'E_LIMIT',
      'code asks for the number of its processor, and there are more actors than processors',
      {
        hint: `have ${processors()} actors at most, or let some share a processor (cpu)`,
      },
    );
  if (name === 'STUB_OUT_OF_MEMORY') throw outOfMemory(machine);
  const spell = (address: number) =>
    named.includes(name) ? machine.text(address) : nameOf(address, aboutLocks.includes(name));

  const task = caught.getText(`${path}.task`, 16);
  const isAboutNothing =
    name === 'STUB_STACK_OVERFLOW' || (field('object') === 0 && !accesses.includes(name));
  const object = isAboutNothing ? null : spell(field('object'));
  const detail =
    name === 'STUB_LOCK_ORDER'
      ? ` (${object} under ${spell(field('other'))})`
      : accesses.includes(name)
        ? ` (${accessText(accessWordOf(machine, field('access')), field('bytes'))})`
        : '';
  const stackOf = (frames: string, frame: string) =>
    machine.stack(Array.from({ length: field(frames) }, (_, i) => field(`${frame}[${i}]`)));
  const by =
    name !== 'STUB_DOUBLE_FREE' && name !== 'STUB_USE_AFTER_FREE'
      ? null
      : field('freed') === 0
        ? freed(field('object'))
        : freedText(caught.getText(`${path}.freed_by`, 16), stackOf('freed_frames', 'freed_frame'));
  return {
    kind: violationKind(name),
    message: `${meaningOf(name)}${detail}, by ${task === '' ? 'the set-up' : `'${task}'`}${by === null ? '' : `, ${by}`}`,
    count: 1,
    object,
    task,
    context: taskContextOf(machine, field('context')),
    stack: stackOf('frames', 'frame'),
  };
}
