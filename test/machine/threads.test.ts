// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Mailbox } from '../../src/machine/mailbox.js';
import type { WorkerStart } from '../../src/machine/protocol.js';
import { Thread } from '../../src/machine/threads.js';

const program = new URL('./called.js', import.meta.url);
/** Failures that came from threads, of which each is a message. */
let failures = 0;
const failed = (message: string) => {
  failures++;
  return new Error(message);
};
const begin = (one: Thread, first = 0) => one.begin({ first } as unknown as WorkerStart, failed);

let thread: Thread;
beforeAll(async () => {
  thread = Thread.take(program, null);
  expect(await begin(thread, 5)).toMatchObject({ firstArea: 5, unpinned: 'not asked for' });
});
afterAll(() => thread.giveBack());

const call = (name: string, ...args: number[]) => thread.mailbox.call(name, args, true);

describe('a thread', () => {
  test('is asked for one call after the other', async () => {
    for (let i = 0; i < 1000; i++) expect(await call('add', i, 0.5)).toBe(i + 0.5);
  });

  test('is asked for several at once, and makes them in turn', async () => {
    const asked = Array.from({ length: 20 }, (_, i) => (i % 5 === 0 ? call('sleep', i) : call('add', i, 0)));
    expect(await Promise.all(asked)).toEqual(Array.from({ length: 20 }, (_, i) => i));
  });

  test('answers what takes long, and what nobody waits for', async () => {
    expect(await call('sleep', 30)).toBe(30);
    expect(await thread.mailbox.call('add', [2, 2], false)).toBe(4);
  });

  test('goes on after a failure, early or late, when what it left is put right', async () => {
    for (const milliseconds of [0, 0, 30, 0]) {
      const before = await call('trapped');
      await expect(call('fail', milliseconds)).rejects.toThrow(`failed after ${milliseconds} ms`);
      expect(await call('trapped')).toBe(before + 1);
    }
    expect(failures).toBe(4);
  });

  test('leaves timers their turn, however many calls follow each other', async () => {
    let rang = false;
    const timer = setTimeout(() => {
      rang = true;
    }, 5);
    const before = performance.now();
    while (!rang && performance.now() - before < 5000) await call('add', 1, 1);
    clearTimeout(timer);
    expect(rang).toBe(true);
  });

  test('that is gone fails whoever waits for it', async () => {
    const other = new Mailbox();
    const waiting = other.call('add', [1, 1], true);
    other.fail(new Error('gone'));
    await expect(waiting).rejects.toThrow('gone');
  });

  test('that was given back takes up another machine', async () => {
    const one = Thread.take(program, null);
    await begin(one, 1);
    const add = (of: Thread) => of.mailbox.call('add', [1, 2], true);
    expect(await add(one)).toBe(3);
    await one.giveBack();
    const again = Thread.take(program, null);
    expect(again).toBe(one);
    expect(await begin(again, 2)).toMatchObject({ firstArea: 2 });
    expect(await add(again)).toBe(3);
    await again.giveBack();
  });

  test('that was given back while it was at a call takes up none', async () => {
    const one = Thread.take(program, null);
    await begin(one);
    void one.mailbox.call('sleep', [60_000], false);
    await one.giveBack();
    const other = Thread.take(program, null);
    expect(other).not.toBe(one);
    await begin(other);
    expect(await other.mailbox.call('add', [1, 2], true)).toBe(3);
    await other.giveBack();
  });

  test('that does not come to run its program says why', async () => {
    const none = Thread.take(new URL('./no-such-program.js', import.meta.url), null);
    await expect(begin(none)).rejects.toThrow('no-such-program');
    await none.giveBack();
  });
});
