// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  checkScheduleBuild,
  formatSchedule,
  parseSchedule,
  readSchedule,
  type Schedule,
  scheduleDigest,
} from '../../src/engine/schedule.js';
import { LostbitError } from '../../src/errors.js';
import { isRace, type RaceScenario } from '../../src/scenario/scenario.js';
import type { Step } from '../../src/scenario/step.js';
import scenario from '../../subjects/vfio-pci/scenarios/intx-mask-vs-bar-write.js';

const schedule: Schedule = {
  origin: 'intx-mask-vs-bar-write',
  stage: 'base',
  bitfieldAccess: 'fine',
  build: '3f2a9c01d2e4b5a6',
  runs: [
    { actor: 0, ticks: 71 },
    { actor: 1, ticks: 2 },
    { actor: 0, ticks: 9 },
  ],
};
const text = 'intx-mask-vs-bar-write@base.fine:3f2a9c01d2e4b5a6:A1zB2A9:2fae91ba';

function refusal(wrong: string): LostbitError {
  try {
    parseSchedule(wrong);
  } catch (error) {
    if (error instanceof LostbitError) return error;
    throw error;
  }
  throw new Error(`'${wrong}' was taken for a schedule`);
}

const runs = fc.array(fc.record({ actor: fc.nat(63), ticks: fc.nat(2 ** 31) }), { size: 'large' });
const schedules = fc.record({
  origin: fc.oneof(fc.string({ unit: 'binary' }), fc.array(fc.nat(0xffff)).map(codeUnits)),
  stage: fc.oneof(fc.constantFrom('base', 'p3', 'control'), fc.string()),
  bitfieldAccess: fc.constantFrom('fine' as const, 'wide' as const),
  build: fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }).map((digits) => digits.toString(16).padStart(16, '0')),
  runs,
});

/** A string of any code units, halves of surrogate pairs among them. */
function codeUnits(codes: readonly number[]): string {
  return codes.map((code) => String.fromCharCode(code)).join('');
}

describe('a schedule as text', () => {
  test('is a line with a letter an actor and a checksum', () => {
    expect(formatSchedule(schedule)).toBe(text);
    expect(parseSchedule(text)).toEqual(schedule);
  });

  test('comes back whatever it holds, as a word that no shell changes', () => {
    fc.assert(
      fc.property(schedules, (one) => {
        const word = formatSchedule(one);
        expect(word).toMatch(/^[\w./@:+][\w./@:+-]*$/);
        expect(parseSchedule(word)).toEqual(one);
      }),
    );
  });

  test('is never taken for an option', () => {
    const word = formatSchedule({ ...schedule, origin: '-x.ts' });
    expect(word).toMatch(/^[+]2dx.ts@/);
    expect(parseSchedule(word).origin).toBe('-x.ts');
  });

  test('comes back at any length', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 100_000 }), fc.nat(), (length, seed) => {
        let state = seed;
        const drawn = Array.from({ length }, () => {
          state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
          return { actor: state >>> 28, ticks: state >>> (state & 31) };
        }).filter(({ ticks }) => ticks <= 2 ** 31);
        const one = { ...schedule, runs: drawn };
        expect(parseSchedule(formatSchedule(one)).runs).toEqual(drawn);
      }),
      { numRuns: 10, examples: [[100_000, 1]] },
    );
  });

  test('is refused with any character changed, left out, or swapped with the next, and with its end cut off', () => {
    for (let i = 0; i < text.length; i++) {
      const [before, character, behind] = [text.slice(0, i), text[i]!, text.slice(i + 1)];
      for (const other of 'aA1@:.+ \u2028') if (other !== character) refusal(before + other + behind);
      refusal(before + behind);
      refusal(before);
      if (behind !== '' && behind[0] !== character) refusal(before + behind[0] + character + behind.slice(1));
    }
    refusal(`${text}0`);
  });

  test.each([
    ['', "column 1: it ends before the '@' behind the scenario"],
    ['a b@base.fine:', "column 2: ' ' is not allowed there in a schedule"],
    ['a+2@base.fine:', "column 2: '+' is not allowed there in a schedule"],
    ['a@base:3f', "column 3: 'base' does not end in .fine or .wide"],
    ['a@base.coarse:3f', "column 3: 'base.coarse' does not end in .fine or .wide"],
    ['a@base.fine:3f:', "column 13: the build is '3f', and not 16 hexadecimal digits"],
    ['a@base.fine:3f2a9c01d2e4b5a6:A1B2', "column 34: it ends before the ':' behind the runs"],
    ['a@base.fine:3f2a9c01d2e4b5a6:A1B:', "column 32: behind 'B' stands no number of ticks"],
    [
      'a@base.fine:3f2a9c01d2e4b5a6:A1BM2:',
      "column 32: 'BM' stands where an actor's letters have to, A to BL",
    ],
    ['a@base.fine:3f2a9c01d2e4b5a6:A1Bzzzzzz:', 'column 33: 2176782335 ticks are more than 2147483648'],
    ['a@base.fine:3f2a9c01d2e4b5a6:A1B2:', "column 35: the checksum is '', but what stands before it has"],
  ])('%j is refused: %s', (wrong, why) => {
    const error = refusal(wrong);
    expect(error.code).toBe('E_SCHEDULE');
    expect(error.message).toContain(why);
    expect(error.advice.hint).toMatch(/copy all of the line/);
  });

  test('has no room for a seventeenth actor, nor for parts of a tick', () => {
    expect(() => formatSchedule({ ...schedule, runs: [{ actor: 64, ticks: 1 }] })).toThrow('actor 64');
    expect(() => formatSchedule({ ...schedule, runs: [{ actor: 0, ticks: 0.5 }] })).toThrow('0.5 ticks');
    expect(() => formatSchedule({ ...schedule, runs: [{ actor: 0, ticks: 2 ** 31 + 1 }] })).toThrow();
  });
});

