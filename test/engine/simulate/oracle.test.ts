// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { completion, mutex, NONE, reader, writer } from './lock-steps.js';
import { mixedProgram } from './mixed-program.js';
import { type Instruction, type Possible, possible, replay } from './oracle.js';
import { instruction as i, program, randomProgram } from './random-program.js';
import { reachable } from './reachable.js';

const load = i('load');
const next = i('store', { value: 1 });
const increments = (times: number) => new Array(times).fill([load, next]).flat() as Instruction[];
const summed = ({ interleavings, classes, deadlocks }: Possible) => ({ interleavings, classes, deadlocks });
const of = (...threads: Instruction[][]) => summed(possible(program(threads)));

describe('every order of the steps', () => {
  test.each([
    [1, 6, 4],
    [2, 70, 34],
    [3, 924, 328],
    [4, 12870, 3334],
  ])('of two threads that each add one %i times', (times, interleavings, classes) => {
    expect(of(increments(times), increments(times))).toEqual({ interleavings, classes, deadlocks: 0 });
  });

  test('of three threads that each add one', () => {
    const { interleavings, finals } = possible(program([increments(1), increments(1), increments(1)]));
    expect(interleavings).toBe(90);
    const kept = [...finals].filter(([values]) => values.startsWith('3 ')).map(([, count]) => count);
    expect(kept).toEqual([1, 1, 1, 1, 1, 1]);
  });

  test('with at most so many preemptions', () => {
    const counts = [0, 1, 2, 3].map(
      (most) => possible(program([increments(1), increments(1)]), most).interleavings,
    );
    // One after the other; then one of them interrupted; then both.
    expect(counts).toEqual([2, 4, 6, 6]);
  });
});

describe('what depends on each other', () => {
  const two = (a: Instruction, b: Instruction) => of([a], [b]).classes;
  const first = i('atomic_load', { bytes: 1 });
  const store = i('store', { value: 1 });

  test('two accesses of the same bytes, unless both read', () => {
    expect(two(load, load)).toBe(1);
    expect(two(load, store)).toBe(2);
    expect(two(store, store)).toBe(2);
    expect(two(first, store)).toBe(2);
    expect(two(i('store', { at: 3, bytes: 1 }), store)).toBe(2);
    expect(two(i('store', { at: 4, bytes: 1 }), store)).toBe(1);
    expect(two(i('store', { at: 2 }), i('load', { at: 4, bytes: 2 }))).toBe(2);
  });

  test('additions whose result is seen, or that differ in their bytes', () => {
    const add = (fields: Partial<Instruction> = {}) => i('add_dropped', { value: 1, ...fields });
    expect(two(add(), add())).toBe(1);
    expect(two(add(), i('sub_dropped', { value: 1 }))).toBe(1);
    expect(two(add(), i('add', { value: 1 }))).toBe(2);
    expect(two(add(), i('or_dropped', { value: 1 }))).toBe(2);
    expect(two(i('or_dropped', { value: 1 }), i('or_dropped', { value: 1 }))).toBe(2);
    expect(two(add(), add({ bytes: 1 }))).toBe(2);
    expect(two(add(), load)).toBe(2);
  });

  test('a compare-and-swap that succeeds, and one that fails only as a read', () => {
    const fails = i('cas', { expected: 7, value: 9 });
    const succeeds = i('cas', { expected: 0, value: 1 });
    const changesNothing = i('cas', { expected: 0, value: 0 });
    expect(two(changesNothing, load)).toBe(1);
    expect(two(fails, fails)).toBe(1);
    expect(two(fails, load)).toBe(1);
    expect(two(fails, succeeds)).toBe(2);
    expect(two(succeeds, load)).toBe(2);
  });

  test('both ends of a copy', () => {
    const copy = i('copy', { at: 8, value: 0, bytes: 4 });
    expect(two(copy, i('load', { at: 0 }))).toBe(1);
    expect(two(copy, i('store', { at: 0 }))).toBe(2);
    expect(two(copy, i('load', { at: 11, bytes: 1 }))).toBe(2);
    expect(two(copy, copy)).toBe(2);
    expect(two(i('fill', { at: 3, bytes: 2 }), load)).toBe(2);
  });
});

