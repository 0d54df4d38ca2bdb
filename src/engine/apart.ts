// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { LostbitError } from '../errors.js';
import type { DebugInfo } from '../layout/debug-info.js';
import type { Member, StructType } from '../layout/types.js';
import { debugInfoOf } from '../machine/machine.js';
import { offer } from '../nearest.js';
import type { LayoutScenario } from '../scenario/scenario.js';
import { type Case, type EngineResult, ofEngine, type Violation } from './engine.js';

/**
 * Checks that the fields that a scenario wants apart have bytes of their own, as declared; compiled code may touch more
 * bytes than that for them.
 *
 * @param mayLack the C is somebody else's: structs and fields that it does not have are left out, with a warning, as long as some are left.
 * @throws LostbitError `E_UNKNOWN_FIELD`, `E_UNKNOWN_TYPE`.
 */
export function checkApart({ scenario, build }: Case<LayoutScenario>, mayLack = false): EngineResult {
  const started = performance.now();
  const debugInfo = debugInfoOf(build.bytes);
  const violations: Violation[] = [];
  const lacking: LostbitError[] = [];
  const warnings: string[] = [];
  let checked = 0;
  const without = (error: LostbitError) => {
    if (!mayLack) throw error;
    lacking.push(error);
    warnings.push(error.message);
  };
  for (const [tag, names] of Object.entries(scenario.apart)) {
    const struct = structNamed(debugInfo, tag, without);
    if (struct === null) continue;
    for (const name of names) {
      const field = struct.members.find((member) => member.name === name);
      if (field === undefined) {
        without(unknown(struct, tag, name));
        continue;
      }
      checked++;
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
  if (checked === 0 && lacking[0] !== undefined) throw lacking[0];
  return {
    outcomes: [],
    violations,
    warnings,
    idle: [],
    samples: 1,
    seconds: (performance.now() - started) / 1000,
    interrupted: false,
  };
}

function structNamed(
  debugInfo: Pick<DebugInfo, 'struct'>,
  tag: string,
  without: (error: LostbitError) => void,
): StructType | null {
  try {
    return debugInfo.struct(tag);
  } catch (error) {
    if (!(error instanceof LostbitError)) throw error;
    without(error);
    return null;
  }
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
