// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only

import { describeStep } from '../../scenario/describe.js';
import { actorOf, type RaceScenario } from '../../scenario/scenario.js';
import { type Allocation, copiedWords, type Words, wordsOf } from '../heap.js';
import { MemoryNames } from '../memory-names.js';
import { scenarioNames } from '../variables.js';
import type { FollowedEvent, Simulator } from './simulator.js';

/** The names of memory after the set-up. They do not change with what happens later. */
export function namesBefore({ machine }: Simulator, scenario: RaceScenario): MemoryNames {
  const names = scenarioNames(scenario);
  return new MemoryNames(machine, names, 0, copiedWords(machine, 0), () => 'allocated in the set-up');
}

/**
 * The names of memory in a followed execution, valid until the next one is followed: by the pointers that were there
 * before it, that were written in it, and that it left.
 */
export function namesIn(
  simulator: Simulator,
  scenario: RaceScenario,
  before: MemoryNames,
  events: readonly FollowedEvent[],
): MemoryNames {
  const { machine, memory } = simulator;
  const state = machine.debugInfo.struct('lab_simulated');
  const stepAt = state.members.find(({ name }) => name === 'step')!.offset;
  const actors = Object.entries(scenario.actors);
  const origin = ({ address, bytes }: Allocation) => {
    const first = events.find((event) => event.address >= address && event.address < address + bytes);
    if (first === undefined) return null;
    const [name, actor] = actors[first.actor]!;
    const step = actorOf(actor).steps[new DataView(memory.buffer).getUint32(first.state + stepAt, true)];
    return `allocated by '${name}'${step === undefined ? '' : ` in ${describeStep(step)}`}`;
  };
  return before.after(wordsIn(simulator, events), origin);
}

/** The values that were at an address in a followed execution; what it left there comes last. */
export function wordsIn({ memory }: Simulator, events: readonly FollowedEvent[]): Words {
  const left = wordsOf(memory);
  let written: ReadonlyMap<number, readonly number[]> | undefined;
  return (address) => {
    written ??= wordsWritten(events);
    return [...(written.get(address) ?? []), ...left(address)];
  };
}

/** By address, the words that accesses changed: what was there first, and what they left. */
function wordsWritten(events: readonly FollowedEvent[]): Map<number, number[]> {
  const written = new Map<number, number[]>();
  for (const { address, bytes, before, after } of events) {
    if (bytes > 8 || before === after) continue;
    for (let offset = 0; offset + 4 <= bytes; offset += 4) {
      const [was, is] = [before, after].map((value) => Number((value >> BigInt(8 * offset)) & 0xffff_ffffn));
      const there = written.get(address + offset);
      if (there === undefined) written.set(address + offset, [was!, is!]);
      else there.push(is!);
    }
  }
  return written;
}