describe('locks', () => {
  const lock = (at = 0) => i('lock', { at });
  const unlock = (at = 0) => i('unlock', { at });
  const reading = [i('read_lock'), load, i('read_unlock')];
  const trying = [i('try_lock', { reg: 1 }), i('skip', { reg: 1, expected: 0, value: 2 }), load, unlock()];

  test('keep each other out', () => {
    const body = [lock(), ...increments(1), unlock()];
    const found = possible(program([body, body]));
    expect(summed(found)).toEqual({ interleavings: 2, classes: 2, deadlocks: 0 });
    expect([...found.finals.keys()].every((values) => values.startsWith('2 '))).toBe(true);
  });

  test('of readers are had side by side', () => {
    expect(of(reading, reading)).toEqual({ interleavings: 20, classes: 1, deadlocks: 0 });
    expect(of(reading, [lock(), unlock()])).toEqual({ interleavings: 2, classes: 2, deadlocks: 0 });
    // Each reader before or after the writer.
    expect(of(reading, reading, [lock(), unlock()]).classes).toBe(4);
  });

  test('are tried for, and a failure is a look at the lock', () => {
    // One after the other, or one fails while the other has it, at three places.
    expect(of(trying, trying)).toEqual({ interleavings: 2 + 2 * 2, classes: 4, deadlocks: 0 });
    const look = [i('try_lock', { reg: 1 })];
    expect(of([lock()], look, look)).toEqual({ interleavings: 4, classes: 3, deadlocks: 2 });
  });

  test('taken in opposite orders end in a deadlock', () => {
    const body = (a: number, b: number) => [lock(a), lock(b), unlock(b), unlock(a)];
    const found = possible(program([body(0, 1), body(1, 0)]));
    expect(summed(found)).toEqual({ interleavings: 6, classes: 3, deadlocks: 2 });
    expect(found.deadlockedClasses).toBe(1);
  });
});

describe('the classes that are known', () => {
  test('of fib-bench', () => {
    const add = (own: number, other: number) => [
      i('load', { at: own }),
      i('load', { at: other }),
      i('store', { at: own, value: 1 }),
    ];
    const twice = (code: Instruction[]) => [...code, ...code];
    const [first, second] = [add(0, 4), add(4, 0)];
    expect(of(first, second)).toEqual({ interleavings: 20, classes: 3, deadlocks: 0 });
    expect(of(twice(first), twice(second))).toEqual({ interleavings: 924, classes: 19, deadlocks: 0 });
    expect(of(first, second, [load, i('load', { at: 4 })]).classes).toBe(11);
  });

  test('of three threads that each add one', () => {
    expect(of(increments(1), increments(1), increments(1)).classes).toBe(36);
  });

  test('of lastzero', () => {
    const at = (element: number, op: 'load' | 'store', value = 0) => i(op, { at: 4 * element, value });
    const writer = (element: number) => [at(element - 1, 'load'), at(element, 'store', 1)];
    for (const [n, classes] of [
      [2, 5],
      [3, 12],
    ] as const) {
      const elements = Array.from({ length: n }, (_, index) => index + 1);
      // The checker goes down while an element is not zero, and reads no more from then on.
      const checker = elements
        .toReversed()
        .flatMap((element, index) => [at(element, 'load'), i('skip', { value: 2 * (n - index) - 1 })]);
      expect(of([...checker, at(0, 'load')], ...elements.map(writer)).classes).toBe(classes);
    }
  });
});

test('wraps around and carries as wide as an access is', () => {
  const end = (code: Instruction[], memory: number[]) => [...possible(program([code], memory)).finals.keys()];
  expect(end([i('add_dropped', { bytes: 1, value: 1 })], [0x1ff])).toEqual(['100 0 0 0']);
  expect(end([i('add', { bytes: 4, value: 1 })], [0xffffffff])).toEqual(['0 0 0 ffffffff']);
  expect(end([i('sub_dropped', { bytes: 2, value: 1 })], [0x50000])).toEqual(['5ffff 0 0 0']);
  expect(end([i('load', { at: 3, bytes: 2 }), i('store', { at: 8 })], [0x12000000, 0x34])).toEqual([
    '3412000000 3412 0 3412',
  ]);
  expect(end([i('exchange', { bytes: 1, value: 0x1ff, reg: 1 })], [7])).toEqual(['ff 0 0 700000000']);
});

describe.each(
  Object.entries({ 'locks apart from data': randomProgram, 'locks that are data': mixedProgram }),
)('of programs with %s', (_, programs) => {
  test('every order of a class ends alike, and as going through the states does', () => {
    fc.assert(
      fc.property(programs(500), (random) => {
        // It throws where two orders of a class end differently.
        const { classes, interleavings, finals, deadlocks } = possible(random);
        expect(classes).toBeGreaterThan(0);
        expect(classes).toBeLessThanOrEqual(interleavings);
        const states = reachable(random);
        expect(states.finals).toEqual(new Set(finals.keys()));
        expect([states.deadlocks, states.livelocks]).toEqual([deadlocks > 0, false]);
      }),
      { numRuns: 300 },
    );
  });
});

