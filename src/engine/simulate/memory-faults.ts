// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only

import type { CodeFrame } from '../../layout/code-map.js';
import { StructView } from '../../machine/struct-view.js';
import type { RaceScenario } from '../../scenario/scenario.js';
import type { Violation } from '../engine.js';
import type { Site } from '../instrument/sites.js';
import { type AccessWord, taskContextOf } from '../kernel-names.js';
import type { MemoryNames } from '../memory-names.js';
import { scenarioNames } from '../variables.js';
import {
  accessText,
  freedText,
  meaningOf,
  readViolations,
  violationKind,
  withoutPlace,
} from '../violations.js';
import { loadScheduler } from './scheduler-module.js';
import type { Followed, Simulator } from './simulator.js';
import type { StackNames } from './stack-names.js';
import { kindOf, StepKind, siteOf } from './step.js';

/** What the scheduler noted of an access that must not be, or of a stack that has no room. */
export interface MemoryFault {
  /** Of the scheduler's own kinds. */
  readonly kind: number;
  readonly actor: number;
  readonly address: number;
  readonly bytes: number;
  readonly what: number;
  /** Index of the free; `null`: it was not freed, or that is unknown. */
  readonly free: number | null;
  /** Functions that led there, innermost first. */
  readonly calls: readonly CodeFrame[];
}

/** Memory that was given back. */
export interface MemoryFree {
  /** `null`: in the set-up. */
  readonly actor: number | null;
  readonly address: number;
  readonly bytes: number;
  readonly calls: readonly CodeFrame[];
}

interface Entry {
  readonly word: (field: string) => number;
  readonly calls: readonly CodeFrame[];
}

function readTable(simulator: Simulator, names: StackNames, table: string, count: number): Entry[] {
  const { constant } = loadScheduler();
  const view = new DataView(simulator.memory.buffer);
  return Array.from({ length: count }, (_, i) => {
    const at = constant(table) + i * constant('FAULT_BYTES');
    const word = (field: string) => view.getUint32(at + constant(field), true);
    const first = at + constant('FAULT_FIRST_FRAME');
    const functions = Array.from({ length: word('FAULT_FRAMES') }, (_, n) =>
      view.getUint32(first + n * 4, true),
    );
    return { word, calls: names.frames(functions) };
  });
}

export async function readFaults(simulator: Simulator, names: StackNames): Promise<MemoryFault[]> {
  const entries = readTable(simulator, names, 'FAULTS', await simulator.call('get_faults'));
  return entries.map(({ word, calls }) => ({
    kind: word('FAULT_KIND'),
    actor: word('FAULT_THREAD'),
    address: word('FAULT_ADDRESS'),
    bytes: word('FAULT_WIDTH'),
    what: word('FAULT_WHAT'),
    free: word('FAULT_FREE') === 0 ? null : word('FAULT_FREE') - 1,
    calls,
  }));
}

export async function readFrees(simulator: Simulator, names: StackNames): Promise<MemoryFree[]> {
  const nobody = loadScheduler().constant('FREED_BY_NOBODY');
  const entries = readTable(simulator, names, 'FREES', await simulator.call('get_frees'));
  return entries.map(({ word, calls }) => ({
    actor: word('FAULT_THREAD') === nobody ? null : word('FAULT_THREAD'),
    address: word('FAULT_ADDRESS'),
    bytes: word('FAULT_WIDTH'),
    calls,
  }));
}

/** Was it a stack overflow? */
export const isOverflow = ({ kind }: MemoryFault): boolean =>
  kind === loadScheduler().constant('Fault_OVERFLOW');

/** The violations that the stub kernel and the scheduler found in a followed execution. */
export function caughtIn(
  simulator: Simulator,
  sites: readonly Site[],
  scenario: RaceScenario,
  followed: Followed,
  names: MemoryNames,
): Violation[] {
  const { machine } = simulator;
  const { faults, frees } = followed;
  const actors = Object.keys(scenario.actors);
  const freed = ({ actor, calls }: MemoryFree) => freedText(actor === null ? '' : actors[actor]!, calls);
  const freedAt = (address: number) => {
    const free = frees.findLast((one) => one.address === address);
    return free === undefined ? null : freed(free);
  };
  const caught = readViolations(machine, scenarioNames(scenario), freedAt, () => names);
  const found = faults.map((fault): Violation => {
    const site = isLock(fault) ? undefined : sites[siteOf(fault)];
    const name = nameOf(fault.kind);
    const overflow = name === 'STUB_STACK_OVERFLOW';
    const access = overflow ? '' : ` (${accessText(accessOf(fault), fault.bytes)})`;
    const by = fault.free === null ? '' : `, ${freed(frees[fault.free]!)}`;
    const task = actors[fault.actor] ?? null;
    // The site says where in the innermost function it is, and which others are inlined there.
    const inner = overflow ? [] : (site?.stack ?? []);
    return {
      kind: violationKind(name),
      message: `${meaningOf(name)}${access}, by '${task}'${by}`,
      count: 1,
      object: overflow ? null : names.nameOf(fault.address),
      task,
      context: contextOf(simulator, followed, fault),
      stack: [...inner, ...(inner.length > 0 ? fault.calls.slice(1) : fault.calls)],
    };
  });
  return [...caught, ...merged(found)];
}

