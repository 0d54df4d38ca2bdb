// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { LostbitError } from '../errors.js';
import type { Member, StructType } from '../layout/types.js';
import { debugInfoOf } from '../machine/machine.js';
import { offer } from '../nearest.js';
import type { LayoutScenario } from '../scenario/scenario.js';
import { type Case, type EngineResult, ofEngine, type Violation } from './engine.js';

/**
 * Checks that the fields that a scenario wants apart have bytes of their own, as declared; compiled code may touch more
 * bytes than that for them.
 *
 * @throws LostbitError `E_UNKNOWN_FIELD`.
 */
export function checkApart({ scenario, build }: Case<LayoutScenario>): EngineResult {
  const started = performance.now();
  const debugInfo = debugInfoOf(build.bytes);
  const violations: Violation[] = [];
  for (const [tag, names] of Object.entries(scenario.apart)) {
    const struct = debugInfo.struct(tag);
    for (const name of names) {
      const field = struct.members.find((member) => member.name === name);
      if (field === undefined) throw unknown(struct, tag, name);
      const sharers = struct.members.filter((other) => other !== field && overlap(field, other));
      if (sharers.length === 0) continue;
      const others = sharers.map((other) => other.name).join(', ');
      violations.push({
        ...ofEngine,
        kind: 'shared-byte',
        object: `${tag}.${name}`,
        message: `${name} of struct ${tag} shares byte ${bytesOf(field)[0]} with ${others}`,
      });
    }
  }
  return {
    outcomes: [],
    violations,
    warnings: [],
    idle: [],
    samples: 1,
    seconds: (performance.now() - started) / 1000,
    interrupted: false,
  };
}

/** First and last byte of a member. */
function bytesOf({ offset, bit, bits, type }: Member): [number, number] {
  if (bits === null || bit === null) return [offset, offset + type.size - 1];
  return [offset + Math.floor(bit / 8), offset + Math.floor((bit + bits - 1) / 8)];
}

function overlap(a: Member, b: Member): boolean {
  const [firstA, lastA] = bytesOf(a);
  const [firstB, lastB] = bytesOf(b);
  return firstA <= lastB && firstB <= lastA;
}

function unknown(struct: StructType, tag: string, name: string): LostbitError {
  return new LostbitError('E_UNKNOWN_FIELD', `struct ${tag} has no member '${name}'`, {
    hint: offer(
      name,
      struct.members.flatMap((member) => member.name ?? []),
      'it has no members',
    ),
  });
}
