// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { LostbitError } from '../../errors.js';
import { CodeMap } from '../../layout/code-map.js';
import { placeText } from '../../layout/source-place.js';
import { ownPath } from '../../source/own-path.js';
import { outsideUnits } from '../../source/units-apart.js';
import { functionNames } from '../../wasm/function-names.js';
import { framesOf, isLinkers } from '../instrument/frames.js';
import type { HookOptions } from '../instrument/hook-accesses.js';
import type { MemoryAccess } from '../instrument/memory-accesses.js';
import { sitesOf } from '../instrument/sites.js';
import type { WatchOptions } from '../instrument/watch-stack.js';
import { privateMemory } from './private-memory.js';
import { StepKind, stepKindOf, whatOf } from './step.js';

/** The functions that every lock and wait of the stub kernel goes through; each call of one is a step. */
export const lockFunctions: Readonly<Record<string, StepKind>> = {
  stub_acquire: StepKind.acquire,
  stub_try_acquire: StepKind.tryAcquire,
  stub_release: StepKind.release,
};

/** Of the units outside of the machine, those that pass addresses on their stack to others. */
const calling: readonly (string | null)[] = ['lab/instance.c', 'lab/simulated.c'];

/** Of a frame's `what`, beside the index of its function: the scheduler's bits (assembly/shadow.ts). */
const FRAME = 0x8000_0000;
const LEAVING = 0x4000_0000;

/** Is it not an access, but a stack frame that is made or goes? */
export const isFrame = (what: number): boolean => what >>> 0 >= FRAME;

/**
 * Which steps of a module are reported to the scheduler, and as what: the same in the simulator as in a replay, so that both
 * count the same steps.
 */
export interface ReportedSteps extends Pick<HookOptions, 'skip' | 'what' | 'excluded' | 'isOwn'> {
  readonly excluded: NonNullable<HookOptions['excluded']>;
  what(access: MemoryAccess): number;
  /** Of each lock function of the module, its index and what a call of it is reported as. */
  readonly locks: ReadonlyMap<number, number>;
  /** Which frames are reported, and as what. */
  readonly frames: Omit<NonNullable<WatchOptions['frames']>, 'hook'>;
}

/** Throws `E_BAD_MODULE` where the module does not export where its data end, and whatever `memoryAccesses` throws. */
export function reportedSteps(module: Uint8Array): ReportedSteps {
  const codeMap = CodeMap.fromWasm(module);
  const names = functionNames(module);
  const sites = sitesOf(module).length;
  const lockNames = Object.entries(lockFunctions);
  const locks = new Map(
    [...names].flatMap(([index, name]): [number, number][] => {
      const lock = lockNames.findIndex(([one]) => one === name);
      return lock < 0 ? [] : [[index, whatOf(sites + lock, lockNames[lock]![1])]];
    }),
  );
  const { own } = framesOf(module);
  const isExcluded = (index: number) => outsideUnits.includes(ownPath(codeMap.unitOf(index)));
  return {
    locks,
    excluded: privateMemory(module),
    isOwn: (site) => own.has(site),
    skip: (index) => locks.has(index) || isLinkers(names.get(index) ?? '') || isExcluded(index),
    frames: {
      skip: (index) =>
        locks.has(index) || (isExcluded(index) && !calling.includes(ownPath(codeMap.unitOf(index)))),
      what: ({ functionIndex, move }) =>
        FRAME | (move === 'leave' ? LEAVING : 0) | (functionIndex << 4) | StepKind.store,
    },
    what(access) {
      const kind = stepKindOf(access);
      if (kind === null) throw cannotWait(access, codeMap);
      return whatOf(access.site, kind);
    },
  };
}

function cannotWait({ offset }: MemoryAccess, codeMap: CodeMap): LostbitError {
  const [frame] = codeMap.frames(offset);
  const place = frame?.file == null ? '' : ` (${placeText(frame)})`;
  return new LostbitError(
    'E_INSTRUCTION',
    `${frame?.function ?? 'a function'}${place} cannot be simulated: it waits or wakes by itself`,
    { hint: 'the simulator knows no waits but those of the stub kernel; use stub_acquire' },
  );
}