/** What freed memory is filled with (slab.c). */
const poison = 0x6bn;

/**
 * Indices of the accesses of a followed execution that violations come from: the faulty accesses, with what freed the
 * memory before, and of what the stub kernel reported, the task's last access of its object.
 */
export function caughtAt(
  { machine }: Simulator,
  scenario: RaceScenario,
  { events, faults, frees }: Followed,
): number[] {
  const found: number[] = [];
  for (const fault of faults) {
    const free = fault.free === null ? undefined : frees[fault.free];
    // The allocator fills what is freed.
    const freed = events.findIndex(
      (event) =>
        event.actor === free?.actor &&
        event.address === free.address &&
        kindOf(event) === StepKind.store &&
        (event.bytes === free.bytes || (event.after & 0xffn) === poison),
    );
    if (freed >= 0) found.push(freed);
    const at = events.findIndex(
      ({ actor, what, address }, i) =>
        i > freed && actor === fault.actor && what === fault.what && address === fault.address,
    );
    if (at >= 0) found.push(at);
  }
  const caught = machine.global('stub_violations');
  const header = machine.debugInfo.struct('header', 'slab.c');
  const mark = header.members.find(({ name }) => name === 'mark')!.offset - header.size;
  const actors = Object.keys(scenario.actors);
  const count = caught.get('count');
  for (let i = 0; i < count && caught.has(`first[${i}].kind`); i++) {
    const object = caught.get(`first[${i}].object`);
    const kind = machine.enumeratorName('stub_violation_kind', caught.get(`first[${i}].kind`));
    // Whether memory is freed is in its header.
    const place = kind === 'STUB_DOUBLE_FREE' || kind === 'STUB_BAD_FREE' ? object + mark : object;
    const actor = actors.indexOf(caught.getText(`first[${i}].task`, 16));
    const last = events.findLastIndex((event) => event.actor === actor && event.address === place);
    if (last >= 0) found.push(last);
  }
  return found;
}

const isLock = (fault: MemoryFault) => kindOf(fault) >= StepKind.acquire;

/** Code that does the same to several addresses is reported once. */
function merged(found: readonly Violation[]): Violation[] {
  const known = new Map<string, Violation>();
  for (const violation of found) {
    const { object, ...rest } = violation;
    const key = JSON.stringify([rest, withoutPlace(object)]);
    const before = known.get(key);
    known.set(key, before === undefined ? violation : { ...before, count: before.count + 1 });
  }
  return [...known.values()];
}

/** What the stub kernel calls a kind of fault. */
function nameOf(kind: number): string {
  const { constant } = loadScheduler();
  switch (kind) {
    case constant('Shadow_FREED'):
      return 'STUB_USE_AFTER_FREE';
    case constant('Shadow_RETURNED'):
      return 'STUB_USE_AFTER_RETURN';
    case constant('Fault_UNWRITTEN'):
      return 'STUB_UNINITIALISED_READ';
    case constant('Fault_OVERFLOW'):
      return 'STUB_STACK_OVERFLOW';
    default:
      return 'STUB_OUT_OF_BOUNDS';
  }
}

/** As the stub kernel has it: a load, a store, or an atomic access. */
function accessOf(fault: MemoryFault): AccessWord {
  const kind = kindOf(fault);
  if (kind === StepKind.load) return 'load';
  return kind === StepKind.store || kind === StepKind.copy ? 'store' : 'atomic';
}

function contextOf({ machine }: Simulator, { events }: Followed, fault: MemoryFault): Violation['context'] {
  const event = events.find(
    ({ actor, what, address }) => actor === fault.actor && what === fault.what && address === fault.address,
  );
  if (event === undefined) return 'process';
  const state = new StructView(machine.debugInfo.struct('lab_simulated'), machine.memory, event.state);
  return taskContextOf(machine, state.get('task.context'));
}
