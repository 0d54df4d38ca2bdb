// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { Worker } from 'node:worker_threads';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Mailbox } from '../../src/machine/mailbox.js';

let mailbox: Mailbox;
let worker: Worker;
/** Answers that came by message: of calls that nobody waited for. */
let messages = 0;

beforeAll(() => {
  mailbox = new Mailbox();
  worker = new Worker(new URL('./called.js', import.meta.url), { workerData: mailbox.shared });
  worker.on('error', (error: Error) => mailbox.fail(error));
  worker.on('message', (answer) => {
    messages++;
    mailbox.settle(answer, (message) => new Error(message));
  });
});
afterAll(async () => {
  await worker.terminate();
});

const call = (name: string, ...args: number[]) => mailbox.call(name, args, true);

describe('a thread', () => {
  test('is asked for one call after the other', async () => {
    // The first one waits for the thread to start.
    expect(await call('add', 1, 2)).toBe(3);
    const before = messages;
    for (let i = 0; i < 1000; i++) expect(await call('add', i, 0.5)).toBe(i + 0.5);
    // Hardly any of them was worth a message.
    expect(messages - before).toBeLessThan(500);
  });

  test('is asked for several at once, and makes them in turn', async () => {
    const asked = Array.from({ length: 20 }, (_, i) => (i % 5 === 0 ? call('sleep', i) : call('add', i, 0)));
    expect(await Promise.all(asked)).toEqual(Array.from({ length: 20 }, (_, i) => i));
  });

  test('answers what takes long, and what nobody waits for', async () => {
    const before = messages;
    expect(await call('sleep', 30)).toBe(30);
    expect(await mailbox.call('add', [2, 2], false)).toBe(4);
    expect(messages - before).toBe(2);
  });

  test('goes on after a failure, early or late, when what it left is put right', async () => {
    for (const milliseconds of [0, 0, 30, 0]) {
      const before = await call('trapped');
      await expect(call('fail', milliseconds)).rejects.toThrow(`failed after ${milliseconds} ms`);
      expect(await call('trapped')).toBe(before + 1);
    }
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
});