describe('locks that are words of the memory', () => {
  const end = (code: Instruction[], memory: number[] = []) => [
    ...possible(program([code], memory)).finals.keys(),
  ];

  test('change as a whole, and wrap around', () => {
    expect(end([mutex.take(4)])).toEqual(['100000000 0 0 0']);
    expect(end([mutex.give(4), reader.tryTo(4)], [7])).toEqual(['ffffffff00000007 0 0 0']);
    expect(end([completion.give(8), completion.take(8)], [0, 0, NONE])).toEqual(['0 0 0 0']);
    expect(end([writer.tryTo(0), writer.tryTo(0, 0)])).toEqual(['8000 0 0 100000000']);
  });

  test('are waited for until what is written lets one in', () => {
    const stuck = (writes: Instruction[], memory: number[]) =>
      summed(possible(program([[writer.take()], writes], memory)));
    expect(stuck([i('store', { at: 1, bytes: 1 })], [0x8000])).toEqual({
      interleavings: 1,
      classes: 1,
      deadlocks: 0,
    });
    expect(stuck([i('store', { at: 0, bytes: 1 })], [0x8000]).deadlocks).toBe(1);
    expect(stuck([i('fill', { at: 0, bytes: 8 })], [0x8000]).deadlocks).toBe(0);
  });

  test('may keep all out that come', () => {
    const code = program([[completion.take()], [i('store', { value: NONE })]], [NONE]);
    expect(replay(code, [{ actor: 1, ticks: 1 }])).toBe('deadlock');
    expect(reachable(code)).toMatchObject({ finals: new Set(), deadlocks: true, livelocks: false });
  });
});

test('wide accesses reach across words, and fold into a register', () => {
  const [values] = possible(
    program([[i('add', { bytes: 8, value: 1 }), i('load', { at: 4, bytes: 8, reg: 1 })]], [0xffffffff, 2, 8]),
  ).finals.keys();
  expect(values).toBe('300000000 8 0 bfffffffd');
});

describe('who looks again and again', () => {
  const until = (expected: number) => [i('load'), i('skip', { expected: 1 - expected, value: -2 })];

  test('comes to an end once there is what it looks for', () => {
    const found = reachable(program([until(1), [i('store', { value: 1 })]]));
    expect(found).toMatchObject({ finals: new Set(['1 0 0 1 0']), deadlocks: false, livelocks: false });
  });

  test('never does where there is not, or no more', () => {
    expect(reachable(program([until(1), [load]]))).toMatchObject({ finals: new Set(), livelocks: true });
    const both = reachable(program([until(1), [i('store', { value: 1 }), i('store')]]));
    expect(both).toMatchObject({ finals: new Set(['0 0 0 1 0']), livelocks: true });
  });
});

describe('a schedule', () => {
  const both = program([increments(1), increments(1)]);
  const runs = (...parts: [number, number][]) => parts.map(([actor, ticks]) => ({ actor, ticks }));

  test('says where it ends', () => {
    expect(replay(both, runs([0, 2], [1, 2]))).toEqual([2n, 0n, 0n, 0n, 1n]);
    expect(replay(both, runs([0, 1], [1, 2], [0, 1]))).toEqual([1n, 0n, 0n, 0n, 0n]);
    expect(replay(both, runs([0, 2], [1, 1]))).toBe(null);
  });

  test('has no step that is not there', () => {
    expect(() => replay(both, runs([0, 3]))).toThrow('run 0, step 2: actor 0 cannot go');
    const locks = program([[i('lock'), i('unlock')], [i('lock')]]);
    expect(() => replay(locks, runs([0, 1], [1, 1]))).toThrow('run 1, step 0: actor 1 cannot go');
    expect(() => replay(locks, runs([1, 2]))).toThrow('run 0, step 1: actor 1 cannot go');
  });

  test('may end where all that are left wait for each other', () => {
    const body = (a: number, b: number) => [i('lock', { at: a }), i('lock', { at: b })];
    const locks = program([body(0, 1), body(1, 0)]);
    expect(replay(locks, runs([0, 1], [1, 2], [0, 1]))).toBe('deadlock');
    expect(replay(locks, runs([0, 1], [1, 1]))).toBe('deadlock');
    expect(replay(locks, runs([0, 1]))).toBe(null);
  });
});