describe('a schedule is read', () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'schedule-'));
  });
  afterAll(() => rm(folder, { recursive: true }));
  const written = async (content: string) => {
    const file = join(folder, 'one@base.schedule');
    await writeFile(file, content);
    return file;
  };

  test('from a string, and from a file with remarks', async () => {
    expect(await readSchedule(` ${text}\n`)).toEqual(schedule);
    expect(await readSchedule(await written(`# INTx mask lost\r\n\r\n  ${text}\t\r\n\n# end`))).toEqual(
      schedule,
    );
  });

  test('from a string longer than a path can be', async () => {
    const one = { ...schedule, runs: Array.from({ length: 20_000 }, () => schedule.runs[0]!) };
    expect(await readSchedule(formatSchedule(one))).toEqual(one);
  });

  test.each([
    ['# nothing', 'holds no schedule'],
    [`${text}\n${text}`, 'one@base.schedule:2: one schedule a file'],
    [`\n${text.slice(0, -1)}`, 'one@base.schedule:2: the schedule is wrong at column 59: the checksum is'],
  ])('and refused: %j', async (content, why) => {
    const file = await written(content);
    await expect(readSchedule(file)).rejects.toThrow(why);
    await expect(readSchedule(file)).rejects.toMatchObject({ code: 'E_SCHEDULE' });
  });

  test('and refused where there is neither', async () => {
    await expect(readSchedule('lost.schedule')).rejects.toMatchObject({
      code: 'E_SCHEDULE',
      message: "'lost.schedule' is not a schedule, and there is no such file",
    });
    await expect(readSchedule(folder)).rejects.toMatchObject({ code: 'E_SCHEDULE' });
  });
});

describe('what a schedule is of', () => {
  if (!isRace(scenario)) throw new Error('it is a race');
  const race: RaceScenario = scenario;
  const digest = scheduleDigest('module', race);

  test('is the module, and what of the scenario runs and is seen', () => {
    const [masker, mover] = Object.entries(race.actors);
    const others = [
      scheduleDigest('other module', race),
      scheduleDigest('module', { ...race, given: { 'specs[0].present': 1 } }),
      scheduleDigest('module', { ...race, setup: race.setup!.slice(1) }),
      scheduleDigest('module', { ...race, faults: { kmalloc: 1 } }),
      scheduleDigest('module', { ...race, actors: { ...race.actors, mover: [] } }),
      scheduleDigest('module', { ...race, actors: Object.fromEntries([mover!, masker!]) }),
      scheduleDigest('module', { ...race, observe: { bardirty: 'A.bardirty' } }),
    ];
    expect(digest).toMatch(/^[0-9a-f]{16}$/);
    expect(new Set([digest, ...others]).size).toBe(others.length + 1);
  });

  test('and neither what it is called nor how it is written down', () => {
    const renamed: RaceScenario = { ...race, title: 'Another', outcomes: [] };
    expect(scheduleDigest('module', renamed)).toBe(digest);
    const turned = race.setup!.map((step) => Object.fromEntries(Object.entries(step).reverse()) as Step);
    expect(Object.keys(turned[0]!)).not.toEqual(Object.keys(race.setup![0]!));
    expect(scheduleDigest('module', { ...race, setup: turned })).toBe(digest);
  });

  test('is checked', () => {
    checkScheduleBuild({ ...schedule, build: digest }, digest);
    expect(() => checkScheduleBuild(schedule, digest)).toThrowError(
      expect.objectContaining({
        code: 'E_OTHER_BUILD',
        message: `the schedule is of build 3f2a9c01d2e4b5a6; 'intx-mask-vs-bar-write' at base, bit-field access fine, is ${digest} now`,
        advice: { hint: expect.stringContaining('--toolchain') },
      }),
    );
  });
});
